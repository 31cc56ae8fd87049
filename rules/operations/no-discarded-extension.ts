import type { Rule } from '../../src/engine/rule.ts'
import { bareProject } from '../shared/client-examples.ts'

export default {
  id: 'no-discarded-extension',
  severity: 'warning',
  summary: 'A Prisma client is extended, and nothing takes the client that comes of it.',
  why: '`$extends` leaves the client as it is and gives a new one. Where that is not kept, replicas, caches and checks of the extension are never asked, and nothing says so.',
  fix: 'Keep what `$extends` gives, and hand that client on: `const prisma = base.$extends(…)`.',
  references: ['https://www.prisma.io/docs/orm/prisma-client/client-extensions#usage'],
  dialects: 'all',
  sources: [],
  bad: [
    {
      ...bareProject,
      title: 'Reads that should go to a replica.',
      files: {
        'src/db.ts': `import { PrismaClient } from '@prisma/client'\n  import { readReplicas } from '@prisma/extension-read-replicas'\n  export function connect() {\n    const prisma = new PrismaClient()\n    if (process.env.REPLICA_URL) prisma.$extends(readReplicas({ url: process.env.REPLICA_URL }))\n    return prisma\n  }`,
      },
      message: 'Nothing takes the client that `$extends` gives: `readReplicas` has no effect.',
    },
    {
      ...bareProject,
      files: {
        'src/db.ts': `import { PrismaClient } from '@prisma/client'\n  export const prisma = new PrismaClient()\n  prisma.$extends({ query: { user: { delete: () => { throw new Error('kept') } } } })`,
      },
      message: 'the extension has no effect',
    },
    {
      ...bareProject,
      title: 'A service that extends itself, and stays what it was.',
      files: {
        'src/prisma.service.ts': `import { PrismaClient } from '@prisma/client'\n  import { readReplicas } from '@prisma/extension-read-replicas'\n  export class PrismaService extends PrismaClient {\n    async onModuleInit() {\n      this.$extends(readReplicas({ url: process.env.REPLICA_URL! }))\n      await this.$connect()\n    }\n  }`,
      },
      message: '`readReplicas` has no effect',
    },
  ],
  good: [
    {
      ...bareProject,
      files: {
        'src/db.ts': `import { PrismaClient } from '@prisma/client'\n  import { readReplicas } from '@prisma/extension-read-replicas'\n  let prisma: any = new PrismaClient()\n  if (process.env.REPLICA_URL) prisma = prisma.$extends(readReplicas({ url: process.env.REPLICA_URL }))\n  export { prisma }`,
      },
    },
    {
      ...bareProject,
      title: 'A client that is handed on at once.',
      files: {
        'src/db.ts': `import { PrismaClient } from '@prisma/client'\n  import { withAccelerate } from '@prisma/extension-accelerate'\n  export const makeClient = () => new PrismaClient().$extends(withAccelerate())\n  export class Store {\n    constructor(private readonly take: (client: unknown) => void) {\n      take(new PrismaClient().$extends(withAccelerate()))\n    }\n  }`,
      },
    },
  ],
  visit: {
    *pullRequest(ctx) {
      for (const { what, place, changed } of ctx.code?.discarded ?? [])
        if (changed)
          yield {
            place,
            object: what,
            message: `Nothing takes the client that \`$extends\` gives: ${what === 'the extension' ? what : `\`${what}\``} has no effect.`,
          }
    },
  },
} satisfies Rule
