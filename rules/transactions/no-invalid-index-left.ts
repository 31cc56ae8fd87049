import type { Rule } from '../../src/engine/rule.ts'
import { nameOf } from '../../src/schema/model.ts'
import { sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-invalid-index-left',
  severity: 'warning',
  summary:
    'A rehearsal saw the migrations end with an index that is not valid, or with a constraint that is not validated.',
  why: `An index on the parent of partitions is valid only once an index of every partition is attached to it; until then no query uses it, and a unique one
    proves nothing. A constraint that is NOT VALID holds for new rows alone: that is the first of two steps, so it is told as information.`,
  fix: 'Attach an index of each partition, and validate the constraint in a later migration.',
  references: [
    'https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITIONING-DECLARATIVE-MAINTENANCE',
    'https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-VALIDATE-CONSTRAINT',
  ],
  sources: [],
  bad: [
    {
      title: 'One partition is forgotten.',
      given: `
        create table events (id bigint, at date not null) partition by range (at);
        create table events_2025 partition of events for values from ('2025-01-01') to ('2026-01-01');
        create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01');`,
      sql: `
        create index events_at on only events (at);
        create index concurrently events_2026_at on events_2026 (at);
        alter index events_at attach partition events_2026_at;`,
      runner: 'psql',
      rehearse: true,
      message: '`events_at` is not valid when the migrations end',
    },
    {
      given: `create table orders (id bigint primary key, total integer);`,
      sql: `alter table orders add constraint orders_total check (total > 0) not valid;`,
      rehearse: true,
      severity: 'info',
      message: '`orders_total` is not validated when the migrations end',
    },
  ],
  good: [
    {
      given: `
        create table events (id bigint, at date not null) partition by range (at);
        create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01');`,
      sql: `
        create index events_at on only events (at);
        create index concurrently events_2026_at on events_2026 (at);
        alter index events_at attach partition events_2026_at;`,
      runner: 'psql',
      rehearse: true,
    },
  ],
  visit: {
    *observation({ invalid, postgres }, ctx) {
      if (ctx.step.statement.inside !== null) return
      for (const left of invalid) {
        const [schema, table, constraint] = partsOf(left, ctx.after.tables)
        if (constraint !== null) {
          const owner = `${schema}.${table}`
          yield {
            object: owner,
            severity: 'info',
            anySize: true,
            message: `\`${constraint}\` is not validated when the migrations end: the rows that \`${ctx.name(owner)}\` holds by then are not checked.`,
            help: `Validate it in a later migration, which blocks neither reads nor writes:\n${sql(`ALTER TABLE ${sqlName(owner, ctx)} VALIDATE CONSTRAINT "${constraint.replaceAll('"', '""')}";`)}`,
          }
        } else {
          yield {
            object: left,
            anySize: true,
            message: `\`${nameOf(left)}\` is not valid when the migrations end, as a rehearsal on PostgreSQL ${postgres} saw: no query uses it.`,
            help: `An index on a partitioned table becomes valid with the last partition that has one attached. This names those without:\n${sql(
              `SELECT i.inhrelid::regclass FROM pg_inherits i JOIN pg_index x ON x.indrelid = i.inhparent WHERE x.indexrelid = ${`'${sqlName(left, ctx)}'`}::regclass`,
              `  AND NOT EXISTS (SELECT FROM pg_index p JOIN pg_inherits a ON a.inhrelid = p.indexrelid WHERE p.indrelid = i.inhrelid AND a.inhparent = x.indexrelid);`,
            )}`,
          }
        }
      }
    },
  },
} satisfies Rule

/** Schema, table and constraint of `public.orders.orders_total`; the constraint of an index's key is null. */
function partsOf(key: string, tables: ReadonlyMap<string, unknown>): readonly [string, string, string | null] {
  for (let dot = key.lastIndexOf('.'); dot > 0; dot = key.lastIndexOf('.', dot - 1)) {
    const owner = key.slice(0, dot)
    if (!tables.has(owner)) continue
    const cut = owner.indexOf('.')
    return [owner.slice(0, cut), owner.slice(cut + 1), key.slice(dot + 1)]
  }
  return ['', '', null]
}
