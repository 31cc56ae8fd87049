import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Change, ChangeOf } from '../../src/schema/change.ts'
import { nameOf, type Column } from '../../src/schema/model.ts'
import { areAlike, columnInSteps, mayBeRenamed, tableBehindView } from '../shared/renames.ts'

export default {
  id: 'no-probable-rename',
  severity: 'warning',
  summary: 'A drop and an addition that look like a rename lose the data that the rename would keep.',
  why: `Prisma and Drizzle cannot see that a field was renamed: they write DROP and ADD. The values are gone with the deploy, and the new column or table begins empty.`,
  fix: 'Where a rename is meant, keep the name in the database (@map, or the name as an argument of the column), or write the RENAME by hand.',
  references: [
    'https://www.prisma.io/docs/orm/prisma-migrate/workflows/customizing-migrations#rename-a-field',
    'https://www.postgresql.org/docs/current/sql-altertable.html',
  ],
  sources: [],
  bad: [
    {
      given: `create table users (id bigint primary key, fullname text);`,
      sql: `alter table users drop column fullname, add column full_name text;`,
      message: 'Is `full_name` the new name of `fullname`?',
      unproven: 'others speak of the drop',
    },
    {
      title: 'Another word in the same place of the model.',
      runner: 'prisma@6',
      prisma: {
        before: `model Note {\n  id    Int     @id\n  title String?\n  at    DateTime?\n}`,
        after: `model Note {\n  id       Int     @id\n  headline String?\n  at       DateTime?\n}`,
      },
      given: `CREATE TABLE "Note" ("id" INTEGER NOT NULL, "title" TEXT, "at" TIMESTAMP(3), CONSTRAINT "Note_pkey" PRIMARY KEY ("id"));`,
      sql: `ALTER TABLE "Note" DROP COLUMN "title", ADD COLUMN "headline" TEXT;`,
      message: 'Is `headline` the new name of `title`?',
      unproven: 'others speak of the drop',
    },
    {
      title: 'A table with the same columns.',
      given: `create table person (id bigint primary key, name text, email text, phone text);`,
      sql: `create table people (id bigint primary key, name text, email text, phone text); drop table person;`,
      message: 'Is `people` the new name of `person`?',
    },
  ],
  good: [
    {
      title: 'A new column that is made required has got values on the way.',
      given: `create table users (id bigint primary key, name text);`,
      sql: [
        `alter table users add column full_name text;`,
        `alter table users add constraint users_full_name check (full_name is not null) not valid;`,
        `alter table users validate constraint users_full_name;`,
        `alter table users alter column full_name set not null, drop constraint users_full_name;`,
        `alter table users drop column name;`,
      ],
      runner: 'psql',
      unproven: 'others speak of the drop itself',
    },
    {
      title: 'Another type is another column.',
      given: `create table users (id bigint primary key, fullname text);`,
      sql: `alter table users drop column fullname, add column age integer;`,
      unproven: 'others speak of the drop',
    },
    {
      title: 'The values are copied over before the drop.',
      given: `create table users (id bigint primary key, fullname text);`,
      sql: `alter table users add column full_name text; update users set full_name = fullname; alter table users drop column fullname;`,
      unproven: 'others speak of the drop',
    },
    {
      title: 'Tables of two migrations are two tables.',
      given: `create table person (id bigint primary key, name text, email text, phone text);`,
      sql: [`create table people (id bigint primary key, name text, email text, phone text);`, `drop table person;`],
      unproven: 'others speak of the drop',
    },
    { given: `create table users (id bigint primary key);`, sql: `alter table users add column full_name text;` },
    {
      title: 'A column that comes back under its own name has no other.',
      given: `create table users (id bigint primary key, no integer);`,
      sql: `alter table users drop column no; alter table users add column no serial; alter table users add column server_no integer;`,
      unproven: 'others speak of the drop',
    },
    {
      title: 'A column that is declared elsewhere in the model is another one.',
      prisma: {
        before: `model Note {\n  id    Int     @id\n  title String?\n  at    DateTime?\n}`,
        after: `model Note {\n  id      Int     @id\n  at      DateTime?\n  summary String?\n}`,
      },
      given: `CREATE TABLE "Note" ("id" INTEGER NOT NULL, "title" TEXT, "at" TIMESTAMP(3), CONSTRAINT "Note_pkey" PRIMARY KEY ("id"));`,
      sql: `ALTER TABLE "Note" DROP COLUMN "title", ADD COLUMN "summary" TEXT;`,
      unproven: 'others speak of the drop',
    },
  ],
  visit: {
    *pullRequest(ctx) {
      const changes = ctx.steps.flatMap((step) => (step.statement.inside === 'function' ? [] : step.changes))
      const dropped = changes
        .filter((change) => change.kind === 'dropColumn')
        .filter((change) => existedBefore(ctx, change.table, change.from.name))
        .filter(({ table, from }) => !ctx.after.tables.get(table)?.columns.some(({ name }) => name === from.name))
      for (const drop of dropped) {
        const likely = changes
          .filter((change) => change.kind === 'addColumn')
          .filter(
            (change) =>
              change.table === drop.table &&
              change.to.name !== drop.from.name &&
              mayBeRenamed(drop.table, drop.from, change.to, ctx),
          )
        const others = dropped.filter((other) => other.table === drop.table && other.from.type === drop.from.type)
        const [to] = likely
        if (to === undefined || likely.length > 1 || others.length > 1) continue
        if (copied(ctx, drop, to.to.name) || isRequiredLater(changes, to)) continue
        yield renamed(drop, drop.from.name, to.to, ctx)
      }
      const created = changes
        .filter((change) => change.kind === 'createTable')
        .filter((change) => change.as === 'definition' && ctx.after.tables.has(change.table))
      for (const drop of changes.filter((change) => change.kind === 'dropTable')) {
        const before = ctx.before.tables.get(drop.table)
        if (before === undefined || ctx.after.tables.has(drop.table)) continue
        const likely = created.filter(
          (change) =>
            change.table !== drop.table && change.place.path === drop.place.path && areAlike(before, change.to),
        )
        const [to] = likely
        if (to === undefined || likely.length > 1 || copied(ctx, drop, nameOf(to.table))) continue
        const from = ctx.name(drop.table)
        yield {
          place: drop.place,
          object: drop.table,
          anySize: true,
          message: `Is \`${ctx.name(to.table)}\` the new name of \`${from}\`? As written, its rows are lost.`,
          help: `Where it is, it can keep its rows. ${tableBehindView(drop.table, to.table, ctx)}`,
        }
      }
    },
  },
} satisfies Rule

