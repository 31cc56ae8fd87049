import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Predicate, Query } from '../../src/queries/query.ts'
import { pathsOf } from '../../src/schema/index-use.ts'
import type { Table } from '../../src/schema/model.ts'
import { builtBy, concurrently } from '../shared/concurrently.ts'
import { indexSpelling } from '../shared/declare.ts'
import { snake, withSuffix } from '../shared/names.ts'
import { prismaShop } from '../shared/query-examples.ts'
import { byClient, identity, inService, listed, mainTable } from '../shared/query-words.ts'
import { ident, idents, sql, sqlName } from '../shared/sql.ts'
import { isFlag } from '../shared/wanted-index.ts'

const segments = `model Segment {\n  id String @id\n  title String\n  workspaceId String @map("workspace_id")\n  @@unique([workspaceId, title])\n  @@map("segments")\n}`

export default {
  id: 'no-find-then-create',
  severity: 'warning',
  summary:
    'Code looks whether a row exists and then creates it, with nothing that keeps two requests from doing so at once.',
  why: 'Two requests at the same time both find nothing and both insert. Without a unique constraint on the columns there are two rows from then on.',
  fix: 'Create a unique constraint on the columns, and insert with `upsert` or `ON CONFLICT`.',
  references: [
    'https://www.prisma.io/docs/orm/reference/prisma-client-reference#upsert',
    'https://www.postgresql.org/docs/current/sql-insert.html#SQL-ON-CONFLICT',
  ],
  dialects: 'all',
  sources: [],
  bad: [
    {
      ...prismaShop,
      message: '`user_id` and `number`',
      typescript: `export async function place(userId: string, number: number, id: string) {\n    const existing = await prisma.order.findFirst({ where: { userId, number } })\n    if (!existing) {\n      await prisma.order.create({ data: { id, userId, number, status: 'new' } })\n    }\n  }`,
    },
    {
      ...prismaShop,
      title: 'Leaving early is the same.',
      typescript: `export async function place(userId: string, number: number, id: string) {\n    const existing = await prisma.order.findFirst({ where: { userId, number } })\n    if (existing) throw new Error('there is one')\n    return prisma.order.create({ data: { id, userId, number, status: 'new' } })\n  }`,
    },
  ],
  good: [
    {
      ...prismaShop,
      title: 'The email is unique.',
      typescript: `export async function join(email: string, id: string) {\n    const existing = await prisma.user.findFirst({ where: { email } })\n    if (!existing) await prisma.user.create({ data: { id, email } })\n  }`,
    },
    {
      title: 'The insert fills in the rest of a unique key.',
      given: `create table segments (id text primary key, title text not null, workspace_id text not null, unique (workspace_id, title));`,
      prisma: { before: segments, after: segments },
      typescript: `export async function keep(title: string, id: string, workspaceId: string) {\n    const existing = await prisma.segment.findFirst({ where: { title } })\n    if (!existing) await prisma.segment.create({ data: { id, title, workspaceId } })\n  }`,
    },
    {
      ...prismaShop,
      title: 'A state is no identity: a user has more than one order in it, sooner or later.',
      typescript: `export async function draft(userId: string, id: string) {\n    const existing = await prisma.order.findFirst({ where: { userId, status: 'draft' } })\n    if (!existing) await prisma.order.create({ data: { id, userId, status: 'draft', number: 0 } })\n  }`,
    },
    {
      ...prismaShop,
      title: 'The rows of one user: nothing says that there is to be one only.',
      typescript: `export async function begin(userId: string, id: string) {\n    const existing = await prisma.order.findFirst({ where: { userId } })\n    if (!existing) await prisma.order.create({ data: { id, userId, status: 'new', number: 0 } })\n  }`,
    },
    {
      ...prismaShop,
      title: 'Another value is written.',
      typescript: `export async function next(userId: string, id: string) {\n    const last = await prisma.order.findFirst({ where: { userId, number: 1 } })\n    await prisma.order.create({ data: { id, userId, number: last.number + 1, status: 'new' } })\n  }`,
    },
  ],
  visit: {
    query(query, ctx) {
      const table = mainTable(query, ctx)
      if (
        table === null ||
        query.operation !== 'insert' ||
        !(['create', 'insert'].includes(query.call) || insertsOne(query)) ||
        !inService(query) ||
        query.values === undefined ||
        query.context.function === null ||
        holdsApart.test(ctx.text(query.place.path)?.text ?? '')
      )
        return
      const values = query.values
      const before = ctx.queries.filter(
        (other) =>
          other.place.path === query.place.path &&
          other.context.function === query.context.function &&
          other.place.line < query.place.line &&
          query.place.line - other.place.line < 60,
      )
      for (const find of before) {
        if (
          find.tables[0]?.table !== table.key ||
          !(
            ['findFirst', 'findUnique', 'query.findFirst', 'select'].includes(find.call) ||
            find.call.endsWith(' SELECT')
          ) ||
          find.dynamic ||
          find.variable == null ||
          find.ordering.length > 0
        )
          continue
        const keys = find.predicates.filter((p) => p.operator === '=' && p.expression === null && p.column !== null)
        if (keys.length === 0 || find.predicates.some((p) => p.branch !== 0 || p.joining === true)) continue
        // What else tells the row apart is no column, so that no constraint on columns holds them apart.
        if (find.predicates.some((p) => p.expression !== null || p.operator === 'json' || p.operator === 'unknown'))
          continue
        const columns = keys.map((p) => p.column ?? '')
        if (!isIdentity(keys, table, ctx)) continue
        if (!keys.every((p) => p.source !== undefined && values[p.column ?? ''] === p.source)) continue
        const written = new Set([...columns, ...Object.keys(values), ...(query.writes ?? [])])
        // What the look-up leaves out of a key, two requests for the same thing fill in alike.
        const isUnique = pathsOf(table).some(
          (p) =>
            p.unique &&
            p.where === null &&
            p.keys.some((k) => k.column !== null && columns.includes(k.column)) &&
            p.keys.every((k) => k.column !== null && written.has(k.column)),
        )
        if (isUnique || !guards(query, find)) continue
        if (
          pathsOf(table).some(
            (p) => p.unique && p.where !== null && p.keys.some((k) => k.column !== null && columns.includes(k.column)),
          )
        )
          continue
        return {
          object: table.key,
          help: `${uniqueOn(table, columns, ctx)}nsert with ${insertOnce(query, ctx)}.`,
          message: `Two requests at once both find no row of \`${ctx.name(table.key)}\` with this ${listed(columns)} (line ${find.place.line}) and both create one: no unique constraint holds them apart.`,
        }
      }
    },
  },
} satisfies Rule

