import type { RuleContext } from '../../src/engine/rule.ts'
import { sameForeignKeyCore } from '../../src/schema/diff/same.ts'
import { key, schemaOf, type ForeignKey, type Key, type Schema, type Table } from '../../src/schema/model.ts'
import { foreignKeyDefinition } from '../../src/schema/sql/ddl.ts'
import { separateDeploy } from './deploys.ts'
import { outsideTransaction } from './outside-transaction.ts'
import { ident, sql, sqlName } from './sql.ts'

/** The partition that takes what no other takes; null where a table has none. */
export function defaultPartition(table: Key, schema: Schema): Key | null {
  return (
    partitionsOf(table, schema).find(({ partition }) => /^DEFAULT$/i.test(partition.of?.bound.trim() ?? ''))?.key ??
    null
  )
}

/** The partitions that a table has itself, not those of its partitions. */
export function partitionsOf(table: Key, schema: Schema): readonly Table[] {
  return [...schema.tables.values()].filter(({ partition }) => partition.of?.parent === table)
}

/** True for a table that is partitioned itself. */
export function isPartitioned(table: Key, ctx: RuleContext): boolean {
  return ((ctx.step?.before ?? ctx.before).tables.get(table)?.partition.by ?? null) !== null
}

/** True for an `ALTER TABLE ONLY`, which leaves the partitions as they are. */
export function isOnly({ step }: RuleContext): boolean {
  const node = step?.statement.node
  return node !== undefined && 'AlterTableStmt' in node && node.AlterTableStmt.relation?.inh !== true
}

/** True where every partition has a foreign key like it that has been validated: the one of the partitioned table takes them over and reads no row. */
export function partitionsHaveKey(partitions: readonly Table[], foreignKey: ForeignKey): boolean {
  return (
    partitions.length > 0 &&
    partitions.every(({ foreignKeys }) =>
      foreignKeys.some((other) => other.validated && sameForeignKeyCore(other, foreignKey)),
    )
  )
}

/** What stands in a statement for a partition, and for a name of its own that begins with its name, alone and behind its schema. */
const thePartition = 'the_partition'
const itsName = 'a_name_of_its_own'
const itsKey = 'its_own_in_its_schema'

/** Partitions that are written out one by one; more of them, and those that nobody wrote down, are left to a query. */
const few = 6

/** A statement for each partition: themselves, or the query that prints them. `suffix` ends the names of their own. */
function forEachPartition(
  table: Key,
  statement: string,
  suffix: string,
  ctx: RuleContext,
): { readonly lines: readonly string[]; readonly arePrinted: boolean } {
  const known = partitionsOf(table, ctx.step?.before ?? ctx.before)
  const filled = (text: string, partition: string, name: string, of: string) =>
    text
      .replaceAll(thePartition, () => partition)
      .replaceAll(itsName, () => name)
      .replaceAll(itsKey, () => of)
  if (known.length > 0 && known.length <= few) {
    const lines = known.map((part) => {
      const name = `${part.name}${suffix}`
      return filled(statement, sqlName(part.key, ctx), ident(name), sqlName(key(part.schema, name), ctx))
    })
    return { lines, arePrinted: false }
  }
  const inQuotes = (text: string) => text.replaceAll("'", "''")
  const format = filled(inQuotes(statement).replaceAll('%', '%%'), '%1$s', '%2$I', '%3$s.%2$I')
  const values = ['c.oid::regclass', `relname || '${inQuotes(suffix)}'`, 'relnamespace::regnamespace']
  const used = format.includes('%3$') ? 3 : format.includes('%2$') ? 2 : 1
  return {
    arePrinted: true,
    lines: [
      `SELECT format('${format}', ${values.slice(0, used).join(', ')})`,
      `  FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = '${inQuotes(sqlName(table, ctx))}'::regclass;`,
    ],
  }
}

