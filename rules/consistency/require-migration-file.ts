import type { Rule } from '../../src/engine/rule.ts'
import type { ChangedFile } from '../../src/changeset/tree.ts'
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
    {
      title: 'Migrations of the data as programs, which a script of the project runs.',
      runner: 'prisma@6',
      given: `create table users (id bigint primary key);`,
      files: { 'prisma/migrations/0002_fill/migration.ts': 'export const run = async () => undefined' },
    },
  ],
  visit: {
    *pullRequest(ctx) {
      const folder = ctx.project.migrations?.folder
      if (ctx.project.migrations?.layout !== 'prisma' || ctx.runner.name !== 'prisma' || folder === undefined) return
      const prefix = folder === '' ? '' : `${folder}/`
      const known = new Set(ctx.history.map(({ path }) => path))
      const folders = new Map<string, ChangedFile[]>()
      for (const file of ctx.files) {
        if (file.status === 'deleted' || !file.path.startsWith(prefix)) continue
        const [name = '', ...rest] = file.path.slice(prefix.length).split('/')
        if (rest.length > 0) folders.set(name, [...(folders.get(name) ?? []), file])
      }
      for (const [name, files] of folders) {
        const [first] = files
        if (first === undefined || known.has(`${prefix}${name}/migration.sql`)) continue
        // A folder that was there has stopped nothing, and one that holds a program is another tool's: a script of the project's own picks what Prisma gets.
        if (!files.every(({ path, status }) => status === 'added' && path.endsWith('.sql'))) continue
        yield {
          place: startOf(first.path),
          object: `${prefix}${name}`,
          anySize: true,
          message: `\`migrate deploy\` stops at \`${name}\` with P3015: the folder holds no \`migration.sql\`.`,
        }
      }
    },
  },
} satisfies Rule
