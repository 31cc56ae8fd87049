import type { Rule } from '../../src/engine/rule.ts'

export default {
  id: 'no-observed-rewrite',
  severity: 'warning',
  summary:
    'A rehearsal saw a table rewritten, read from end to end or indexed anew under a lock that stops its readers or writers, where nothing in the text says so.',
  why: `What a statement does to a table can hang on things far from it: a function that is volatile, an index on an expression, a type that another
    migration changed. The embedded Postgres ran the statement on the schema as it is and shows what really happens. On a large table the lock lasts
    as long as the work.`,
  fix: 'Take the work out of the locked moment: add a column without its default, build indexes with CONCURRENTLY, add constraints as NOT VALID and validate them later.',
  references: [
    'https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES',
    'https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES',
  ],
  yieldsTo: ['locking', 'data-loss', 'compatibility', 'transactions'],
  sources: [],
  bad: [
    {
      title: 'SQL that is put together when it runs.',
      given: `create table users (id bigint primary key);`,
      sql: `do $$ begin execute 'alter table ' || current_schema() || '.users add column token uuid default gen_random_uuid()'; end $$;`,
      rehearse: true,
      message: 'rewrites `users` while nobody can read or write it',
    },
    {
      title: 'An index that a block builds.',
      given: `create table users (id bigint primary key, email varchar(100));`,
      sql: `do $$ begin execute 'create index users_email on ' || current_schema() || '.users (email)'; end $$;`,
      rehearse: true,
      message: 'builds an index on `users`',
    },
    {
      title: 'A partition that a function made, so that nothing but the database knows of it.',
      given: `
        create table events (id bigint, at date not null) partition by range (at);
        do $$ begin execute format('create table events_%s partition of events for values from (%L) to (%L)', extract(year from date '2026-01-01'), '2026-01-01', '2027-01-01'); end $$;`,
      sql: `create index events_at on events (at);`,
      rehearse: true,
      message: 'builds an index on `events_2026`',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key, email varchar(100));`,
      sql: `alter table users alter column email type varchar(200);`,
      rehearse: true,
    },
    {
      title:
        'What is a matter of information where the same change adds and fills the column does not get louder by being seen.',
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column status text default 'active'; update users set status = 'active' where status is null; alter table users alter column status set not null;`,
      rehearse: true,
    },
    {
      title: 'A new table holds nothing.',
      sql: `create table users (id bigint primary key, email varchar(100)); create index users_email_lower on users (lower(email));`,
      rehearse: true,
    },
  ],
  visit: {
    observation({ rewrites, scans, builds, locks, postgres, error }, ctx) {
      if (error !== null || ctx.step.statement.inside !== null) return
      const does = [
        [rewrites, 'rewrites'],
        [scans, 'reads every row of'],
        [builds, 'builds an index on'],
      ] as const
      for (const [tables, words] of does) {
        const table = tables.find((key) => !ctx.isNew(key))
        const mode = locks.find(({ relation }) => relation === table)?.mode
        if (table === undefined || mode === undefined) continue
        const stops =
          mode === 'AccessExclusiveLock'
            ? 'nobody can read or write it'
            : ['ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock'].includes(mode)
              ? 'nobody can write to it'
              : null
        if (stops === null) continue
        return {
          object: table,
          message: `This statement ${words} \`${ctx.name(table)}\` while ${stops}, as a rehearsal on PostgreSQL ${postgres} saw.`,
        }
      }
    },
  },
} satisfies Rule
