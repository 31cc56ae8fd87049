import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { key, nameOf, schemaOf, type Column, type Key } from '../../src/schema/model.ts'
import { newColumnSteps } from '../shared/new-column.ts'
import { isEmptied } from '../shared/emptied.ts'
import { isRecreated } from '../shared/replaced.ts'
import { addEmptyColumnSql, ident, sql, sqlName } from '../shared/sql.ts'

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
    {
      title: 'A column that others were computed into keeps its values without its expression.',
      given: `create table films (id bigint primary key, title text not null, words tsvector generated always as (to_tsvector('simple', title)) stored);`,
      sql: `alter table films drop column words; alter table films add column words tsvector;`,
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
      return {
        anySize: true,
        message:
          !to.nullable && to.default === null && to.identity === null
            ? `Adding \`${to.name}\` again fails where \`${ctx.name(table)}\` holds rows: with the drop, every row is without a value.`
            : `Dropping and adding it again throws away the values of \`${ctx.name(table)}.${to.name}\`${to.default !== null ? ': the new column begins with its default' : to.nullable ? ': the new column begins empty' : ''}.`,
        help:
          hasType(table, to, ctx) && !(wasGenerated(table, to, ctx) && ctx.postgres < 13)
            ? `The type stays what it is: leave the column, and change what differs.\n${sql(...changesOf(table, to, ctx))}`
            : converted(table, to, ctx),
      }
    },
  },
} satisfies Rule

/** The way to the other type that keeps the values; where no cast leads there, how both columns stand side by side until the code has moved. */
function converted(table: Key, to: Column, ctx: RuleContext): string {
  const old = ctx.before.tables.get(table)?.columns.find(({ name }) => name === to.name)?.type ?? null
  const [name, column, fresh] = [sqlName(table, ctx), ident(to.name), ident(`${to.name}_new`)]
  const value = to.type === null ? null : castOf(column, old, to.type)
  if (to.type === null || value === null)
    return `No cast keeps the values. Add the new column beside the old one, and drop that once no code reads it:\n${sql(
      addEmptyColumnSql(table, { ...to, name: `${to.name}_new` }, ctx),
      `-- deploy code that writes both, then code that reads ${fresh} only, then, in a later pull request:`,
      `ALTER TABLE ${name} DROP COLUMN ${column};`,
    )}`
  return `To keep them, take it in steps that lock nothing for long:\n${newColumnSteps([{ table, column: to.name, type: to.type, value }], ctx)}\nOn a table that is small, in one statement:\n${sql(`ALTER TABLE ${name} ALTER COLUMN ${column} TYPE ${to.type} USING ${value};`)}`
}

/** Types between which Postgres has casts; each has one to and from text. https://www.postgresql.org/docs/current/catalog-pg-cast.html */
const families: readonly (readonly string[])[] = [
  ['smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision'],
  ['integer', 'boolean'],
  ['date', 'timestamp without time zone', 'timestamp with time zone'],
  ['json', 'jsonb'],
  ['inet', 'cidr'],
]

/** The values of a column as another type, as SQL; null where no cast leads there. */
function castOf(column: string, from: string | null, to: string): string | null {
  const base = (type: string) => type.replace(/\(\d+(?:,\d+)?\)/, '').replace('[]', '')
  const isText = (type: string) => /^(?:text|character varying|character|bpchar|citext)$/.test(base(type))
  if (from === null) return null
  if (to.endsWith('[]') && !from.endsWith('[]')) return base(from) === base(to) ? `ARRAY[${column}]` : null
  if (from.endsWith('[]') && !to.endsWith('[]')) return null
  const leads = isText(from) || isText(to) || families.some((of) => of.includes(base(from)) && of.includes(base(to)))
  return leads ? `${column}::${to}` : null
}

/** True where the column that goes has the type of the one that comes. */
function hasType(table: Key, { name, type }: Column, ctx: RuleContext): boolean {
  const old = ctx.before.tables.get(table)?.columns.find((each) => each.name === name)
  return type !== null && old?.type === type
}

/** True where the column that goes is computed from others; it keeps its values without its expression, from PostgreSQL 13 on. */
function wasGenerated(table: Key, { name }: Column, ctx: RuleContext): boolean {
  return ctx.before.tables.get(table)?.columns.find((each) => each.name === name)?.generated?.stored === true
}

/** What gives a column the default and NOT NULL of another, without writing its rows. */
function changesOf(table: Key, to: Column, ctx: RuleContext): readonly string[] {
  const { name, default: value, nullable } = to
  const [of, column] = [sqlName(table, ctx), ident(name)]
  const sequence = sqlName(key(schemaOf(table), `${nameOf(table)}_${name}_seq`), ctx)
  const alter = `ALTER TABLE ${of} ALTER COLUMN ${column}`
  const counts = value?.startsWith('nextval(') === true
  return [
    ...(counts
      ? [
          `CREATE SEQUENCE ${sequence} OWNED BY ${of}.${column};`,
          `SELECT setval('${sequence}', (SELECT max(${column}) FROM ${of}));`,
        ]
      : []),
    ...(wasGenerated(table, to, ctx) ? [`${alter} DROP EXPRESSION;`] : []),
    ...(value !== null
      ? [`${alter} SET DEFAULT ${counts ? `nextval('${sequence}')` : value};`]
      : wasGenerated(table, to, ctx)
        ? []
        : [`${alter} DROP DEFAULT;`]),
    ...(nullable ? [`${alter} DROP NOT NULL;`] : []),
  ]
}
