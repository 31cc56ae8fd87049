import type { Rule } from '../../src/engine/rule.ts'
import { isBeside, isConnection, isForReplica } from '../../src/queries/clients.ts'
import { bareProject } from '../shared/client-examples.ts'
import { at } from '../shared/query-words.ts'

export default {
  id: 'require-single-client',
  severity: 'warning',
  summary: 'A database client or pool is made on every call, or a second time beside the one that is there.',
  why: `Each \`PrismaClient\` and each pool opens connections of its own and keeps them. Made in a handler, every request leaves some behind, until the server
    refuses new ones ("too many clients already").`,
  fix: 'Make one client in a module of its own and import it everywhere.',
  references: [
    'https://www.prisma.io/docs/orm/prisma-client/setup-and-configuration/databases-connections',
    'https://node-postgres.com/features/pooling',
  ],
  dialects: 'all',
  sources: [],
  checklist: 'connection-pooling',
  bad: [
    {
      ...bareProject,
      typescript: `import { PrismaClient } from '@prisma/client'\n  export async function handler() {\n    const prisma = new PrismaClient()\n    return prisma.user.count()\n  }`,
      message: 'on every call of `handler`',
    },
    {
      ...bareProject,
      typescript: `import { Pool } from 'pg'\n  export async function GET() {\n    const pool = new Pool({ max: 5, connectionTimeoutMillis: 5000, statement_timeout: 5000 })\n    return pool.query('SELECT 1')\n  }`,
    },
    {
      ...bareProject,
      title: 'A single connection of each request.',
      typescript: `import { Client } from 'pg'\n  export async function POST() {\n    const client = new Client({ connectionString: process.env.DATABASE_URL })\n    await client.connect()\n    return client.query('SELECT 1')\n  }`,
      message: 'A new connection of `pg` is made on every call of `POST`.',
    },
    {
      ...bareProject,
      title: 'A second one.',
      files: {
        'src/db.ts': `import { PrismaClient } from '@prisma/client'\n  export const prisma = new PrismaClient()`,
        'src/jobs.ts': `import { PrismaClient } from '@prisma/client'\n  const client = new PrismaClient()`,
      },
      message: '`src/',
      count: 1,
    },
  ],
  good: [
    {
      ...bareProject,
      title: 'A worker that is given none makes one.',
      files: {
        'src/db.ts': `import { PrismaClient } from '@prisma/client'\n  export const prisma = new PrismaClient()`,
        'src/work.ts': `import { PrismaClient } from '@prisma/client'\n  export function start(prisma = new PrismaClient()) {\n    return prisma.user.count()\n  }`,
      },
    },
    {
      ...bareProject,
      typescript: `import { PrismaClient } from '@prisma/client'\n  const make = () => new PrismaClient()\n  const store = globalThis as unknown as { prisma?: PrismaClient }\n  export const prisma = store.prisma ?? make()\n  if (process.env.NODE_ENV !== 'production') store.prisma = prisma`,
    },
    {
      ...bareProject,
      title: 'Packages run as processes of their own.',
      files: {
        'references/one/package.json': '{}',
        'references/one/src/db.ts': `import { PrismaClient } from '@prisma/client'\n  export const prisma = new PrismaClient()`,
        'references/two/package.json': '{}',
        'references/two/src/db.ts': `import { PrismaClient } from '@prisma/client'\n  export const prisma = new PrismaClient()`,
      },
    },
    {
      ...bareProject,
      title: 'Two schemas have two clients.',
      files: {
        'src/shop.ts': `import { PrismaClient } from '../generated/shop/client'\n  export const shop = new PrismaClient()`,
        'src/audit.ts': `import { PrismaClient } from '../generated/audit/client'\n  export const audit = new PrismaClient()`,
      },
    },
    {
      ...bareProject,
      title: 'A request of a Worker may not use the connection of another.',
      files: {
        'wrangler.jsonc': '{}',
        'src/worker.ts': `import postgres from 'postgres'\n  export default { async fetch(req: Request, env: Env) { const sql = postgres(env.DB.connectionString, { max: 5 }); return Response.json(await sql\`SELECT 1\`) } }`,
      },
    },
    {
      ...bareProject,
      title: 'NestJS calls it once, as the module begins.',
      typescript: `
        import { Pool } from 'pg'
        export class DatabaseService {
          private pool!: Pool
          async onModuleInit() {
            this.pool = process.env.URL
              ? new Pool({ connectionString: process.env.URL, max: 5, connectionTimeoutMillis: 5000, statement_timeout: 5000 })
              : new Pool({ host: 'localhost', max: 5, connectionTimeoutMillis: 5000, statement_timeout: 5000 })
          }
        }`,
    },
    {
      ...bareProject,
      title: 'A script has a client of its own.',
      files: {
        'scripts/backfill.ts': `import { PrismaClient } from '@prisma/client'\n  async function main() {\n    const prisma = new PrismaClient()\n    await prisma.$disconnect()\n  }`,
        'src/db.ts': `import { PrismaClient } from '@prisma/client'\n  export const prisma = new PrismaClient()`,
      },
    },
  ],
  visit: {
    *pullRequest(ctx) {
      const clients = (ctx.code?.clients ?? []).filter(
        (c) => c.file === 'source' && c.library !== 'drizzle' && c.library !== 'neon',
      )
      let second = false
      for (const client of clients) {
        if (!client.changed) continue
        const name =
          client.library === 'prisma' ? 'PrismaClient' : client.library === 'pg' ? 'pool of `pg`' : 'pool of `postgres`'
        // A Worker may not use the connection of another request.
        if (client.perCall && client.host?.what === 'workers') continue
        if (client.perCall && !client.kept && !client.borrows) {
          yield {
            place: client.place,
            object: client.library,
            message: `A new ${isConnection(client) ? 'connection of `pg`' : `${name} with connections of its own`} is made on every ${client.function === null ? 'request' : `call of \`${client.function}\``}.`,
          }
          continue
        }
        const other = clients.find((c) => c.library === 'prisma' && !c.perCall && isBeside(c, client))
        if (ctx.code !== undefined && isForReplica(client, ctx.code)) continue
        if (client.library !== 'prisma' || client.kept || other === undefined || client.function !== null || second)
          continue
        second = true
        yield {
          place: client.place,
          object: client.library,
          message: `A second PrismaClient opens connections of its own beside the one in \`${at(other.place)}\`.`,
        }
      }
    },
  },
} satisfies Rule
