import type { Rule } from '../../src/engine/rule.ts'

export default {
  id: 'no-opaque-sql',
  severity: 'info',
  summary: 'A statement that is put together while it runs cannot be reviewed.',
  why: `EXECUTE in a DO block runs text that only exists then. What it locks, rewrites or drops is not known to any reviewer, this one included; plain
    statements in a DO block are read like any other.`,
  fix: 'Write the statement out. Where the names differ by environment, say in a comment which statements it comes to.',
  references: ['https://www.postgresql.org/docs/current/plpgsql-statements.html#PLPGSQL-STATEMENTS-EXECUTING-DYN'],
  sources: ['strong_migrations/execute'],
  bad: [
    {
      sql: `
        do $$
        declare t text;
        begin
          for t in select tablename from pg_tables where schemaname = 'public' loop
            execute format('alter table %I add column tenant text', t);
          end loop;
        end $$;`,
      message: 'puts its SQL together while it runs',
      unproven: 'nothing of it is known',
    },
  ],
  good: [
    {
      title: 'What is put together of constants is read like any other statement.',
      given: `create table users (id bigint primary key); create table orders (id bigint primary key);`,
      sql: `
        do $$
        declare t text;
        begin
          foreach t in array array['users', 'orders'] loop
            execute format('alter table %I add column tenant text', t);
          end loop;
          execute 'comment on table ' || quote_ident('users') || ' is ''people''';
        end $$;`,
      unproven: 'others speak of the two locks',
    },
    {
      title: 'Plain statements in a DO block are read.',
      given: `create table users (id bigint primary key);`,
      sql: `
        do $$
        begin
          alter table users add column tenant text;
        exception when duplicate_column then null;
        end $$;`,
    },
  ],
  visit: {
    statement({ node, inside, place }, ctx) {
      if (inside !== null || !('DoStmt' in node)) return
      const isOpaque = ctx.sqlProblems.some(
        (problem) =>
          problem.kind === 'unsupported' &&
          problem.place.path === place.path &&
          problem.place.line >= place.line &&
          problem.place.line <= place.endLine,
      )
      if (!isOpaque) return
      return {
        anySize: true,
        message: 'This block puts its SQL together while it runs, so what it does was not reviewed.',
      }
    },
  },
} satisfies Rule
