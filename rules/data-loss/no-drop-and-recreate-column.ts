import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { nameOf, type Column, type Key } from '../../src/schema/model.ts'
import { isEmptied } from '../shared/emptied.ts'
import { isRecreated } from '../shared/replaced.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-drop-and-recreate-column',
  severity: 'error',
  summary: 'A column that is dropped and added again under the same name is empty afterwards.',
  why: `DROP COLUMN throws the values away; the new column of that name starts with its default or NULL. Generators write this where a type cannot be cast by itself,
    and Prisma says so only in a comment.`,
  fix: 'Change the type with ALTER COLUMN ... TYPE ... USING, or copy the values into a column of another name and switch over.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DATA-TYPE'],
  approvable: true,
  dialects: 'all',
  sources: [
    'prisma/DropAndRecreateColumn',
    'squawk/ban-drop-column',
    'pgfence/drop-column',
    'strong_migrations/remove_column',
    'atlas/DS103',
    'diesel-guard/DropColumnCheck',
    'pgsafe/drop-column',
    'pgls/banDropColumn',
  ],
  bad: [
    {
      given: `create table users (id bigint primary key, age text);`,
      sql: `alter table users drop column age, add column age integer;`,
      message: 'throws away the values of `users.age`',
    },
    {
      title: 'Required and without a default, no row has a value for it.',
      given: `create table users (id bigint primary key, age text not null);`,
      sql: `alter table users drop column age, add column age integer not null;`,
      message: 'fails where `users` holds rows',
    },
    {
      title: 'The type stays what it was.',
      given: `create table users (id bigint primary key, no integer not null);`,
      sql: `alter table users drop column no; alter table users add column no serial;`,
      message: 'begins with its default',
    },
  ],
  good: [
    {
      title: 'A cast keeps the values; on a table declared small it is quick.',
      given: `create table users (id bigint primary key, age text);`,
      sql: `alter table users alter column age type integer using age::integer;`,
      unproven: 'others speak of the rewrite',
    },
    {
      title: 'The column is new in the same pull request.',
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column age text; alter table users drop column age; alter table users add column age integer;`,
    },
  ],
  visit: {
    addColumn({ table, to }, ctx) {
      if (ctx.isNew(table) || !isRecreated(table, to.name, ctx)) return
      if (to.generated !== null || isEmptied(table, ctx)) return
      const name = sqlName(table, ctx)
      const column = ident(to.name)
      return {
        anySize: true,
        message:
          !to.nullable && to.default === null && to.identity === null
            ? `Adding \`${to.name}\` again fails where \`${ctx.name(table)}\` holds rows: with the drop, every row is without a value.`
            : `Dropping and adding it again throws away the values of \`${ctx.name(table)}.${to.name}\`${to.default !== null ? ': the new column begins with its default' : to.nullable ? ': the new column begins empty' : ''}.`,
        help: hasType(table, to, ctx)
          ? `The type stays what it is: leave the column, and change what differs.\n${sql(...changesOf(table, to, ctx))}`
          : `To keep them, convert the column:\n${sql(`ALTER TABLE ${name} ALTER COLUMN ${column} TYPE ${to.type ?? '…'} USING ${column}::${to.type ?? '…'};`)}\nor, where that would lock a large table for long, add ${ident(`${to.name}_new`)}, copy the values over in batches, and switch the code over.`,
      }
    },
  },
} satisfies Rule

/** True where the column that goes has the type of the one that comes. */
function hasType(table: Key, { name, type }: Column, ctx: RuleContext): boolean {
  const old = ctx.before.tables.get(table)?.columns.find((each) => each.name === name)
  return type !== null && old?.type === type
}

/** What gives a column the default and NOT NULL of another, without writing its rows. */
function changesOf(table: Key, { name, default: value, nullable }: Column, ctx: RuleContext): readonly string[] {
  const [of, column] = [sqlName(table, ctx), ident(name)]
  const sequence = ident(`${nameOf(table)}_${name}_seq`)
  const alter = `ALTER TABLE ${of} ALTER COLUMN ${column}`
  const counts = value?.startsWith('nextval(') === true
  return [
    ...(counts
      ? [
          `CREATE SEQUENCE ${sequence} OWNED BY ${of}.${column};`,
          `SELECT setval('${sequence}', (SELECT max(${column}) FROM ${of}));`,
        ]
      : []),
    value === null ? `${alter} DROP DEFAULT;` : `${alter} SET DEFAULT ${counts ? `nextval('${sequence}')` : value};`,
    ...(nullable ? [`${alter} DROP NOT NULL;`] : []),
  ]
}
