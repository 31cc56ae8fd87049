import type { Rule } from '../../src/engine/rule.ts'
import { newForeignKeys, parentOf } from '../shared/foreign-keys.ts'
import { like, texts } from '../shared/patterns.ts'

export default {
  id: 'no-foreign-key-across-schemas',
  severity: 'info',
  summary: 'A foreign key into another schema ties two parts together that are kept apart.',
  why: `Where each service or module has a schema of its own, a foreign key between two of them makes each wait for the locks of the other, decides the order of their migrations
    and keeps them in one database. \`except\` lists schemas that everybody may refer to.`,
  fix: 'Keep the id without a foreign key and check it in the application, or move the table.',
  references: ['https://www.postgresql.org/docs/current/ddl-schemas.html'],
  options: { except: [] },
  enabled: false,
  sources: [],
  bad: [
    {
      given: `create schema billing; create table users (id bigint primary key);`,
      sql: `create table billing.invoices (id bigint generated always as identity primary key, user_id bigint not null references users (id) on delete cascade); create index on billing.invoices (user_id);`,
      message: 'refers to `users`',
    },
  ],
  good: [
    {
      given: `create schema billing; create table billing.accounts (id bigint primary key);`,
      sql: `create table billing.invoices (id bigint generated always as identity primary key, account_id bigint not null references billing.accounts (id) on delete cascade); create index on billing.invoices (account_id);`,
    },
    {
      title: 'A schema that everybody may refer to.',
      options: { except: ['auth'] },
      given: `create schema auth; create table auth.users (id bigint primary key);`,
      sql: `create table invoices (id bigint generated always as identity primary key, user_id bigint not null references auth.users (id) on delete cascade); create index on invoices (user_id);`,
    },
  ],
  visit: newForeignKeys((foreignKey, table, ctx) => {
    const { schema } = foreignKey.references
    const own = ctx.after.tables.get(table)?.schema
    if (own === undefined || schema === own) return null
    if (texts(ctx.options['except']).some((pattern) => like(pattern, schema))) return null
    return {
      message: `\`${foreignKey.columns.join(', ')}\` of \`${ctx.name(table)}\` refers to \`${ctx.name(parentOf(foreignKey))}\` in the schema \`${schema}\`.`,
    }
  }),
} satisfies Rule
