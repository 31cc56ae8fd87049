import type { Rule } from '../../src/engine/rule.ts'
import { keyByPartition } from '../shared/partitions.ts'

export default {
  id: 'no-not-valid-on-partitioned-table',
  severity: 'error',
  summary: 'Below PostgreSQL 18 a foreign key cannot be added NOT VALID to a partitioned table.',
  why: 'The statement fails ("cannot add NOT VALID foreign key on partitioned table"), and with it the migration. PostgreSQL 18 accepts it.',
  fix: 'Add the foreign key NOT VALID to each partition and validate it there, then to the partitioned table, which finds those and reads no row.',
  references: [
    'https://www.postgresql.org/docs/17/sql-altertable.html',
    'https://www.postgresql.org/docs/18/release-18.html',
  ],
  sources: [],
  claims: { fails: '42809', to: 17 },
  bad: [
    {
      given: `create table users (id bigint primary key); create table events (id bigint, user_id bigint, at date not null) partition by range (at);`,
      sql: `alter table events add constraint events_user foreign key (user_id) references users (id) not valid;`,
      message: 'fails on PostgreSQL 16',
    },
    {
      title: 'Below PostgreSQL 11 no foreign key leaves a partitioned table.',
      given: `create table users (id bigint primary key); create table events (id bigint, user_id bigint, at date not null) partition by range (at);`,
      sql: `alter table events add constraint events_user foreign key (user_id) references users (id);`,
      postgres: 10,
      message: 'Adding `events_user` fails on PostgreSQL 10',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key); create table events (id bigint, user_id bigint, at date not null) partition by range (at); create index on events (user_id);`,
      sql: `alter table events add constraint events_user foreign key (user_id) references users (id) not valid;`,
      postgres: 18,
    },
    {
      title: 'A partition takes it.',
      given: `
        create table users (id bigint primary key); create table events (id bigint, user_id bigint, at date not null) partition by range (at);
        create table events_2020 partition of events for values from ('2020-01-01') to ('2021-01-01'); create index on events_2020 (user_id);`,
      sql: `alter table events_2020 add constraint events_user foreign key (user_id) references users (id) not valid;`,
    },
  ],
  visit: {
    addForeignKey({ table, to }, ctx) {
      const none = ctx.postgres < 11
      if ((to.validated && !none) || !to.enforced || ctx.postgres >= 18) return
      const partitioned = ctx.step?.before.tables.get(table)?.partition.by ?? null
      if (partitioned === null) return
      return {
        anySize: true,
        fails: true,
        message: `Adding \`${to.name}\`${none ? '' : ' NOT VALID'} fails on PostgreSQL ${ctx.postgres}: \`${ctx.name(table)}\` is partitioned.`,
        help: keyByPartition(table, to, ctx),
      }
    },
  },
} satisfies Rule
