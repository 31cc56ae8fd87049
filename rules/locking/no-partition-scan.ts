import type { Problem, Rule, RuleContext } from '../../src/engine/rule.ts'
import { nameOf, type Key, type Table } from '../../src/schema/model.ts'
import { builtBy } from '../shared/concurrently.ts'
import { separateDeploy } from '../shared/deploys.ts'
import { defaultPartition } from '../shared/partitions.ts'
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
    {
      title: 'A new partition has the default partition read.',
      given: `create table events (id bigint, at date not null) partition by range (at); create table events_rest partition of events default;`,
      sql: `create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01');`,
      message: 'Every row of `events_rest`, the default partition, is read',
    },
  ],
  good: [
    {
      title: 'A CHECK proves that the default partition holds no such row.',
      given: `
        create table events (id bigint, at date not null) partition by range (at);
        create table events_rest partition of events (check (not (at is not null and at >= '2026-01-01' and at < '2027-01-01'))) default;`,
      sql: `create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01');`,
    },
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
    *createTable({ table: partition, to }, ctx) {
      if (to.partition.of) yield* inDefault(to.partition.of.parent, partition, to.partition.of.bound, ctx)
    },
    *attachPartition({ table, partition, bound }, ctx) {
      yield* inDefault(table, partition, bound, ctx)
      if (ctx.isNew(partition) || ctx.isNew(table)) return
      const [whole, known] = [ctx.step?.before.tables.get(table), ctx.step?.before.tables.get(partition)]
      const name = sqlName(partition, ctx)
      const builds = whole && known ? lackedIndexes(whole, known) : []
      if (known && isChecked(known, keysOf(whole))) {
        const [first] = builds
        if (first === undefined) return
        yield {
          object: partition,
          message: `Attaching \`${ctx.name(partition)}\` locks it until the ${builds.length === 1 ? 'index' : `${builds.length} indexes`} that \`${ctx.name(table)}\` has and it lacks ${builds.length === 1 ? 'is' : 'are'} built.`,
          help: builtBy(
            partition,
            builds.map(
              ({ unique, columns }) =>
                `CREATE ${unique ? 'UNIQUE ' : ''}INDEX CONCURRENTLY ON ${name} (${idents(columns)});`,
            ),
            ctx,
            `ATTACH takes over what is alike. Build ${builds.length === 1 ? 'it' : 'them'} first`,
          ),
        }
        return
      }
      const condition = boundsOf(bound, keysOf(whole))
      yield {
        object: partition,
        message: `Attaching \`${ctx.name(partition)}\` locks it and reads every row of \`${ctx.name(partition)}\`, to see that all belong to its bounds.`,
        help:
          condition === null
            ? `A CHECK constraint on \`${ctx.name(partition)}\` that says the same as \`${bound}\`, added \`NOT VALID\` and validated ${separateDeploy(ctx)}, proves it without that lock.`
            : proof(partition, `${nameOf(partition)}_bounds`, condition, ctx),
      }
    },
  },
} satisfies Rule

/** What the default partition has to do with a new one: it is read to see that none of its rows belongs there. */
function* inDefault(table: Key, partition: Key, bound: string, ctx: RuleContext): Iterable<Problem> {
  const { tables } = ctx.step?.before ?? ctx.before
  const rest = tables.get(defaultPartition(table, ctx.step?.before ?? ctx.before) ?? '')
  const keys = keysOf(tables.get(table))
  if (!rest || ctx.isNew(rest.key) || isChecked(rest, keys)) return
  const condition = boundsOf(bound, keys)
  yield {
    object: rest.key,
    message: `Every row of \`${ctx.name(rest.key)}\`, the default partition, is read while nobody can use it, to see that none belongs to \`${ctx.name(partition)}\`.`,
    help:
      condition === null
        ? `A CHECK constraint on \`${ctx.name(rest.key)}\` that keeps such rows out, added \`NOT VALID\` and validated ${separateDeploy(ctx)}, proves it without that lock.`
        : proof(rest.key, `${nameOf(rest.key)}_not_${nameOf(partition)}`, `NOT (${condition})`, ctx),
  }
}

/** The steps that prove what the rows of a partition are before the statement at hand asks. */
function proof(partition: Key, constraintName: string, condition: string, ctx: RuleContext): string {
  const name = sqlName(partition, ctx)
  const constraint = ident(constraintName.slice(0, 63))
  return `Prove it first:\n${sql(`ALTER TABLE ${name} ADD CONSTRAINT ${constraint}`, `  CHECK (${condition}) NOT VALID;`)}\nvalidate it ${separateDeploy(ctx)}:\n${sql(`ALTER TABLE ${name} VALIDATE CONSTRAINT ${constraint};`)}\nthen run this, which takes a moment, and drop the constraint:\n${sql(`${ctx.step?.statement.text ?? ''};`, `ALTER TABLE ${name} DROP CONSTRAINT ${constraint};`)}`
}

/** The columns that a partitioned table is divided by. */
function keysOf(table: Table | undefined): readonly string[] {
  const columns = /\((.*)\)/.exec(table?.partition.by ?? '')?.[1]
  return columns?.split(',').map((part) => part.trim().replaceAll('"', '')) ?? []
}

function isChecked(partition: Table, keys: readonly string[]): boolean {
  return partition.checks.some((check) => check.validated && keys.some((column) => check.expression.includes(column)))
}

/** What the rows of a partition have to be, as a condition on its one key; null where no CHECK constraint can say it. */
function boundsOf(bound: string, [key, ...more]: readonly string[]): string | null {
  if (key === undefined || more.length > 0 || bound.includes('…')) return null
  const column = ident(key)
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
  const constraintsOf = (table: Table) =>
    [...(table.primaryKey ? [table.primaryKey] : []), ...table.uniques].map(({ columns }) => ({
      unique: true,
      columns,
    }))
  const there = [...constraintsOf(partition), ...plain(partition)]
  return [...constraintsOf(whole), ...plain(whole)].filter(
    (index) => !there.some((other) => other.columns.join() === index.columns.join() && (other.unique || !index.unique)),
  )
}
