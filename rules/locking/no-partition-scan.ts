import type { Rule } from '../../src/engine/rule.ts'
import { nameOf, type Table } from '../../src/schema/model.ts'
import { separateDeploy } from '../shared/deploys.ts'
import { ident, idents, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-partition-scan',
  severity: 'warning',
  summary:
    'Attaching a table as a partition locks it and reads all of it, unless a CHECK constraint proves its bounds.',
  why: `ATTACH PARTITION takes an ACCESS EXCLUSIVE lock on the table that is attached, and on the default partition where there is one, and reads them to see that every row
    belongs where it is.`,
  fix: 'Add a CHECK constraint with the bounds NOT VALID, validate it, attach the table, and drop the constraint.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-ATTACH-PARTITION'],
  sources: ['pgfence/attach-partition', 'pgls/avoidAttachingPartition'],
  claims: { lock: 'AccessExclusiveLock', scans: true },
  bad: [
    {
      given: `create table events (id bigint, at date not null) partition by range (at); create table events_2026 (id bigint, at date not null);`,
      sql: `alter table events attach partition events_2026 for values from ('2026-01-01') to ('2027-01-01');`,
      message: 'reads every row of `events_2026`',
    },
    {
      title: 'The bounds are proven, but a key of the whole is missing.',
      given: `
        create table events (id bigint not null, at date not null, primary key (id, at)) partition by range (at);
        create table events_2026 (id bigint not null, at date not null, check (at >= '2026-01-01' and at < '2027-01-01'));`,
      sql: `alter table events attach partition events_2026 for values from ('2026-01-01') to ('2027-01-01');`,
      message: 'until the index that `events` has and it lacks is built',
    },
  ],
  good: [
    {
      title: 'Every index is there.',
      given: `
        create table events (id bigint not null, at date not null, primary key (id, at)) partition by range (at);
        create table events_2026 (id bigint not null, at date not null, check (at >= '2026-01-01' and at < '2027-01-01'), primary key (id, at));`,
      sql: `alter table events attach partition events_2026 for values from ('2026-01-01') to ('2027-01-01');`,
    },
    {
      given: `
        create table events (id bigint, at date not null) partition by range (at);
        create table events_2026 (id bigint, at date not null, check (at >= '2026-01-01' and at < '2027-01-01'));`,
      sql: `alter table events attach partition events_2026 for values from ('2026-01-01') to ('2027-01-01');`,
    },
    {
      given: `create table events (id bigint, at date not null, primary key (id, at)) partition by range (at);`,
      sql: `create table events_2026 (id bigint, at date not null, primary key (id, at)); alter table events attach partition events_2026 for values from ('2026-01-01') to ('2027-01-01');`,
    },
  ],
  visit: {
    attachPartition({ table, partition, bound }, ctx) {
      if (ctx.isNew(partition) || ctx.isNew(table)) return
      const [whole, known] = [ctx.step?.before.tables.get(table), ctx.step?.before.tables.get(partition)]
      const keys =
        /\((.*)\)/
          .exec(whole?.partition.by ?? '')?.[1]
          ?.split(',')
          .map((part) => part.trim().replaceAll('"', '')) ?? []
      const name = sqlName(partition, ctx)
      const builds = whole && known ? lackedIndexes(whole, known) : []
      if (known?.checks.some((check) => check.validated && keys.some((column) => check.expression.includes(column)))) {
        const [first] = builds
        if (first === undefined) return
        return {
          object: partition,
          message: `Attaching \`${ctx.name(partition)}\` locks it until the ${builds.length === 1 ? 'index' : `${builds.length} indexes`} that \`${ctx.name(table)}\` has and it lacks ${builds.length === 1 ? 'is' : 'are'} built.`,
          help: `Build ${builds.length === 1 ? 'it' : 'them'} first, outside a transaction; ATTACH takes over what is alike:\n${sql(...builds.map(({ unique, columns }) => `CREATE ${unique ? 'UNIQUE ' : ''}INDEX CONCURRENTLY ON ${name} (${idents(columns)});`))}`,
        }
      }
      const condition = keys.length === 1 && keys[0] !== undefined ? boundsOf(bound, ident(keys[0])) : null
      const constraint = ident(`${nameOf(partition)}_bounds`.slice(0, 63))
      const validate = sql(`ALTER TABLE ${name} VALIDATE CONSTRAINT ${constraint};`)
      const drop = sql(`ALTER TABLE ${name} DROP CONSTRAINT ${constraint};`)
      return {
        object: partition,
        message: `Attaching \`${ctx.name(partition)}\` locks it and reads every row of \`${ctx.name(partition)}\`, to see that all belong to its bounds.`,
        help:
          condition === null
            ? `A CHECK constraint on \`${ctx.name(partition)}\` that says the same as \`${bound}\`, added \`NOT VALID\` and validated ${separateDeploy(ctx)}, proves it without that lock.`
            : `Prove the bounds first:\n${sql(`ALTER TABLE ${name} ADD CONSTRAINT ${constraint}`, `  CHECK (${condition}) NOT VALID;`)}\nvalidate them ${separateDeploy(ctx)}:\n${validate}\nthen attach it, which takes a moment, and drop the constraint:\n${drop}`,
      }
    },
  },
} satisfies Rule

/** What the rows of a partition have to be, as a condition on its one key; null where no CHECK constraint can say it. */
function boundsOf(bound: string, column: string): string | null {
  if (bound.includes('…')) return null
  const listed = /^FOR VALUES IN \((.*)\)$/.exec(bound)?.[1]
  if (listed !== undefined)
    return /(?:^|, )NULL(?:,|$)/.test(listed) ? null : `${column} IS NOT NULL AND ${column} IN (${listed})`
  const [, from, to] = /^FOR VALUES FROM \((.*)\) TO \((.*)\)$/.exec(bound) ?? []
  if (from === undefined || to === undefined) return null
  return [
    `${column} IS NOT NULL`,
    ...(from === 'MINVALUE' ? [] : [`${column} >= ${from}`]),
    ...(to === 'MAXVALUE' ? [] : [`${column} < ${to}`]),
  ].join(' AND ')
}

/** The indexes of a partitioned table that attaching has to build on a partition, those of its keys first. */
function lackedIndexes(
  whole: Table,
  partition: Table,
): readonly { readonly unique: boolean; readonly columns: readonly string[] }[] {
  if (!partition.complete) return []
  const plain = (table: Table) =>
    table.indexes
      .filter((index) => index.where === null && index.keys.every((each) => each.column !== null))
      .map((index) => ({ unique: index.unique, columns: index.keys.map((each) => each.column ?? '') }))
  const keysOf = (table: Table) =>
    [...(table.primaryKey ? [table.primaryKey] : []), ...table.uniques].map(({ columns }) => ({
      unique: true,
      columns,
    }))
  const there = [...keysOf(partition), ...plain(partition)]
  return [...keysOf(whole), ...plain(whole)].filter(
    (index) => !there.some((other) => other.columns.join() === index.columns.join() && (other.unique || !index.unique)),
  )
}