/** What lets one request in at a time. */
const holdsApart = /\bSerializable\b|\bSERIALIZABLE\b|advisory|LOCK TABLE|mutex|withLock|acquireLock|redlock/i

/** True for an INSERT of one row that says nothing of a conflict. */
function insertsOne({ call, statement }: Query): boolean {
  if (!call.endsWith(' INSERT') || statement === undefined || !('InsertStmt' in statement.node)) return false
  return statement.node.InsertStmt.onConflictClause === undefined
}

/** What makes the columns unique: with SQL for Postgres, in the words of the ORM; up to the `I` of the insert. */
function uniqueOn(table: Table, columns: readonly string[], ctx: RuleContext): string {
  const shape = {
    name: uniqueName(table, columns, ctx),
    unique: true,
    keys: columns.map((column) => ({ column, expression: null })),
  }
  if (ctx.dialect !== 'postgresql') return `Create a unique constraint on ${listed(columns)}, and i`
  const [of, on] = [sqlName(table.key, ctx), idents(columns)]
  const twice = `SELECT ${on}, count(*) FROM ${of} GROUP BY ${on} HAVING count(*) > 1 LIMIT 20;`
  const build = `CREATE UNIQUE INDEX ${concurrently(table.key, ctx)}${ident(shape.name)} ON ${of} (${on});`
  return `Look for rows that are there twice:\n${sql(twice)}\n${builtBy(table.key, [build], ctx, `Make ${listed(columns)} unique`)}${indexSpelling(table.key, shape, ctx)}\nThen i`
}

