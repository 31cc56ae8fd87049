import type { RuleContext } from '../../src/engine/rule.ts'
import { key, nameOf, schemaOf, type Key, type Table } from '../../src/schema/model.ts'
import { copyInRanges, singleKey } from './batches.ts'
import { ident, sql, sqlName, tableAt, triggerCall, withBody } from './sql.ts'
import { referencesTo, viewDependents } from './depends.ts'

/** How the table is made that takes the place of another: what stands between CREATE and TABLE, and after its columns, and what it gets besides. */
export interface Successor {
  readonly before: string
  readonly after: string
  readonly besides: (name: string) => readonly string[]
}

/**
 * What can be done where Postgres has no form of a statement that lets others work: when it is small enough to wait for, and the way over a
 * second table, which a trigger keeps equal until it takes the name. The way is left out for a table that more hangs on than its columns.
 */
export function swapped(table: Key, statement: string, successor: Successor, ctx: RuleContext): string {
  const name = sqlName(table, ctx)
  const known = tableAt(table, ctx)
  const one = singleKey(table, ctx)
  const small = `There is no form of it that lets others work. See how much has to be written:
${sql(`SELECT pg_size_pretty(pg_total_relation_size('${name.replaceAll("'", "''")}'));`)}
Where that takes a moment, run it when few use the table, and let it give up soon:
${sql("SET lock_timeout = '3s';", statement)}`
  if (known === undefined || one === null || !standsAlone(known, ctx)) return small
  const named = (suffix: string) => key(schemaOf(table), `${nameOf(table)}_${suffix}`)
  const [next, old, sync] = [named('new'), named('old'), named('sync')]
  const [into, syncName] = [sqlName(next, ctx), ident(nameOf(sync))]
  return `${small}
Else fill a second table, which a trigger keeps equal:
${sql(
  `CREATE ${successor.before}TABLE ${into} (LIKE ${name} INCLUDING ALL)${successor.after};`,
  ...successor.besides(into),
  withBody(
    `CREATE FUNCTION ${sqlName(sync, ctx)}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN DELETE FROM ${into} WHERE ${one} = OLD.${one}; END IF;
  IF TG_OP <> 'DELETE' THEN INSERT INTO ${into} SELECT NEW.*; END IF;
  RETURN NULL;
END $$;`,
    ctx,
  ),
  `CREATE TRIGGER ${syncName} AFTER INSERT OR UPDATE OR DELETE ON ${name} FOR EACH ROW ${triggerCall(sqlName(sync, ctx), ctx)};`,
  ...copyInRanges({ from: name, into, columns: null, key: one, again: true, locks: true }),
)}
and then let it take the name, in one transaction:
${sql(
  "SET LOCAL lock_timeout = '3s';",
  `DROP TRIGGER ${syncName} ON ${name};`,
  `ALTER TABLE ${name} RENAME TO ${ident(nameOf(old))};`,
  `ALTER TABLE ${into} RENAME TO ${ident(nameOf(table))};`,
)}
Its indexes keep names of their own. \`${nameOf(old)}\` is dropped in a later pull request.`
}

/** True for a table of plain columns and indexes, which LIKE gives to another as they are. */
function standsAlone(table: Table, { before, step }: RuleContext): boolean {
  const schema = step?.before ?? before
  return (
    table.complete &&
    table.columns.every(
      ({ identity, generated, default: of }) => !identity && !generated && !/nextval/i.test(of ?? ''),
    ) &&
    table.foreignKeys.length + table.triggers.length + table.policies.length + table.inherits.length === 0 &&
    table.exclusions.length + (table.grants?.length ?? 0) === 0 &&
    table.partition.by === null &&
    table.partition.of === null &&
    !table.rowSecurity.enabled &&
    referencesTo(schema, table.key).length + viewDependents(schema, table.key).length === 0
  )
}
