import type { Rule } from '../../src/engine/rule.ts'
import { bareProject } from '../shared/client-examples.ts'

export default {
  id: 'require-client-singleton',
  severity: 'info',
  summary: 'A client at the top of a module of a Next.js or Vite application is made again with every hot reload.',
  why: 'In development the module is run again with each change, and each time a new client opens a pool of connections while the old one keeps its own.',
  fix: 'Keep the client on `globalThis` outside of production.',
  references: ['https://www.prisma.io/docs/orm/more/help-and-troubleshooting/nextjs-help'],
  yieldsTo: ['require-single-client'],
  dialects: 'all',
  sources: [],
  checklist: 'connection-pooling',
  bad: [
    {
      ...bareProject,
      files: {
        'next.config.js': 'module.exports = {}',
        'src/db.ts': `import { PrismaClient } from '@prisma/client'\n  export const prisma = new PrismaClient()`,
      },
      message: 'hot reload',
    },
  ],
  good: [
    {
      ...bareProject,
      files: {
        'next.config.js': 'module.exports = {}',
        'src/db.ts': `import { PrismaClient } from '@prisma/client'\n  const store = globalThis as unknown as { prisma?: PrismaClient }\n  export const prisma = store.prisma ?? new PrismaClient()\n  store.prisma = prisma`,
      },
    },
    {
      ...bareProject,
      title: 'A server that is not reloaded.',
      files: {
        'src/db.ts': `import { PrismaClient } from '@prisma/client'\n  export const prisma = new PrismaClient()`,
      },
    },
  ],
  visit: {
    *pullRequest(ctx) {
      const frameworks = ctx.code?.frameworks ?? []
      // Beside a client that is kept, one more is one too many, and told so.
      if (ctx.code?.clients.some((c) => c.library === 'prisma' && c.file === 'source' && c.kept) === true) return
      for (const client of ctx.code?.clients ?? []) {
        if (
          !client.changed ||
          client.library !== 'prisma' ||
          client.file !== 'source' ||
          client.kept ||
          client.function !== null
        )
          continue
        const framework = frameworks.find((f) => client.place.path.startsWith(f.folder === '' ? '' : `${f.folder}/`))
        if (framework !== undefined)
          yield {
            place: client.place,
            object: 'prisma',
            message: `Each hot reload of ${framework.name} makes one more PrismaClient with connections of its own.`,
          }
      }
    },
  },
} satisfies Rule
