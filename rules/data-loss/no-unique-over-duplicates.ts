import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { wasUnique } from '../shared/replaced.ts'
import { changedRows } from '../shared/slow.ts'
import { idents, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-unique-over-duplicates',
  severity: 'info',
  summary: 'A unique index over columns that exist already fails where two rows are equal.',
  why: `The build reads the whole table and stops at the first duplicate. Built CONCURRENTLY, it leaves an invalid index behind that refuses new duplicates
    but serves no query.`,
  fix: 'Look for duplicates before the deploy, and decide which of the rows stay.',
  references: ['https://www.postgresql.org/docs/current/indexes-unique.html'],
  sources: ['atlas/MF101', 'atlas/MF102', 'prisma/UniqueConstraintAddition'],
  bad: [
    {
      given: `create table users (id bigint primary key, email text);`,
      sql: `create unique index concurrently users_email on users (email);`,
      runner: 'psql',
      message: 'fails where two rows of `users`',
    },
    {
      given: `create table users (id bigint primary key, email text);`,
      sql: `alter table users add constraint users_email unique (email);`,
    },
  ],
  good: [
    {
      title: 'A new column holds no duplicates: it is empty.',
      given: `create table users (id bigint primary key);`,
      sql: [
        `alter table users add column email text;`,
        `create unique index concurrently users_email on users (email);`,
      ],
      runner: 'psql',
    },
    {
      title: 'A column that is added with its constraint is empty as well.',
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column email text unique;`,
      unproven: 'others speak of the index',
    },
    {
      title: 'A new column that gets a number or identifier of its own in every row.',
      given: `create table users (id bigint primary key);`,
      sql: [
        `alter table users add column number serial, add column token text default gen_random_uuid();`,
        `create unique index concurrently users_number on users (number);`,
        `create unique index concurrently users_token on users (token);`,
      ],
      runner: 'psql',
      unproven: 'others speak of the rewrite',
    },
    {
      title: 'The primary key tells the rows apart already.',
      given: `create table users (id bigint primary key, email text);`,
      sql: `create unique index concurrently users_id_email on users (id, email);`,
      runner: 'psql',
    },
    {
      title: 'What was unique under another name is unique still.',
      given: `create table users (id bigint primary key, email text constraint users_email_unique unique);`,
      sql: `alter table users drop constraint users_email_unique; alter table users add constraint users_email_key unique (email);`,
      unproven: 'others speak of the index',
    },
    {
      title: 'The duplicates are removed first.',
      given: `create table users (id bigint primary key, email text);`,
      sql: [
        `delete from users a using users b where a.email = b.email and a.id > b.id;`,
        `create unique index concurrently users_email on users (email);`,
      ],
      runner: 'psql',
      unproven: 'others speak of the DELETE',
    },
    { sql: `create table users (id bigint generated always as identity primary key, email text not null unique);` },
  ],
  visit: {
    addIndex({ table, index }, ctx) {
      if (!index.unique || index.keys.some((each) => each.column === null)) return
      return problem(
        table,
        index.keys.map((each) => each.column ?? ''),
        index.where,
        index.nullsNotDistinct === true,
        ctx,
      )
    },
    addUnique({ table, to, usingIndex }, ctx) {
      if (usingIndex !== null) return
      return problem(table, to.columns, null, to.nullsNotDistinct, ctx)
    },
  },
} satisfies Rule

/** A default that is another value in every row. */
const ownValue =
  /^\(?(?:nextval|gen_random_uuid|uuid_generate_v[14]|uuidv[47])\([^()]*\)\)?(?:::text|::character varying)?$/

function problem(table: string, columns: readonly string[], where: string | null, nulls: boolean, ctx: RuleContext) {
  if (ctx.isNew(table) || cleaned(table, ctx) || (!nulls && wasUnique(table, columns, ctx))) return
  const known = ctx.step?.before.tables.get(table)
  if (known?.partition.by) return
  const addedHere = (column: string) =>
    ctx.step?.changes.some(
      (change) => change.kind === 'addColumn' && change.table === table && change.to.name === column,
    )
  const added = columns.filter((column) => ctx.isNewColumn(table, column) || addedHere(column))
  const declared = ctx.step?.after.tables.get(table)?.columns ?? []
  const made = added.map((column) => declared.find((each) => each.name === column))
  if (!nulls && made.some((column) => column?.default === null && column.identity === null)) return
  if (made.some((column) => column && (column.identity !== null || ownValue.test(column.default ?? '')))) return
  const told = [known?.primaryKey?.columns, ...(known?.uniques ?? []).map((unique) => unique.columns)].some(
    (each) => each !== undefined && each.every((column) => columns.includes(column)),
  )
  if (told) return
  const isSaid = (column: string) =>
    where !== null && !/\bOR\b/i.test(where) && where.includes(`(${idents([column])} IS NOT NULL)`)
  const conditions = [
    ...(where === null ? [] : [where]),
    ...(nulls
      ? []
      : columns
          .filter(
            (column) => known?.columns.find((each) => each.name === column)?.nullable !== false && !isSaid(column),
          )
          .map((column) => `${idents([column])} IS NOT NULL`)),
  ]
  return {
    anySize: true,
    message: `This fails where two rows of \`${ctx.name(table)}\` have the same \`${columns.join('`, `')}\`.`,
    help: `Look before the deploy:\n${sql(`SELECT ${idents(columns)}, count(*) FROM ${sqlName(table, ctx)}${conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : ''} GROUP BY ${idents(columns)} HAVING count(*) > 1 LIMIT 20;`)}`,
  }
}

/** True where the pull request changes or deletes rows of the table before: it has thought of duplicates. */
function cleaned(table: string, ctx: RuleContext): boolean {
  return ctx.steps.slice(0, ctx.step === null ? 0 : ctx.steps.indexOf(ctx.step)).some((step) => {
    const changed = changedRows(step.statement.node, step.before)
    return changed !== null && changed.verb !== 'INSERT' && changed.table === table
  })
}