/**
 * An index on each partition, and where the server knows an index over all of them, that one around them. `build` is the
 * `CREATE INDEX CONCURRENTLY` that Postgres refuses for the table as a whole.
 */
export function partByPart(table: Key, index: string, build: string, ctx: RuleContext): string {
  const each = (statement: string) => forEachPartition(table, statement, `_${index}`, ctx)
  const [, create = '', rest = ''] =
    /^(CREATE (?:UNIQUE )?INDEX) CONCURRENTLY (?:"(?:[^"]|"")+"|\S+) ON (?:(?:"(?:[^"]|"")+"|[^\s".]+)\.?)+ (.*)$/s.exec(
      build,
    ) ?? []
  const whole = key(schemaOf(table), index)
  const { lines, arePrinted } = each(`${create} CONCURRENTLY ${itsName} ON ${thePartition} ${rest}`)
  const { how } = outsideTransaction(ctx, { many: true, later: ctx.postgres >= 11 })
  const built = `Build one on each partition; ${how}${arePrinted ? ' (this prints them)' : ''}:\n${sql(...lines)}`
  if (ctx.postgres < 11) return built
  return `Make it for the table alone, where it is not valid yet:
${sql(`${create} ${ident(index)} ON ONLY ${sqlName(table, ctx)} ${rest}`)}
${built}
and attach them ${separateDeploy(ctx)}, which takes a moment:
${sql(...each(`ALTER INDEX ${sqlName(whole, ctx)} ATTACH PARTITION ${itsKey};`).lines)}`
}

/** A foreign key of a partitioned table, step by step: NOT VALID on each partition, validated there, and last on the table, which takes those over. */
export function keyByPartition(table: Key, to: ForeignKey, ctx: RuleContext): string {
  const definition = foreignKeyDefinition({ ...to, validated: true }, ctx.before.defaultSchema)
  const each = (statement: string) => forEachPartition(table, statement, '', ctx)
  const { lines, arePrinted } = each(`ALTER TABLE ${thePartition} ADD ${definition} NOT VALID;`)
  const validated = each(`ALTER TABLE ${thePartition} VALIDATE CONSTRAINT ${ident(to.name)};`)
  const last = `ALTER TABLE ${sqlName(table, ctx)} ADD ${definition};`
  return `Add it to each partition${arePrinted ? ' (this prints the statements)' : ''}:
${sql(...lines)}
and validate it there ${separateDeploy(ctx)}, while writes go on:
${sql(...validated.lines)}${ctx.postgres < 11 ? '' : `\nand last, which takes those over:\n${sql(last)}`}`
}

/** A unique constraint or primary key of a partitioned table, whose index cannot be built CONCURRENTLY: on each partition, then attached. */
export function indexByPartition(
  table: Key,
  constraint: { readonly name: string; readonly type: 'UNIQUE' | 'PRIMARY KEY'; readonly definition: string },
  ctx: RuleContext,
): string {
  const { name, type, definition } = constraint
  const each = (statement: string) => forEachPartition(table, statement, `_${name}`, ctx)
  const { lines, arePrinted } = each(`CREATE UNIQUE INDEX CONCURRENTLY ${itsName} ON ${thePartition} ${definition};`)
  const whole = sqlName(key(schemaOf(table), name), ctx)
  const attached = each(
    `ALTER TABLE ${thePartition} ADD CONSTRAINT ${itsName} ${type} USING INDEX ${itsName};\nALTER INDEX ${whole} ATTACH PARTITION ${itsKey};`,
  )
  return `First for the rows to come:
${sql(`ALTER TABLE ONLY ${sqlName(table, ctx)} ADD CONSTRAINT ${ident(name)} ${type} ${definition};`)}
Build an index on each partition; ${outsideTransaction(ctx, { many: true, later: true }).how}${arePrinted ? ' (this prints them)' : ''}:
${sql(...lines)}
and let the constraint take them over ${separateDeploy(ctx)}, which takes a moment:
${sql(...attached.lines)}`
}
