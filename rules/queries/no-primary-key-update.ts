import type { Rule } from '../../src/engine/rule.ts'
import { prismaShop } from '../shared/query-examples.ts'
import { inService, mainTable } from '../shared/query-words.ts'

export default {
  id: 'no-primary-key-update',
  severity: 'warning',
  summary: 'Code changes the primary key of a row that other tables refer to.',
  why: 'Every table that refers to the key is searched and locked, and everything outside the database that remembers the key (URLs, caches, logs) is wrong from then on.',
  fix: 'Keep the key for ever and put what changes in a column of its own.',
  references: ['https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK'],
  dialects: 'all',
  sources: [],
  bad: [
    {
      ...prismaShop,
      typescript: `export const rename = (id: string, next: string) => prisma.user.update({ where: { id }, data: { id: next } })`,
      message: '`users`',
    },
  ],
  good: [
    {
      ...prismaShop,
      typescript: `export const rename = (id: string, name: string) => prisma.user.update({ where: { id }, data: { name } })`,
    },
    {
      ...prismaShop,
      title: 'Nothing refers to it.',
      typescript: `export const rename = (id: string, next: string) => prisma.order.update({ where: { id }, data: { id: next } })`,
    },
  ],
  visit: {
    query(query, ctx) {
      const table = mainTable(query, ctx)
      if (table === null || query.operation !== 'update' || !inService(query) || query.call.endsWith('(nested)')) return
      const key = table.primaryKey?.columns.find((c) => query.writes?.includes(c) === true)
      if (key === undefined) return
      // Writing the value that the condition asks for changes nothing, be it handed through a function: `x.id` is its `input.id`.
      const written = query.values?.[key]
      if (
        written !== undefined &&
        query.predicates.some((p) => p.column === key && memberOf(p.source ?? '') === memberOf(written))
      )
        return
      const others = [...ctx.after.tables.values()].filter((t) =>
        t.foreignKeys.some((f) => f.references.table === table.name && f.references.columns.includes(key)),
      )
      if (others.length === 0) return
      return {
        object: table.key,
        message: `This changes the primary key \`${key}\` of \`${ctx.name(table.key)}\`, to which ${others.length === 1 ? `\`${ctx.name(others[0]?.key ?? '')}\` refers` : `${others.length} tables refer`}.`,
      }
    },
  },
} satisfies Rule

/** The last name of a source text: `id` of `input.id`. */
function memberOf(source: string): string {
  return /[\w$]+(?=\W*$)/.exec(source)?.[0] ?? source
}
