import type { RuleContext } from '../../src/engine/rule.ts'
import { key, nameOf, schemaOf, type Column, type Key } from '../../src/schema/model.ts'
import { uniqueDefinition } from '../../src/schema/sql/ddl.ts'
import type { Statement } from '../../src/sql/statement.ts'
import { computedByTrigger, plainInstead } from './computed.ts'
import { builtBy, concurrently } from './concurrently.ts'
import { withoutMerge } from './merge.ts'
import { withoutComments } from './row-batches.ts'
import { addEmptyColumnSql, ident, idents, sql, sqlName, withBody } from './sql.ts'

/** Help that says how older versions write a statement, from its first word to its SQL; null where that has to be thought of anew. */
export type Older = (statement: Statement, ctx: RuleContext) => string | null

const knows = ({ postgres }: RuleContext) => `in what PostgreSQL ${postgres} knows`

/** Statements that stand for the one at hand. */
function written(words: string, statements: readonly string[], ctx: RuleContext): string {
  return `${words}, ${knows(ctx)}:\n${sql(...statements)}`
}

/** The statement with a part of its text replaced. */
export function reworded(words: string, part: RegExp, by = ''): Older {
  return ({ text }, ctx) => {
    const other = text.replace(part, by)
    if (other === text) return null
    const careful = /^\s*alter\s+table\b/i.test(text) ? ["SET lock_timeout = '3s';"] : []
    return written(`Without ${words}`, [...careful, `${other};`], ctx)
  }
}

export const merged: Older = ({ text }, ctx) => {
  const statements = withoutMerge(withoutComments(text))
  if (statements === null) return null
  const words = statements.length > 1 ? 'In one statement, whose parts see the rows as they were' : 'Without `MERGE`'
  return written(words, statements, ctx)
}

interface LooseUnique {
  readonly table: Key
  readonly name: string
  /** Null for an expression. */
  readonly columns: readonly (string | null)[]
}

/** `UNIQUE (a, b)` and, for the rows with NULLs, which it lets pass, unique indexes over what is left of them. */
export const nullsApart: Older = ({ text }, ctx) => {
  const changes = ctx.step?.changes ?? []
  const found = changes.flatMap((change): readonly LooseUnique[] => {
    if (change.kind === 'addIndex' && change.index.nullsNotDistinct)
      return [{ table: change.table, name: change.index.name, columns: change.index.keys.map((each) => each.column) }]
    if (change.kind === 'addUnique' && change.to.nullsNotDistinct)
      return [{ table: change.table, name: change.to.name, columns: change.to.columns }]
    if (change.kind !== 'createTable') return []
    const uniques = change.to.uniques.filter((each) => each.nullsNotDistinct)
    return uniques.map(({ name, columns }) => ({ table: change.table, name, columns }))
  })
  const [only, ...more] = found
  const index = changes.find((change) => change.kind === 'addIndex')
  if (only === undefined || more.length > 0 || (index?.kind === 'addIndex' && index.index.where !== null)) return null
  const columns = only.columns.filter((each) => each !== null)
  const known = (ctx.step?.after ?? ctx.after).tables.get(only.table)
  const nullable = columns.filter((each) => known?.columns.find(({ name }) => name === each)?.nullable !== false)
  if (columns.length < only.columns.length || nullable.length > 2) return null
  const [of, how] = [sqlName(only.table, ctx), concurrently(only.table, ctx)]
  const [a, b] = nullable
  const partial = [...nullable.map((each) => [each]), ...(a !== undefined && b !== undefined ? [[a, b]] : [])].map(
    (nulls) => {
      const rest = columns.filter((each) => !nulls.includes(each))
      const keys = rest.length === 0 ? `((${ident(nulls[0] ?? '')} IS NULL))` : `(${idents(rest)})`
      const where = nulls.map((each) => `${ident(each)} IS NULL`).join(' AND ')
      return `CREATE UNIQUE INDEX ${how}${ident(`${only.name}_null_${nulls.join('_')}`)} ON ${of} ${keys} WHERE ${where};`
    },
  )
  const plain = `${text.replace(/\s+nulls\s+not\s+distinct\b/i, '')};`
  const isIndex = index !== undefined
  if (ctx.isNew(only.table))
    return written('Rows with NULLs, which it lets pass, get indexes of their own', [plain, ...partial], ctx)
  const unique = changes.find((change) => change.kind === 'addUnique')
  if (isIndex || unique?.kind !== 'addUnique' || unique.inline)
    return builtBy(
      only.table,
      isIndex ? [`CREATE UNIQUE INDEX ${how}${ident(only.name)} ON ${of} (${idents(columns)});`, ...partial] : partial,
      ctx,
      `Rows with NULLs, which it lets pass, get indexes of their own${isIndex ? '' : ` beside it`}, ${knows(ctx)}`,
    )
  const built = `CREATE UNIQUE INDEX CONCURRENTLY ${ident(only.name)} ON ${of} (${idents(columns)});`
  const take = `ALTER TABLE ${of} ADD ${uniqueDefinition({ ...unique.to, nullsNotDistinct: false }).replace(/ UNIQUE .*$/, '')} UNIQUE USING INDEX ${ident(only.name)};`
  return `${builtBy(only.table, [built, ...partial], ctx, `Rows with NULLs, which it lets pass, get indexes of their own, ${knows(ctx)}`)}\nThen let the constraint take over the first:\n${sql("SET lock_timeout = '3s';", take)}`
}

