import type { Rule } from '../../src/engine/rule.ts'
import { directAddress } from '../../src/queries/clients.ts'
import { bareProject } from '../shared/client-examples.ts'
import { at } from '../shared/query-words.ts'

const client = `import { PrismaClient } from '@prisma/client'\n  const store = globalThis as unknown as { prisma?: PrismaClient }\n  export const prisma = store.prisma ?? new PrismaClient()`

export default {
  id: 'require-serverless-pooler',
  severity: 'warning',
  summary: 'Serverless functions connect to the database directly, each instance with a pool of its own.',
  why: 'Every instance that the platform starts opens its own connections. A burst of requests starts hundreds of instances, and Postgres refuses the next connection.',
  fix: 'Connect through a pooler (PgBouncer, the pooled address of Neon or Supabase, Accelerate), or set `connection_limit=1` and a small pool.',
  references: [
    'https://www.prisma.io/docs/orm/prisma-client/setup-and-configuration/databases-connections#serverless-environments-faas',
  ],
  sources: [],
  checklist: 'connection-pooling',
  bad: [
    {
      ...bareProject,
      files: {
        'vercel.json': '{}',
        '.env.example': 'DATABASE_URL="postgresql://u:p@db.example.com:5432/app"\n',
        'src/db.ts': client,
      },
      message: '`.env.example:1`',
    },
  ],
  good: [
    {
      ...bareProject,
      files: {
        'vercel.json': '{}',
        '.env.example': 'DATABASE_URL="postgresql://u:p@ep-x-pooler.eu.neon.tech/app"\n',
        'src/db.ts': client,
      },
    },
    {
      ...bareProject,
      title: 'The address of the tests.',
      files: {
        'vercel.json': '{}',
        '.env.example': 'TEST_DATABASE_URL="postgresql://u:p@db.example.com:5432/app"\n',
        'src/db.ts': client,
      },
    },
    {
      ...bareProject,
      title: 'An adapter over a small pool.',
      files: {
        'vercel.json': '{}',
        '.env.example': 'DATABASE_URL="postgresql://u:p@db.example.com:5432/app"\n',
        'src/db.ts': `import { PrismaPg } from '@prisma/adapter-pg'\n  import { PrismaClient } from '@prisma/client'\n  import { Pool } from 'pg'\n  const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 1, connectionTimeoutMillis: 5000, statement_timeout: 5000 })\n  const store = globalThis as unknown as { prisma?: PrismaClient }\n  export const prisma = store.prisma ?? new PrismaClient({ adapter: new PrismaPg(pool) })`,
      },
    },
    { ...bareProject, title: 'No address is known.', files: { 'vercel.json': '{}', 'src/db.ts': client } },
    {
      ...bareProject,
      title: 'One connection each.',
      files: {
        'vercel.json': '{}',
        '.env.example': 'DATABASE_URL="postgresql://u:p@db.example.com:5432/app?connection_limit=1"\n',
        'src/db.ts': client,
      },
    },
  ],
  visit: {
    *pullRequest(ctx) {
      const facts = ctx.code
      if (facts === undefined || facts.poolers.length > 0 || facts.caches.some((c) => c.what === 'withAccelerate'))
        return
      const made = facts.clients.find(
        (c) =>
          c.changed &&
          c.file === 'source' &&
          !c.borrows &&
          (c.library === 'prisma' || c.library === 'pg' || c.library === 'postgres') &&
          c.options?.some((o) => o === 'max' || o === 'datasources') !== true,
      )
      const hosting = made?.host
      if (made === undefined || hosting == null || facts.urls.some((u) => u.pooled && !u.local)) return
      const direct = directAddress([made], facts)
      if (direct === undefined) return
      yield {
        place: made.place,
        object: direct.name,
        message: `Each serverless instance (\`${hosting.path}\`) opens a pool of its own to \`${direct.name}\`, which goes to the server directly (\`${at({ ...made.place, path: direct.path, line: direct.line })}\`).`,
      }
    },
  },
} satisfies Rule