/** As Prisma would call it, so that it finds the index there. */
function uniqueName(table: Table, columns: readonly string[], { project }: RuleContext): string {
  return withSuffix(`${table.name}_${columns.join('_')}`, project.orm === 'drizzle' ? '_unique' : '_key')
}

/** How the client inserts a row that may be there, in its words for the database at hand. */
function insertOnce(query: Query, { dialect }: RuleContext): string {
  const isMySql = dialect === 'mysql'
  return byClient(query, {
    prisma: '`upsert`',
    drizzle: isMySql ? '`.ignore()`, or `.onDuplicateKeyUpdate(…)`' : '`.onConflictDoNothing()`',
    sql: isMySql
      ? '`INSERT IGNORE`, or `ON DUPLICATE KEY UPDATE`'
      : dialect === 'sqlserver'
        ? '`MERGE`'
        : '`ON CONFLICT DO NOTHING`',
  })
}

/**
 * True for columns that tell a row from all others: what people know it by, or the two things that it ties together. A state or the owner
 * alone tell nothing: there are more rows of them, today or later.
 */
function isIdentity(keys: readonly Predicate[], table: Table, ctx: Pick<RuleContext, 'after'>): boolean {
  const names = keys.map((p) => p.column ?? '')
  if (
    keys.some((p) => p.value !== undefined || isFlag(table, p.column ?? '', ctx) || state.test(snake(p.column ?? '')))
  )
    return false
  const owners = names.filter((name) => table.foreignKeys.some((key) => key.columns.includes(name)))
  return owners.length > 1 || names.some((name) => !owners.includes(name) && identity.test(snake(name)))
}

const state = /(?:^|_)(?:status|state|stage|phase|active|enabled|default)$|^(?:is|has)_/

/** The result of the look-up decides about the insert: around it, or by leaving before it. */
function guards(insert: Query, find: Query): boolean {
  const branches = (insert.branches ?? []).flatMap(partsOf)
  const left = (insert.left ?? []).flatMap(partsOf)
  const name = (find.variable ?? '').replaceAll('$', String.raw`\$`)
  return branches.some((test) => asks(test, name) === 'none') || left.some((test) => asks(test, name) === 'found')
}

/** The parts of a condition: `a && (b || c)` has three. */
function partsOf(test: string): readonly string[] {
  return test.split(/&&|\|\|/).map((part) => {
    let at = part.trim()
    // What is left of the parentheses around several parts.
    while (at.startsWith('(') && at.split('(').length > at.split(')').length) at = at.slice(1).trim()
    while (at.endsWith(')') && at.split(')').length > at.split('(').length) at = at.slice(0, -1).trim()
    return at
  })
}

/** What a condition asks of what a name holds: that there is none, that there is one, or nothing that can be told. */
function asks(test: string, name: string): 'none' | 'found' | null {
  const negated = /^!\s*\(([^]*)\)$/.exec(test)?.[1] ?? /^!\s*([^=(]+)$/.exec(test)?.[1]
  if (negated !== undefined) {
    const inner = asks(negated.trim(), name)
    return inner === null ? null : inner === 'none' ? 'found' : 'none'
  }
  const rest = new RegExp(String.raw`^${name}(?:\.rows)?(?:\[0\])?(?:\?\.\w+)?(?![\w$])\s*([^]*)$`)
    .exec(test)?.[1]
    ?.trim()
  if (rest === undefined) return null
  if (/^(?:\??\.(?:length|rowCount))?$/.test(rest)) return 'found'
  if (/^(?:===?\s*(?:null|undefined)|\??\.(?:length|rowCount)\s*(?:===?\s*0|<\s*1|<=\s*0))$/.test(rest)) return 'none'
  return /^(?:!==?\s*(?:null|undefined)|\??\.(?:length|rowCount)\s*(?:!==?\s*0|>\s*0|>=\s*1))$/.test(rest)
    ? 'found'
    : null
}
