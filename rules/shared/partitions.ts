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
  const each =
    partitions.length > 0
      ? `For ${partitions.length === 1 ? 'the partition' : 'each partition'}:\n${sql(
          ...partitions.flatMap((of) => statements(sqlName(of.key, ctx))),
        )}`
      : `This prints the statements for each partition:\n${sql(
          `SELECT format('${statements('%1$s').join(' ').replaceAll("'", "''")}', inhrelid::regclass)`,
          `  FROM pg_inherits WHERE inhparent = '${sqlName(table, ctx).replaceAll("'", "''")}'::regclass;`,
        )}`
  return ctx.postgres < 11
    ? each
    : `${each}\nand last, which takes those over:\n${sql(`ALTER TABLE ${sqlName(table, ctx)} ADD CONSTRAINT ${ident(to.name)} ${definition};`)}`
}
