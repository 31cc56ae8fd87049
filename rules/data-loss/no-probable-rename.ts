import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Change, ChangeOf } from '../../src/schema/change.ts'
import { key, nameOf, schemaOf, type Column, type Key, type Table } from '../../src/schema/model.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'

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
      title: 'A table with the same columns.',
      given: `create table person (id bigint primary key, name text, email text, phone text);`,
      sql: `create table people (id bigint primary key, name text, email text, phone text); drop table person;`,
      message: 'Is `people` the new name of `person`?',
    },
  ],
  good: [
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
  ],
  visit: {
    *pullRequest(ctx) {
      const changes = ctx.steps.flatMap((step) => (step.statement.inside === 'function' ? [] : step.changes))
      const dropped = changes
        .filter((change) => change.kind === 'dropColumn')
        .filter((change) => existedBefore(ctx, change.table, change.from.name))
      for (const drop of dropped) {
        const likely = changes
          .filter((change) => change.kind === 'addColumn')
          .filter(
            (change) =>
              change.table === drop.table && change.to.name !== drop.from.name && sameShape(drop.from, change.to),
          )
        const others = dropped.filter((other) => other.table === drop.table && other.from.type === drop.from.type)
        const [to] = likely
        if (to === undefined || likely.length > 1 || others.length > 1 || copied(ctx, drop, to.to.name)) continue
        yield renamed(drop, drop.from.name, to.to.name, ctx)
      }
      const created = changes
        .filter((change) => change.kind === 'createTable')
        .filter((change) => change.as === 'definition' && ctx.after.tables.has(change.table))
      for (const drop of changes.filter((change) => change.kind === 'dropTable')) {
        const before = ctx.before.tables.get(drop.table)
        if (before === undefined || ctx.after.tables.has(drop.table)) continue
        const likely = created.filter(
          (change) => change.table !== drop.table && change.place.path === drop.place.path && alike(before, change.to),
        )
        const [to] = likely
        if (to === undefined || likely.length > 1 || copied(ctx, drop, nameOf(to.table))) continue
        const from = ctx.name(drop.table)
        yield {
          place: drop.place,
          object: drop.table,
          anySize: true,
          message: `Is \`${ctx.name(to.table)}\` the new name of \`${from}\`? As written, its rows are lost.`,
          help: `Where it is:\n${sql(...renameTable(drop.table, to.table, ctx))}${keepName(ctx, 'table', nameOf(drop.table))}`,
        }
      }
    },
  },
} satisfies Rule

/** The statements that give a table its new name, and its new schema where that differs. */
function renameTable(from: Key, to: Key, ctx: RuleContext): readonly string[] {
  const moved = key(schemaOf(to), nameOf(from))
  return [
    ...(moved === from ? [] : [`ALTER TABLE ${sqlName(from, ctx)} SET SCHEMA ${ident(schemaOf(to))};`]),
    ...(moved === to ? [] : [`ALTER TABLE ${sqlName(moved, ctx)} RENAME TO ${ident(nameOf(to))};`]),
  ]
}

function renamed(drop: ChangeOf<'dropColumn'>, from: string, to: string, ctx: RuleContext) {
  return {
    place: drop.place,
    object: `${drop.table}.${from}`,
    anySize: true,
    message: `Is \`${to}\` the new name of \`${from}\`? As written, the values of \`${ctx.name(drop.table)}.${from}\` are lost and \`${to}\` begins empty.`,
    help: `Where it is, rename it by hand:\n${sql(`ALTER TABLE ${sqlName(drop.table, ctx)} RENAME COLUMN ${ident(from)} TO ${ident(to)};`)}${keepName(ctx, 'column', from)}`,
  }
}

function keepName(ctx: RuleContext, what: 'column' | 'table', name: string): string {
  if (ctx.project.orm === 'prisma')
    return `\nor keep the name in the database, which needs no migration: \`${what === 'column' ? '@map' : '@@map'}("${name}")\`.`
  if (ctx.project.orm === 'drizzle')
    return `\nor keep the name in the database, which needs no migration: name \`'${name}'\` in the schema and call the property what you like.`
  return ''
}

function existedBefore(ctx: RuleContext, table: string, column: string): boolean {
  return (
    ctx.before.tables.get(table)?.columns.some((each) => each.name === column) === true && ctx.after.tables.has(table)
  )
}

/** Equal type, and names that share a word or most letters: two texts of one table are seldom the same thing. */
function sameShape(from: Column, to: Column): boolean {
  return (
    from.type !== null &&
    from.type === to.type &&
    from.generated === null &&
    to.generated === null &&
    similar(from.name, to.name)
  )
}

function similar(a: string, b: string): boolean {
  const words = (name: string) =>
    name
      .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
      .toLowerCase()
      .split(/[_\W]+/)
      .filter((word) => word !== '' && word !== 'id' && word !== 'is' && word !== 'at')
  const [left, right] = [words(a), words(b)]
  if (left.join('') === right.join('')) return true
  const shared = left.filter((word) => right.includes(word)).length
  return shared > 0 && shared * 2 >= Math.max(left.length, right.length)
}

function alike(from: Table, to: Table): boolean {
  if (from.columns.length < 3) return false
  const shared = from.columns.filter((column) =>
    to.columns.some((other) => other.name === column.name && other.type === column.type),
  ).length
  return shared / Math.max(from.columns.length, to.columns.length) >= 0.7
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
