import type { Rule } from '../../src/engine/rule.ts'
import { startOf } from '../../src/location.ts'

const schema = (provider: string) => `datasource db {\n  provider = "${provider}"\n}\n\nmodel User {\n  id Int @id\n}\n`
const lock = (provider: string) => `provider = "${provider}"\n`
const given = `CREATE TABLE "User" ("id" INTEGER NOT NULL, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));`

export default {
  id: 'no-provider-change',
  severity: 'error',
  summary:
    "Prisma's migrations are written for one database: with another provider `migrate deploy` stops, or runs SQL that was meant for the old one.",
  why: `migration_lock.toml holds the provider that the history was written for. Prisma compares it with the schema and stops at a difference (P3019). Editing the lock by hand lets
    the old SQL run on the new database, where it fails or makes something else.`,
  fix: 'Start a new history for the new provider: move the old migrations away, run `npx prisma migrate dev --name init`, and carry the data over by hand.',
  references: [
    'https://www.prisma.io/docs/orm/prisma-migrate/understanding-prisma-migrate/limitations-and-known-issues',
    'https://www.prisma.io/docs/orm/reference/error-reference#p3019',
  ],
  approvable: true,
  dialects: 'all',
  sources: [],
  bad: [
    {
      title: 'The schema goes to another database and the history stays.',
      runner: 'prisma@6',
      given,
      files: { 'prisma/schema.prisma': schema('mysql') },
      message: 'stops with P3019',
    },
    {
      title: 'The lock is edited and the old SQL is kept.',
      runner: 'prisma@6',
      given,
      files: {
        'prisma/schema.prisma': schema('cockroachdb'),
        'prisma/migrations/migration_lock.toml': lock('cockroachdb'),
      },
      message: 'was written for `postgresql`',
    },
  ],
  good: [
    { runner: 'prisma@6', given, sql: `ALTER TABLE "User" ADD COLUMN "name" TEXT;` },
    {
      title: 'Another spelling of the same provider.',
      runner: 'prisma@6',
      given,
      files: { 'prisma/schema.prisma': schema('postgres') },
    },
  ],
  visit: {
    pullRequest(ctx) {
      const { before, after } = ctx.lock ?? { before: null, after: null }
      if (ctx.project.orm !== 'prisma' || !after?.dialect) return
      const was = ctx.declaredBefore?.dialect ?? before?.dialect
      const moves = before?.dialect && before.dialect !== after.dialect
      if (after.dialect !== ctx.project.dialect && (before?.dialect !== after.dialect || was !== ctx.project.dialect)) {
        return {
          place:
            before?.dialect !== after.dialect
              ? after.place
              : (ctx.lock?.schema?.place ?? startOf(ctx.project.evidence)),
          object: 'provider',
          anySize: true,
          message: `\`migrate deploy\` stops with P3019: the schema is for \`${ctx.project.dialect}\`, and \`migration_lock.toml\` says \`${after.provider}\`.`,
        }
      }
      if (!moves) return
      const kept = ctx.history.filter((migration) => !migration.isNew && migration.path !== '').length
      if (kept === 0) {
        return {
          place: after.place,
          object: 'provider',
          anySize: true,
          severity: 'warning',
          message: `A new history begins for \`${after.provider}\`: nothing carries the data of the \`${before.provider}\` database over.`,
        }
      }
      return {
        place: after.place,
        object: 'provider',
        anySize: true,
        message: `A history of ${kept === 1 ? '1 migration' : `${kept} migrations`} that was written for \`${before.provider}\` will run on \`${after.provider}\`.`,
      }
    },
  },
} satisfies Rule
