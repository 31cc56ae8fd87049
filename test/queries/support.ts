import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import type { Config } from '../../src/config.ts'
import type { Project } from '../../src/project/project.ts'
import type { Query } from '../../src/queries/query.ts'
import type { QueriesRead } from '../../src/queries/read.ts'
import { readQueries } from '../../src/queries/read.ts'
import { emptySchema, emptyTable } from '../../src/schema/model.ts'
import type { Column, Index, Schema, Table } from '../../src/schema/model.ts'

/** One table in short: columns with their types, `!` behind one that is not null, and the columns of its keys. */
export interface TableSpec {
  readonly columns: Readonly<Record<string, string>>
  readonly key?: readonly string[]
  readonly uniques?: readonly (readonly string[])[]
  readonly indexes?: readonly (
    | readonly string[]
    | {
        readonly columns: readonly string[]
        readonly where?: string
        readonly method?: string
        readonly unique?: boolean
      }
  )[]
  readonly foreignKeys?: Readonly<Record<string, string>>
}

/** A schema from tables in short. */
export function schemaOf(tables: Readonly<Record<string, TableSpec>>): Schema {
  const made = new Map<string, Table>()
  for (const [name, spec] of Object.entries(tables)) {
    const columns: Column[] = Object.entries(spec.columns).map(([column, type]) => ({
      name: column,
      type: type.replace('!', ''),
      nullable: !type.endsWith('!'),
      default: null,
      generated: null,
      identity: null,
      declared: [],
    }))
    const indexes: Index[] = (spec.indexes ?? []).map((given) => {
      const one = 'columns' in given ? given : { columns: given }
      return {
        name: `${name}_${one.columns.join('_').replace(/\W/g, '_')}_idx`,
        include: [],
        unique: one.unique ?? false,
        nullsNotDistinct: false,
        method: one.method ?? 'btree',
        where: one.where ?? null,
        valid: true,
        declared: [],
        keys: one.columns.map((c) => ({
          column: /\W/.test(c) ? null : c,
          expression: /\W/.test(c) ? c : null,
          descending: false,
          nullsFirst: false,
          opclass: null,
          collation: null,
        })),
      }
    })
    made.set(`public.${name}`, {
      ...emptyTable('public', name),
      columns,
      indexes,
      primaryKey:
        spec.key === undefined
          ? null
          : { name: `${name}_pkey`, columns: spec.key, include: [], deferrable: false, declared: [] },
      uniques: (spec.uniques ?? []).map((u) => ({
        name: `${name}_${u.join('_')}_key`,
        columns: u,
        include: [],
        nullsNotDistinct: false,
        deferrable: false,
        declared: [],
      })),
      foreignKeys: Object.entries(spec.foreignKeys ?? {}).map(([column, target]) => ({
        name: `${name}_${column}_fkey`,
        columns: [column],
        references: { schema: 'public', table: target, columns: ['id'] },
        onDelete: 'NO ACTION',
        onUpdate: 'NO ACTION',
        match: 'simple',
        validated: true,
        enforced: true,
        deferrable: false,
        declared: [],
      })),
    })
  }
  return { ...emptySchema(), tables: made }
}

/** A project of one ORM at the root. */
export function projectOf(orm: 'prisma' | 'drizzle' | null, schemaFiles: readonly string[] = []): Project {
  return {
    root: '',
    name: '.',
    orm,
    dialect: 'postgresql',
    runner: { name: orm ?? 'psql', version: null },
    schemaFiles,
    migrations: null,
    evidence: '',
    settings: {},
  }
}

/** Reads the queries of files that a pull request adds to those of `base`. */
export async function read(
  orm: 'prisma' | 'drizzle' | null,
  schema: Schema,
  head: Readonly<Record<string, string>>,
  base: Readonly<Record<string, string>> = {},
): Promise<QueriesRead> {
  const changeSet = await changeSetOf(memoryTree(base), memoryTree({ ...base, ...head }))
  const files = Object.keys({ ...base, ...head }).filter((p) =>
    orm === 'prisma' ? p.endsWith('.prisma') : p.endsWith('schema.ts'),
  )
  return readQueries({
    changeSet,
    projects: [{ project: projectOf(orm, files), declared: schema, after: schema }],
    config: {} as Config,
  })
}

/** The Prisma schema that the tests of this folder query. */
export const prismaSchema = `
generator client {
  provider = "prisma-client"
  output   = "../src/generated/client"
}
datasource db {
  provider = "postgresql"
}
enum Role {
  ADMIN
  MEMBER
}
model User {
  id        String   @id
  email     String   @unique
  fullName  String   @map("full_name")
  role      Role     @default(MEMBER)
  orgId     String   @map("org_id")
  org       Org      @relation(fields: [orgId], references: [id])
  posts     Post[]
  deletedAt DateTime? @map("deleted_at")
  @@index([orgId])
  @@map("users")
}
model Org {
  id    String @id
  name  String
  users User[]
  @@map("orgs")
}
model Post {
  id        String @id
  authorId  String @map("author_id")
  title     String
  tags      String[]
  meta      Json?
  author    User   @relation(fields: [authorId], references: [id])
  createdAt DateTime @default(now()) @map("created_at")
  @@unique([authorId, title])
  @@map("posts")
}
`

export const tables = schemaOf({
  users: {
    columns: {
      id: 'text!',
      email: 'text!',
      full_name: 'text!',
      role: 'role!',
      org_id: 'text!',
      deleted_at: 'timestamp(3) without time zone',
    },
    key: ['id'],
    uniques: [['email']],
    indexes: [['org_id']],
    foreignKeys: { org_id: 'orgs' },
  },
  orgs: { columns: { id: 'text!', name: 'text!' }, key: ['id'] },
  posts: {
    columns: {
      id: 'text!',
      author_id: 'text!',
      title: 'text!',
      tags: 'text[]',
      meta: 'jsonb',
      created_at: 'timestamp(3) without time zone!',
    },
    key: ['id'],
    uniques: [['author_id', 'title']],
    foreignKeys: { author_id: 'users' },
  },
})

export const drizzleSchema = `
import { pgTable, text, timestamp, boolean } from 'drizzle-orm/pg-core'
import { relations } from 'drizzle-orm'
export const users = pgTable('users', { id: text('id').primaryKey(), email: text('email').notNull(), fullName: text('full_name').notNull(), role: text('role'), orgId: text('org_id').notNull(), deletedAt: timestamp('deleted_at') })
export const orgs = pgTable('orgs', { id: text('id').primaryKey(), name: text('name').notNull() })
export const posts = pgTable('posts', { id: text('id').primaryKey(), authorId: text('author_id').notNull(), title: text('title').notNull(), createdAt: timestamp('created_at').notNull() })
export const usersRelations = relations(users, ({ one, many }) => ({ org: one(orgs, { fields: [users.orgId], references: [orgs.id] }), posts: many(posts) }))
export const postsRelations = relations(posts, ({ one }) => ({ author: one(users, { fields: [posts.authorId], references: [users.id] }) }))
`

/** The conditions of a query in short: `0:users.email =`, with the expression around the column and the pattern that is searched for. */
export const predicates = (q: Query): string[] =>
  q.predicates.map(({ branch, table, column, operator, expression, pattern }) =>
    [`${branch}:${table.slice(7)}.${column ?? '?'}`, operator, ...[expression ?? [], pattern ?? []].flat()].join(' '),
  )
