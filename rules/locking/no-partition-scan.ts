import type { Rule } from '../../src/engine/rule.ts'
import { sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-partition-scan',
  severity: 'warning',
  summary: 'Attaching a table as a partition locks it and reads all of it, unless a CHECK constraint proves its bounds.',
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
  ],
  good: [
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
      const known = ctx.step?.before.tables.get(partition)
      const keys = /\((.*)\)/.exec(ctx.step?.before.tables.get(table)?.partition.by ?? '')?.[1]?.split(',').map((part) => part.trim().replaceAll('"', '')) ?? []
      if (known?.checks.some((check) => check.validated && keys.some((column) => check.expression.includes(column)))) return
      const name = sqlName(partition, ctx)
      return {
        object: partition,
        message: `Attaching \`${ctx.name(partition)}\` locks it and reads every row of \`${ctx.name(partition)}\`, to see that all belong to its bounds.`,
        help: `Prove the bounds first:\n${sql(`ALTER TABLE ${name} ADD CONSTRAINT bounds CHECK (…) NOT VALID; -- ${bound}`, `ALTER TABLE ${name} VALIDATE CONSTRAINT bounds; -- in a later transaction`)}\nThen attach it, which takes a moment, and drop the constraint.`,
      }
    },
  },
} satisfies Rule
