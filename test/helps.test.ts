import { beforeAll, describe, expect, it, test } from 'vitest'
import { catalog } from '../rules/index.ts'
import { sourceFile } from '../src/location.ts'
import { loadParser } from '../src/sql/parser.ts'
import { readSql } from '../src/sql/read.ts'
import type { CatalogRule, Example } from '../src/engine/rule.ts'
import { flow } from '../src/report/rule-page.ts'
import { reviewExample } from './example.ts'
import { stepsOf, type HelpFile } from './help-steps.ts'

const groups = new Set(['locking', 'data-loss', 'compatibility', 'transactions'])

/** What ends in the statement itself because there is no other way: the drop of a later pull request, a constraint without a concurrent form. */
const lastResort = new Set(['no-drop-column', 'no-exclusion-constraint', 'no-table-rewrite-setting'])

beforeAll(loadParser)

describe('the SQL of a help', () => {
  it.each(catalog.filter(({ group }) => groups.has(group)).map((rule) => [rule.id, rule] as const))(
    'is not what its rule warns of: %s',
    async (_, rule) => {
      for (const example of rule.bad) {
        if (example.sql === undefined) continue
        const { findings } = await reviewExample({ ...example, rehearse: false }, rule, catalog)
        for (const { help } of findings.filter((each) => each.rule === rule.id)) {
          const blocks = [...help.matchAll(/```sql\n(.*?)```/gs)].map((match) => sourceFile('help.sql', match[1] ?? ''))
          const read = blocks.map((block) => readSql(block))
          const sql = read.flatMap(({ statements }) =>
            statements.flatMap(({ inside, kind, text }) =>
              inside === null && kind !== 'SelectStmt' ? [`${text};`] : [],
            ),
          )
          if (sql.length === 0 || lastResort.has(rule.id)) continue
          const { given, rows, postgres, alone } = example
          const again = await reviewExample(
            {
              sql,
              runner: 'psql',
              ...(given ? { given } : {}),
              ...(rows ? { rows } : {}),
              ...(postgres ? { postgres } : {}),
              ...(alone ? { alone } : {}),
            },
            rule,
            catalog,
          )
          expect(
            again.findings
              .filter((each) => each.rule === rule.id && each.severity !== 'info')
              .map(({ message }) => `${message} ${help}`),
          ).toEqual([])
        }
      }
    },
  )
})

test('a column that gets another name is given what the old one has, and a key is not dropped with what refers to it', async () => {
  const rule = catalog.find(({ id }) => id === 'no-rename-column')
  expect.assert(rule !== undefined)
  const reports = await Promise.all(rule.bad.slice(1, 3).map((example) => reviewExample(example, rule, catalog)))
  const [carrying, referred] = reports.map(({ findings }) => findings.find((each) => each.rule === rule.id)?.help)
  expect(carrying).toMatch(
    /DROP COLUMN name;\n```\nWith `name` go NOT NULL and the index `users_name`: give `full_name` the same before readers move\.$/,
  )
  expect(referred).toContain('let it take over the key and the names')
  expect(referred).not.toContain('DROP COLUMN')
})

describe('a function in a help', () => {
  it.each(
    ['no-stored-generated-column', 'no-exclusion-constraint'].flatMap((id) =>
      catalog.filter((rule) => rule.id === id).map((rule) => [id, rule] as const),
    ),
  )('is marked for goose, which would cut it: %s', async (id, rule) => {
    const marks = async (runner: string) => {
      const reports = rule.bad.map((example) => reviewExample({ ...example, runner, rehearse: false }, rule, catalog))
      const findings = (await Promise.all(reports)).flatMap((report) => report.findings)
      const helps = findings.filter((each) => each.rule === id && /^CREATE (?:OR REPLACE )?FUNCTION/m.test(each.help))
      return helps.map(({ help }) =>
        /-- \+goose StatementBegin\nCREATE [^`]*?\$\$;\n-- \+goose StatementEnd/.test(help),
      )
    }
    expect(await marks('goose')).toContain(true)
    expect(await marks('dbmate')).not.toContain(true)
  })
})