function renamed(drop: ChangeOf<'dropColumn'>, from: string, column: Column, ctx: RuleContext) {
  const to = column.name
  const begins = column.default !== null ? `begins with its default` : column.nullable ? 'begins empty' : 'has none'
  return {
    place: drop.place,
    object: `${drop.table}.${from}`,
    anySize: true,
    message: `Is \`${to}\` the new name of \`${from}\`? As written, the values of \`${ctx.name(drop.table)}.${from}\` are lost and \`${to}\` ${begins}.`,
    help: `Where it is, it can keep its values. ${columnInSteps(drop.table, from, to, ctx)}`,
  }
}

/** True where a column that begins empty is made NOT NULL: something fills it, here or in between. */
function isRequiredLater(changes: readonly Change[], { table, to }: ChangeOf<'addColumn'>): boolean {
  return (
    to.default === null &&
    changes.some(
      (change) =>
        (change.kind === 'setNotNull' && change.table === table && change.to.name === to.name) ||
        (change.kind === 'addNotNull' && change.table === table && change.column === to.name && change.validated),
    )
  )
}

function existedBefore(ctx: RuleContext, table: string, column: string): boolean {
  return (
    ctx.before.tables.get(table)?.columns.some((each) => each.name === column) === true && ctx.after.tables.has(table)
  )
}

/** True where some statement before the drop mentions both names: the values are copied over. */
function copied(ctx: RuleContext, drop: Change, to: string): boolean {
  const from = drop.kind === 'dropColumn' ? drop.from.name : drop.kind === 'dropTable' ? nameOf(drop.table) : ''
  return ctx.steps.some((step) => {
    if (!/^(UpdateStmt|InsertStmt|MergeStmt|CallStmt|DoStmt)$/.test(step.statement.kind)) return false
    const words = new Set((step.statement.text.match(/"[^"]+"|[\w$]+/g) ?? []).map((word) => word.replaceAll('"', '')))
    return words.has(from) && words.has(to)
  })
}
