import { memoryTree, changeSetOf } from '../src/changeset/memory.ts'
import { defaultConfig, type Config } from '../src/config.ts'
import type { CatalogRule, Example } from '../src/engine/rule.ts'
import { lint } from '../src/lint.ts'
import { sourceFile } from '../src/location.ts'
import { parseRunner } from '../src/project/runners.ts'
import type { Report } from '../src/report/report.ts'
import { flow } from '../src/report/rule-page.ts'
import { review } from '../src/review.ts'

/** Runs an example of a rule as the pull request that it describes, under all rules that are on by default and the rule itself. */
export async function reviewExample(
  example: Example,
  rule: CatalogRule,
  rules: readonly CatalogRule[],
): Promise<Report> {
  const config: Config = {
    ...defaultConfig,
    postgres: example.postgres ?? 16,
    tables: Object.fromEntries(Object.entries(example.rows ?? {}).map(([table, rows]) => [table, { rows }])),
    rules:
      example.options || rule.enabled === false
        ? {
            [rule.id]: { severity: rule.enabled === false ? rule.severity : 'default', options: example.options ?? {} },
          }
        : {},
  }
  if (example.alone) {
    return lint(
      (typeof example.sql === 'string' ? [example.sql] : (example.sql ?? [])).map((sql, i) =>
        sourceFile(`${i + 1}.sql`, flow(sql)),
      ),
      {
        rules,
        config,
        postgres: config.postgres ?? 16,
        runner: example.runner ? parseRunner(example.runner) : null,
        inTransaction: null,
        given: example.given ? sourceFile('given.sql', flow(example.given)) : null,
        allRules: false,
        today: '2026-01-01',
      },
    )
  }
  const { base, head } = treesOf(example)
  const changeSet = await changeSetOf(memoryTree(base, 'base'), memoryTree(head, 'head'))
  return review(changeSet, {
    rules,
    settings: { config, notes: [] },
    rehearse: example.rehearse === true,
    today: '2026-01-01',
  })
}

/** The files of the base and the head that an example stands for: a project of the runner that it names. */
export function treesOf(example: Example): {
  readonly base: Record<string, string>
  readonly head: Record<string, string>
} {
  const [runner = 'psql', version] = (
    example.runner ?? (example.prisma ? 'prisma' : example.drizzle ? 'drizzle' : 'psql')
  ).split('@')
  const migrations = example.sql === undefined ? [] : typeof example.sql === 'string' ? [example.sql] : [...example.sql]
  const base: Record<string, string> = {}
  const fresh: Record<string, string> = {}
  const put = layouts[runner] ?? layouts.psql
  if (!put) throw new Error(`no layout for ${runner}`)
  const all = [
    ...(example.given === undefined ? [] : [{ name: '0001_given', sql: flow(example.given), isNew: false }]),
    ...migrations.map((sql, i) => ({ name: `000${i + 2}_change_${i + 1}`, sql: flow(sql), isNew: true })),
  ]
  for (const migration of all) Object.assign(migration.isNew ? fresh : base, put.file(migration.name, migration.sql))
  Object.assign(base, put.fixed(version ?? null, example))
  const head = { ...base, ...fresh }
  if (runner === 'drizzle') {
    const journal = (entries: readonly { name: string }[]) =>
      JSON.stringify(
        {
          version: '7',
          dialect: 'postgresql',
          entries: entries.map(({ name }, idx) => ({
            idx,
            version: '7',
            when: 1_700_000_000_000 + idx,
            tag: name,
            breakpoints: true,
          })),
        },
        null,
        2,
      )
    base['drizzle/meta/_journal.json'] = journal(all.filter((migration) => !migration.isNew))
    head['drizzle/meta/_journal.json'] = journal(all)
  }
  if (example.prisma) {
    base['prisma/schema.prisma'] = prismaHead + flow(example.prisma.before)
    head['prisma/schema.prisma'] = prismaHead + flow(example.prisma.after)
  }
  if (example.drizzle) {
    base['src/schema.ts'] = flow(example.drizzle.before)
    head['src/schema.ts'] = flow(example.drizzle.after)
  }
  if (example.was) base['src/queries.ts'] = flow(example.was)
  if (example.typescript) head['src/queries.ts'] = flow(example.typescript)
  for (const [path, text] of Object.entries(example.files ?? {})) head[path] = flow(text)
  return { base, head }
}