describe('an index that a query asks for', () => {
  it.each(
    catalog
      .filter(({ id }) => /index|on-indexed/.test(id))
      .filter(({ group }) => group === 'queries')
      .map((rule) => [rule.id, rule] as const),
  )('is built where the runner can, and declared in the schema: %s', async (_, rule) => {
    for (const example of rule.bad) {
      const { findings } = await reviewExample({ ...example, rehearse: false }, rule, catalog)
      const built = findings.filter((each) => each.rule === rule.id && /```sql\n[^`]*INDEX CONC/.test(each.help))
      for (const { help, place } of built) {
        expect(help).toMatch(/in a migration of its own|by hand before the deploy/)
        const isDrizzle = place.path.endsWith('.ts') && help.includes('Drizzle')
        if (isDrizzle && !help.includes('CONCURRENTLY ON'))
          expect(help).toMatch(/find its work done \(`IF NOT EXISTS`\):\n[^]*[`\n]index\('\w+'\)/)
      }
    }
  })
})

/** Each with a version of its own, so that both are gone through without every pair. */
const runners = {
  'drizzle@0.45': 11,
  'prisma@6': 16,
  'prisma@7.11': 12,
  goose: 18,
  dbmate: 14,
  'golang-migrate': 17,
  flyway: 13,
}

/** What a runner or a server refuses, and what waits behind a lock that an earlier step took. */
const refusing = new Set([
  'no-concurrently-in-transaction',
  'no-enum-value-in-transaction',
  'no-index-on-partitioned-table',
  'no-newer-syntax',
  'no-syntax-error',
  'no-unsupported-concurrently',
  'require-separate-validation',
])

describe('the steps of a help', () => {
  it.each(catalog.filter(({ group }) => groups.has(group)).map((rule) => [rule.id, rule] as const))(
    'are taken by each runner and version: %s',
    async (_, rule) => {
      const refused: string[] = []
      for (const example of rule.bad) {
        if (!isPlain(example)) continue
        for (const [runner, postgres] of Object.entries(runners)) {
          const bad = { ...example, runner, postgres, rehearse: false }
          const { findings } = await reviewExample(bad, rule, catalog)
          if (findings.some((each) => each.rule !== rule.id && refusing.has(each.rule))) continue
          for (const { help } of findings.filter((each) => each.rule === rule.id))
            refused.push(
              ...(await refusals(help, bad, rule)).map((message) => `${runner} ${postgres}: ${message}\n${help}`),
            )
        }
      }
      expect(refused).toEqual([])
    },
  )
})

/** An example of one statement, in a file without a word to any runner, on what `given` made in words that all versions know. */
function isPlain({ given = '', sql, alone, typescript, files, prisma, drizzle }: Example): boolean {
  return (
    typeof sql === 'string' &&
    !alone &&
    !/\) stored/i.test(given) &&
    !(typescript ?? files ?? prisma ?? drizzle) &&
    !/-->|-- \+goose|-- migrate|\bbegin\b|;\s*\S/i.test(sql)
  )
}

/** What is said, deploy by deploy, where somebody does what a help says. */
async function refusals(
  help: string,
  { given = '', runner, postgres, rows }: Example,
  rule: CatalogRule,
): Promise<readonly string[]> {
  const said: string[] = []
  let done = flow(given)
  const judge = async (files: readonly HelpFile[], by: string) => {
    if (files.length === 0) return
    const example = {
      given: done,
      sql: files.map((file) => written(file, by)),
      runner: by,
      ...beside(files, by),
      ...(postgres ? { postgres } : {}),
      ...(rows ? { rows } : {}),
    }
    const { findings } = await reviewExample(example, rule, catalog)
    // Below 12 nothing proves NOT NULL to Postgres.
    const isLast = (id: string) => lastResort.has(id) || (id === 'no-set-not-null-scan' && (postgres ?? 16) < 12)
    const counts = (id: string) => refusing.has(id) || (id === rule.id && !isLast(id))
    said.push(
      ...findings
        .filter((each) => counts(each.rule) && each.severity !== 'info' && !each.suppressed)
        .map(({ rule: id, message }) => `${id}: ${message}`),
    )
    done += `\n${files.map((file) => file.sql).join('\n')}`
  }
  for (const { byHand, files } of stepsOf(help)) {
    for (const sql of byHand) await judge([{ sql, header: null }], 'psql')
    await judge(files, runner ?? 'psql')
  }
  return said
}

function written({ sql, header }: HelpFile, runner: string): string {
  if (header === null || !header.startsWith('--')) return sql
  return `${header}\n${runner === 'goose' ? '-- +goose Up\n' : ''}${sql}`
}

/** The file that switches Flyway's transaction off for one migration. */
function beside(files: readonly HelpFile[], runner: string): Pick<Example, 'files'> {
  if (runner !== 'flyway') return {}
  const at = (i: number) => `src/main/resources/db/migration/V${i + 2}__change_${i + 1}.sql.conf`
  return {
    files: Object.fromEntries(
      files.flatMap((file, i) => (file.header === '.conf' ? [[at(i), 'executeInTransaction=false\n']] : [])),
    ),
  }
}
