import type { Rule } from '../../src/engine/rule.ts'
import { startOf } from '../../src/location.ts'

export default {
  id: 'require-migration-file',
  severity: 'error',
  summary: 'Prisma stops at a folder of its migrations that holds no `migration.sql`.',
  why: 'Each folder beside migration_lock.toml is a migration to Prisma. Where one holds no migration.sql, `migrate deploy` stops at it with P3015 and runs nothing that comes behind it.',
  fix: 'Put the SQL into `migration.sql`, or take the folder away.',
  references: ['https://www.prisma.io/docs/orm/reference/error-reference#p3015'],
  dialects: 'all',
  sources: [],
  bad: [
    {
      runner: 'prisma@6',
      given: `create table users (id bigint primary key);`,
      files: { 'prisma/migrations/0002_name/migrate.sql': `alter table users add column name text;` },
      message: 'no `migration.sql`',
    },
  ],
  good: [
    {
      runner: 'prisma@6',
      given: `create table users (id bigint primary key);`,
      files: { 'prisma/migrations/README.md': 'Written by `prisma migrate dev`.' },
      sql: `alter table users add column name text;`,
    },
  ],
  visit: {
    *pullRequest(ctx) {
      const folder = ctx.project.migrations?.folder
      if (ctx.project.migrations?.layout !== 'prisma' || ctx.runner.name !== 'prisma' || folder === undefined) return
      const prefix = folder === '' ? '' : `${folder}/`
      const known = new Set(ctx.history.map(({ path }) => path))
      const told = new Set<string>()
      for (const { path, status } of ctx.files) {
        if (status === 'deleted' || !path.startsWith(prefix)) continue
        const [name = '', ...rest] = path.slice(prefix.length).split('/')
        if (rest.length === 0 || told.has(name) || known.has(`${prefix}${name}/migration.sql`)) continue
        told.add(name)
        yield {
          place: startOf(path),
          object: `${prefix}${name}`,
          anySize: true,
          message: `\`migrate deploy\` stops at \`${name}\` with P3015: the folder holds no \`migration.sql\`.`,
        }
      }
    },
  },
} satisfies Rule