const prismaHead = `datasource db {\n  provider = "postgresql"\n}\n\ngenerator client {\n  provider = "prisma-client-js"\n}\n\n`

interface Layout {
  file(name: string, sql: string): Record<string, string>
  fixed(version: string | null, example: Example): Record<string, string>
}

const full = (version: string) => [...version.split('.'), '0', '0'].slice(0, 3).join('.')

const dependency = (name: string, version: string | null): Record<string, string> => ({
  'package.json': JSON.stringify({ dependencies: version === null ? {} : { [name]: full(version) } }, null, 2),
})

const layouts: Readonly<Record<string, Layout>> = {
  psql: {
    file: (name, sql) => ({ [`migrations/${name}.sql`]: sql }),
    fixed: () => ({ 'README.md': 'SQL migrations' }),
  },
  prisma: {
    file: (name, sql) => ({ [`prisma/migrations/${name}/migration.sql`]: sql }),
    fixed: (version, example) => ({
      ...dependency('prisma', version),
      ...(example.prisma ? {} : { 'prisma/schema.prisma': prismaHead }),
      'prisma/migrations/migration_lock.toml': 'provider = "postgresql"\n',
    }),
  },
  drizzle: {
    file: (name, sql) => ({ [`drizzle/${name}.sql`]: sql }),
    fixed: (version, example) => ({
      ...dependency('drizzle-orm', version),
      'drizzle.config.ts': `export default { dialect: 'postgresql', out: './drizzle'${example.drizzle ? ", schema: './src/schema.ts'" : ''} }\n`,
    }),
  },
  goose: {
    file: (name, sql) => ({ [`migrations/${name}.sql`]: sql.startsWith('-- +goose') ? sql : `-- +goose Up\n${sql}\n` }),
    fixed: () => ({ 'go.mod': 'module example.com/app\n\nrequire github.com/pressly/goose/v3 v3.20.0\n' }),
  },
  dbmate: {
    file: (name, sql) => ({
      [`db/migrations/${name}.sql`]: sql.startsWith('-- migrate:up') ? sql : `-- migrate:up\n${sql}\n-- migrate:down\n`,
    }),
    fixed: () => ({ 'db/.keep': '' }),
  },
  'golang-migrate': {
    file: (name, sql) => ({ [`migrations/${name}.up.sql`]: sql, [`migrations/${name}.down.sql`]: '' }),
    fixed: () => ({ 'go.mod': 'module example.com/app\n\nrequire github.com/golang-migrate/migrate/v4 v4.17.0\n' }),
  },
  diesel: {
    file: (name, sql) => ({ [`migrations/${name}/up.sql`]: sql, [`migrations/${name}/down.sql`]: '' }),
    fixed: () => ({ 'diesel.toml': '[migrations_directory]\ndir = "migrations"\n' }),
  },
  sqlx: {
    file: (name, sql) => ({ [`migrations/${name.replace('_', '')}_${name}.sql`]: sql }),
    fixed: () => ({ 'Cargo.toml': '[dependencies]\nsqlx = { version = "0.8.0", features = ["postgres"] }\n' }),
  },
  flyway: {
    file: (name, sql) => ({
      [`src/main/resources/db/migration/V${Number(name.slice(0, 4))}__${name.slice(5)}.sql`]: sql,
    }),
    fixed: () => ({ 'flyway.conf': 'flyway.url=jdbc:postgresql://localhost/app\n' }),
  },
  atlas: {
    file: (name, sql) => ({ [`migrations/${name}.sql`]: sql }),
    fixed: () => ({ 'migrations/atlas.sum': 'h1:x\n' }),
  },
  supabase: {
    file: (name, sql) => ({ [`supabase/migrations/2026010100${name}.sql`]: sql }),
    fixed: () => ({ 'supabase/config.toml': '[db]\nmajor_version = 15\n' }),
  },
  'node-pg-migrate': {
    file: (name, sql) => ({ [`migrations/${name}.sql`]: `-- Up Migration\n${sql}\n-- Down Migration\n` }),
    fixed: () => ({ 'package.json': '{"dependencies":{"node-pg-migrate":"7.0.0"}}' }),
  },
}