/** A stored column in a new table; in one that is there a plain one, which a trigger fills. */
export const storedInstead: Older = (statement, ctx) => {
  const added = ctx.step?.changes.find((change) => change.kind === 'addColumn' && change.to.generated !== null)
  if (added?.kind !== 'addColumn' || added.to.generated === null)
    return reworded('a virtual column', /\bvirtual\b/gi, 'STORED')(statement, ctx)
  const computed = computedByTrigger(added.table, added.to.name, added.to.generated.expression, ctx)
  return computed === null
    ? null
    : written(
        'Add it plain, and let a trigger fill it in rows that are written',
        ["SET lock_timeout = '3s';", addEmptyColumnSql(added.table, added.to, ctx), ...computed],
        ctx,
      )
}

/** Another expression for a generated column. */
export const expressionByTrigger: Older = (_, ctx) => {
  const change = ctx.step?.changes.find((each) => each.kind === 'setGenerated')
  const expression = change?.kind === 'setGenerated' ? change.to.generated?.expression : undefined
  return change?.kind === 'setGenerated' && expression !== undefined && ctx.postgres >= 13
    ? plainInstead(change.table, change.to, expression, ctx)
    : null
}

/** A view over a function, which runs with the rights of whoever asks. */
export const invokedByFunction: Older = (_, ctx) => {
  const change = ctx.step?.changes.find((each) => each.kind === 'createView')
  if (change?.kind !== 'createView' || change.to.definition === null || change.to.columns === null) return null
  const view = key(change.to.schema, change.to.name)
  const schema = ctx.step?.before ?? ctx.before
  const columns = change.to.columns.flatMap((name) => {
    const types = change.to.reads.flatMap(({ table }) => schema.tables.get(table)?.columns ?? [])
    const found = [...new Set(types.filter((each: Column) => each.name === name).map(({ type }) => type))]
    return found.length === 1 && found[0] ? [`${ident(name)} ${found[0]}`] : []
  })
  if (columns.length < change.to.columns.length) return null
  const rows = sqlName(key(schemaOf(view), `${nameOf(view)}_rows`), ctx)
  return written(
    'A function runs with the rights of whoever reads the view',
    [
      `CREATE FUNCTION ${rows}() RETURNS TABLE (${columns.join(', ')}) LANGUAGE sql STABLE AS $$\n  ${change.to.definition.trim().replace(/;$/, '')}\n$$;`,
      `CREATE VIEW ${sqlName(view, ctx)} AS SELECT * FROM ${rows}();`,
    ],
    ctx,
  )
}

