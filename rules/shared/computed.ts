import type { RuleContext } from '../../src/engine/rule.ts'
import { key, nameOf, schemaOf, type Column, type Key } from '../../src/schema/model.ts'
import { inBatches } from './batches.ts'
import { ident, sql, sqlName, tableAt, triggerCall, withBody } from './sql.ts'

/**
 * Statements that keep an expression over the row in a plain column: a trigger writes it into rows that are written, batches into those that
 * are there. Null where the columns of the table are not known.
 */
export function computedByTrigger(
  table: Key,
  column: string,
  expression: string,
  ctx: RuleContext,
): readonly string[] | null {
  const columns = tableAt(table, ctx)?.columns.map((each) => ident(each.name)) ?? []
  if (columns.length === 0) return null
  const [of, name] = [sqlName(table, ctx), ident(column)]
  const fill = key(schemaOf(table), `${nameOf(table)}_${column}_fill`)
  const reads = new RegExp(`(?<![\\w."$])(?:${columns.map(escaped).join('|')})(?![\\w"$(])`, 'g')
  return [
    withBody(
      `CREATE FUNCTION ${sqlName(fill, ctx)}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.${name} := ${expression.replaceAll(reads, 'NEW.$&')};
  RETURN NEW;
END $$;`,
      ctx,
    ),
    `CREATE TRIGGER ${ident(nameOf(fill))} BEFORE INSERT OR UPDATE ON ${of} FOR EACH ROW ${triggerCall(sqlName(fill, ctx), ctx)};`,
    ...inBatches(
      table,
      { head: `UPDATE ${of} SET ${name} = ${expression}`, from: of, where: `${name} IS DISTINCT FROM ${expression}` },
      ctx,
    ),
  ]
}

/** A generated column made plain, which keeps its values and its indexes, and computed by a trigger from then on. From PostgreSQL 13. */
export function plainInstead(table: Key, { name }: Column, expression: string, ctx: RuleContext): string {
  const plain = `ALTER TABLE ${sqlName(table, ctx)} ALTER COLUMN ${ident(name)} DROP EXPRESSION;`
  const computed = computedByTrigger(table, name, expression, ctx) ?? []
  return `Make it a plain column that keeps its values, and let a trigger compute it in rows that are written:\n${sql("SET lock_timeout = '3s';", plain, ...computed)}`
}

function escaped(name: string): string {
  return name.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&')
}
