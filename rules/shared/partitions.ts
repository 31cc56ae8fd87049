import type { RuleContext } from '../../src/engine/rule.ts'
import { sameForeignKeyCore } from '../../src/schema/diff/same.ts'
import { key, type ForeignKey, type Key, type Schema, type Table } from '../../src/schema/model.ts'
import { ident, idents, sql, sqlName } from './sql.ts'

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

/** A foreign key of a partitioned table, step by step: NOT VALID on each partition, validated there, and last on the table, which takes those over. */
export function keyByPartition(table: Key, to: ForeignKey, ctx: RuleContext): string {
  const partitions = partitionsOf(table, ctx.step?.before ?? ctx.before)
  const parent = key(to.references.schema, to.references.table)
  const actions = [
    to.onDelete === 'NO ACTION' ? '' : ` ON DELETE ${to.onDelete}`,
    to.onUpdate === 'NO ACTION' ? '' : ` ON UPDATE ${to.onUpdate}`,
  ].join('')
  const definition = `FOREIGN KEY (${idents(to.columns)}) REFERENCES ${sqlName(parent, ctx)}${to.references.columns.length > 0 ? ` (${idents(to.references.columns)})` : ''}${actions}`
  const statements = (of: string) => [
    `ALTER TABLE ${of} ADD CONSTRAINT ${ident(to.name)} ${definition} NOT VALID;`,
    `ALTER TABLE ${of} VALIDATE CONSTRAINT ${ident(to.name)};`,
  ]
  const each = forEach(table, partitions, statements, ctx)
  return ctx.postgres < 11
    ? each
    : `${each}\nand last, which takes those over:\n${sql(`ALTER TABLE ${sqlName(table, ctx)} ADD CONSTRAINT ${ident(to.name)} ${definition};`)}`
}

/** A unique constraint or primary key of a partitioned table, whose index cannot be built CONCURRENTLY: on each partition, then attached. */
export function indexByPartition(
  table: Key,
  constraint: { readonly name: string; readonly type: 'UNIQUE' | 'PRIMARY KEY'; readonly definition: string },
  ctx: RuleContext,
): string {
  const { name, type, definition } = constraint
  const partitions = partitionsOf(table, ctx.step?.before ?? ctx.before)
  const own = (of: string) => ident(`${of.replaceAll('"', '')}_${name}`)
  const statements = (of: string, index: string) => [
    `CREATE UNIQUE INDEX CONCURRENTLY ${index} ON ${of} ${definition};`,
    `ALTER TABLE ${of} ADD CONSTRAINT ${index} ${type} USING INDEX ${index};`,
    `ALTER INDEX ${ident(name)} ATTACH PARTITION ${index};`,
  ]
  return `First for the rows to come:\n${sql(
    `ALTER TABLE ONLY ${sqlName(table, ctx)} ADD CONSTRAINT ${ident(name)} ${type} ${definition};`,
  )}\nthen partition by partition, each index outside a transaction. ${forEach(table, partitions, (of, plain) => statements(of, own(plain)), ctx)}`
}

/** The statements for each partition by name, or the query that prints them where they are many or not known. */
function forEach(
  table: Key,
  partitions: readonly Table[],
  statements: (name: string, plain: string) => readonly string[],
  ctx: RuleContext,
): string {
  if (partitions.length > 0 && partitions.length <= 12)
    return `For ${partitions.length === 1 ? 'the partition' : 'each partition'}:\n${sql(
      ...partitions.flatMap((of) => statements(sqlName(of.key, ctx), of.name)),
    )}`
  return `This prints the statements for each partition:\n${sql(
    `SELECT format('${statements('%1$s', '%2$s').join(' ').replaceAll("'", "''")}', inhrelid::regclass, relname)`,
    `  FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = '${sqlName(table, ctx).replaceAll("'", "''")}'::regclass;`,
  )}`
}