/** `uuidv7()` made of a random UUID and the milliseconds since 1970, or `gen_random_uuid()` for `uuidv4()`. */
export const ownUuid: Older = ({ text }, ctx) => {
  if (ctx.postgres < 13) return null
  if (/\buuidv4\s*\(/i.test(text))
    return reworded('`uuidv4()`', /\buuidv4\s*\(/gi, 'gen_random_uuid(')({ text } as Statement, ctx)
  const body = `CREATE FUNCTION uuidv7() RETURNS uuid LANGUAGE sql VOLATILE AS $$
  -- 48 bits of milliseconds, the version 7, and the rest of a random UUID
  SELECT (lpad(to_hex(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0')
    || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid
$$;`
  return written('Create the function before the statement', [withBody(body, ctx)], ctx)
}

export const replacedTrigger: Older = ({ text }, ctx) => {
  const change = ctx.step?.changes.find((each) => each.kind === 'addTrigger')
  if (change?.kind !== 'addTrigger' || !/\bor\s+replace\s+/i.test(text)) return null
  return written(
    'In one transaction',
    [
      "SET LOCAL lock_timeout = '3s';",
      `DROP TRIGGER IF EXISTS ${ident(change.to.name)} ON ${sqlName(change.table, ctx)};`,
      withBody(`${text.replace(/\bor\s+replace\s+/i, '')};`, ctx),
    ],
    ctx,
  )
}

/** `UNIQUE (room, during WITHOUT OVERLAPS)` as an exclusion. */
export const excluded: Older = ({ text }, ctx) => {
  const other = text.replace(
    /\b(?:primary\s+key|unique)\s*\(([^()]*?)\s*,\s*("[^"]+"|[\w$]+)\s+without\s+overlaps\s*\)/gi,
    (_, columns: string, period: string) =>
      `EXCLUDE USING gist (${columns
        .split(',')
        .map((each) => `${each.trim()} WITH =`)
        .join(', ')}, ${period} WITH &&)`,
  )
  return other === text || !/^\s*create\s+table\b/i.test(text)
    ? null
    : written('An exclusion keeps periods apart', ['CREATE EXTENSION IF NOT EXISTS btree_gist;', `${other};`], ctx)
}

/** What the rows held before, locked and read in a WITH. */
export const readBefore: Older = ({ text, kind }, ctx) => {
  const change =
    /^(?:update|delete\s+from)\s+(?:only\s+)?("[^"]+"|[\w$]+)(?:\s+as)?(?:\s+(?!set\b|where\b)([\w$]+))?\s+(?:set\s+(.*?)\s+)?where\s+(.*?)\s+returning\s+(.*)$/is.exec(
      withoutComments(text),
    )
  if (change === null || /\bfrom\b|\busing\b/i.test(`${change[3] ?? ''}${change[4] ?? ''}`)) return null
  const [, name = '', alias = name, set, where = '', returning = ''] = change
  const table = ctx.step ? [...ctx.step.before.tables.values()].find((each) => ident(nameOf(each.key)) === name) : null
  const keys = table?.primaryKey?.columns
  if (kind === 'DeleteStmt') {
    if (/\bnew\s*\./i.test(returning)) return null
    const other = `DELETE FROM ${name}${alias === name ? '' : ` AS ${alias}`} WHERE ${where} RETURNING ${returning.replaceAll(/\bold\s*\./gi, `${alias}.`)};`
    return written('A DELETE gives back what the rows held', [other], ctx)
  }
  if (keys === undefined || set === undefined || /\bselect\b/i.test(where)) return null
  const same = keys.map((each) => `${alias}.${ident(each)} = (before.old).${ident(each)}`).join(' AND ')
  return written(
    'Read the rows before, and lock them',
    [
      `WITH before AS (SELECT ${alias} AS old FROM ${name}${alias === name ? '' : ` AS ${alias}`} WHERE ${where} FOR UPDATE)`,
      `UPDATE ${name}${alias === name ? '' : ` AS ${alias}`} SET ${set} FROM before WHERE ${same}`,
      `  RETURNING ${returning.replaceAll(/\bold\s*\./gi, '(before.old).').replaceAll(/\bnew\s*\./gi, `${alias}.`)};`,
    ],
    ctx,
  )
}

/** Storage of a new column, which older versions take in a statement of its own. */
export const storageLater: Older = ({ text }, ctx) => {
  const added = ctx.step?.changes.find((change) => change.kind === 'addColumn')
  const [, storage] = /\bstorage\s+(\w+)/i.exec(text) ?? []
  if (added?.kind !== 'addColumn' || storage === undefined) return null
  const of: Key = added.table
  return written(
    'In two statements',
    [
      "SET lock_timeout = '3s';",
      `${text.replace(/\s+storage\s+\w+/i, '')};`,
      `ALTER TABLE ${sqlName(of, ctx)} ALTER COLUMN ${ident(added.to.name)} SET STORAGE ${storage};`,
    ],
    ctx,
  )
}
