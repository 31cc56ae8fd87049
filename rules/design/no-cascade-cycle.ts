import type { Rule } from '../../src/engine/rule.ts'
import type { Key, Schema } from '../../src/schema/model.ts'
import { foreignKeyPlace, foreignKeysIn, parentOf } from '../shared/foreign-keys.ts'
import { declare } from '../shared/declare.ts'

export default {
  id: 'no-cascade-cycle',
  severity: 'warning',
  summary: 'A cycle of ON DELETE CASCADE lets one delete run through all tables of the cycle and back.',
  why: `Deleting a row deletes what refers to it, which deletes what refers to that, until the first table is reached again: rows that nobody
    thought of go with it, and locks are taken in an order that differs with the row that began.`,
  fix: 'Use SET NULL or RESTRICT for one of the foreign keys, the one that only points at a preferred row.',
  references: ['https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK'],
  sources: [],
  bad: [
    {
      given: `create table teams (id bigint primary key, owner_id bigint); create index on teams (owner_id);`,
      sql: `
        create table users (id bigint generated always as identity primary key, team_id bigint references teams (id) on delete cascade);
        create index on users (team_id);
        set lock_timeout = '5s';
        alter table teams add constraint teams_owner foreign key (owner_id) references users (id) on delete cascade not valid;`,
      message: '`teams` → `users` → `teams`',
    },
    {
      prisma: {
        before: `
          model users {
            id      BigInt @id
            team_id BigInt
          }`,
        after: `
          model users {
            id      BigInt  @id
            team_id BigInt
            team    teams   @relation("members", fields: [team_id], references: [id], onDelete: Cascade)
            owns    teams[] @relation("owner")

            @@index([team_id])
          }

          model teams {
            id       BigInt  @id
            owner_id BigInt
            owner    users   @relation("owner", fields: [owner_id], references: [id], onDelete: Cascade)
            members  users[] @relation("members")

            @@index([owner_id])
          }`,
      },
    },
    {
      drizzle: {
        before: `
          import { bigint, index, pgTable, type AnyPgColumn } from 'drizzle-orm/pg-core'
          export const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey() })`,
        after: `
          import { bigint, index, pgTable, type AnyPgColumn } from 'drizzle-orm/pg-core'
          export const users = pgTable('users', {
            id: bigint('id', { mode: 'number' }).primaryKey(),
            teamId: bigint('team_id', { mode: 'number' }).references((): AnyPgColumn => teams.id, { onDelete: 'cascade' }),
          }, (table) => [index('users_team_id_idx').on(table.teamId)])
          export const teams = pgTable('teams', {
            id: bigint('id', { mode: 'number' }).primaryKey(),
            ownerId: bigint('owner_id', { mode: 'number' }).notNull().references(() => users.id, { onDelete: 'cascade' }),
          }, (table) => [index('teams_owner_id_idx').on(table.ownerId)])`,
      },
    },
  ],
  good: [
    {
      given: `create table teams (id bigint primary key, owner_id bigint); create index on teams (owner_id);`,
      sql: `
        create table users (id bigint generated always as identity primary key, team_id bigint references teams (id) on delete cascade);
        create index on users (team_id);
        set lock_timeout = '5s';
        alter table teams add constraint teams_owner foreign key (owner_id) references users (id) on delete set null not valid;`,
    },
    {
      title: 'A tree in one table.',
      sql: `create table folders (id bigint generated always as identity primary key, parent_id bigint references folders (id) on delete cascade); create index on folders (parent_id);`,
    },
  ],
  visit: {
    *schema(changes, ctx) {
      const said = new Set<string>()
      for (const { table, foreignKey } of foreignKeysIn(changes)) {
        const now = ctx.after.tables.get(table)?.foreignKeys.find((f) => f.name === foreignKey.name)
        const parent = parentOf(foreignKey)
        if (now?.onDelete !== 'CASCADE' || parent === table) continue
        const way = wayBack(table, parent, ctx.after)
        if (!way) continue
        const cycle = [...new Set(way)].sort().join(' ')
        if (said.has(cycle)) continue
        said.add(cycle)
        const place = foreignKeyPlace(foreignKey, table, ctx)
        const optional =
          ctx.after.tables
            .get(table)
            ?.columns.filter((c) => foreignKey.columns.includes(c.name))
            .every((c) => c.nullable) === true
        const { words, offer } = declare(
          { kind: 'setOnDelete', table, columns: foreignKey.columns, action: optional ? 'SET NULL' : 'RESTRICT' },
          ctx,
        )
        yield {
          ...(place ? { place } : {}),
          ...offer,
          object: `${table}.${foreignKey.name}`,
          message: `Deletes cascade in a cycle: ${[parent, ...way].map((name) => `\`${ctx.name(name)}\``).join(' → ')}.`,
          help: `Use \`ON DELETE SET NULL\` or \`RESTRICT\` for one of them, for example \`${foreignKey.name}\`. ${words}`.trim(),
        }
      }
    },
  },
} satisfies Rule

/** The tables that deletes reach one after the other from `table` to `parent`, both included; null where they do not. */
function wayBack(table: Key, parent: Key, schema: Schema): readonly Key[] | null {
  const children = new Map<Key, Key[]>()
  for (const child of schema.tables.values()) {
    for (const foreignKey of child.foreignKeys) {
      if (foreignKey.onDelete === 'CASCADE' && foreignKey.clientOnly !== true)
        children.set(parentOf(foreignKey), [...(children.get(parentOf(foreignKey)) ?? []), child.key])
    }
  }
  const cameFrom = new Map<Key, Key | null>([[table, null]])
  const open = [table]
  for (let at = open.shift(); at !== undefined; at = open.shift()) {
    if (at === parent) {
      const way: Key[] = []
      for (let back: Key | null = at; back !== null; back = cameFrom.get(back) ?? null) way.unshift(back)
      return way
    }
    for (const child of children.get(at) ?? []) {
      if (cameFrom.has(child)) continue
      cameFrom.set(child, at)
      open.push(child)
    }
  }
  return null
}
