import type { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { catalog } from '../rules/index.ts'
import { freshDatabase } from '../scripts/corpus/database.ts'
import { sourceFile, type Place } from '../src/location.ts'
import { definitions, differences } from '../src/rehearsal/fingerprint.ts'
import { flow } from '../src/report/rule-page.ts'
import { loadParser } from '../src/sql/parser.ts'
import { readSql } from '../src/sql/read.ts'
import type { CatalogRule, Example } from '../src/engine/rule.ts'
import { reviewExample } from './example.ts'
import { stepsOf } from './help-steps.ts'

/** What a help means to leave otherwise than the statement, besides what it adds; by rule. */
const intended: Readonly<Record<string, RegExp>> = {
  'no-broken-function': /^the function `.*` is another one$/,
  'no-btree-on-document': /^the index `posts_tags` is `CREATE INDEX posts_tags ON public.posts USING gin /,
  'no-concurrently-in-transaction': /^the column `users.email` is missing$/,
  'no-constrained-domain-column': /^the column `users.address` is `text` and was `public.email`$/,
  'no-duplicate-foreign-key': /^the constraint `orders_user` is missing$/,
  'no-enum-recreate': /^the (?:column|type) `(?:role|feature|role_new|users.role)` is /,
  'no-idle-policy': /^the table `notes` is `r row security` and was `r`$/,
  'no-index-on-partitioned-table': /^the index `events_2026_at_idx` is missing$/,
  'no-leftover-check': /^the constraint `users_email_set` is missing$/,
  'no-probable-rename': /^the (?:constraint|index) `people_pkey` is missing$/,
  'no-rename-column':
    /^the (?:index `users_name` is missing|column `users.full_name` is `text` and was `text not null`)$/,
  'no-rename-enum-value': /^the type `role` is `member, admin, owner` and was `member, owner`$/,
  'no-rename-table': /^the table `users_dropped` is missing$/,
  'no-set-not-null-scan': /^the (?:constraint `users_email_nn` is missing|column `users.domain` is )/,
  'no-stored-generated-column': /^the column `users.domain` is /,
  'no-table-rewrite-setting': /^the (?:constraint|index) `events_pkey` is missing$/,
  'no-type-change-rewrite':
    /^the (?:column `orders.\w+`|constraint `orders_amount_check`|index `orders_amount`) is missing$/,
  'no-unlogged-table': /^the (?:table|sequence) `sessions(?:_id_seq)?` is `\w` and was `\w unlogged`$/,
  'no-used-enum-value-drop': /^the type `Plan` is `free, paid, pro` and was `free, pro`$/,
  'require-primary-key': /^the column `events.id` is `bigint not null` and was `bigint`$/,
  'require-primary-key-using-index': /^the (?:constraint|index) `events_2020_pkey` is missing$/,
  'require-row-security': /^the table `notes` is `r row security` and was `r`$/,
  'require-security-invoker': /^the view `recent_notes` is another one$/,
  'require-unique-using-index': /^the (?:constraint|index) `events_2020_id_at_key` is missing$/,
  'require-validation':
    /^the (?:column `orders.note` is missing|constraint `orders_total` is `CHECK .*` and was `.*NOT VALID`)$/,
  'require-where': /^the column `users.active` is `boolean default true` and was `boolean`$/,
}

/** Helps that give one of two ways, or what only two sessions at once can leave. */
const apart = new Set([
  'no-drop-and-recreate-column',
  'no-enum-value-in-transaction',
  'no-exclusion-constraint',
  'no-interrupted-detach',
  'require-operator-class',
])

/** What only other servers have. */
const elsewhere =
  /(?:extension|access method|database|tablespace|schema) "\w+" (?:does not exist|is not available)|relation "storage\./

let database: PGlite
let compared = 0
let ran = 0
beforeAll(async () => {
  await loadParser()
  database = await freshDatabase()
  await database.exec('CREATE ROLE anon; CREATE ROLE authenticated; CREATE ROLE app')
})
afterAll(() => database.close())

describe('the SQL of a help leaves what its statement leaves, and may add to it', () => {
  const examples = catalog.flatMap((rule) =>
    rule.bad.map((example, i) => ({ rule, example, name: `${rule.id}, example ${i + 1}` })),
  )
  it.each(examples.filter(({ rule, example }) => isPlain(example) && !apart.has(rule.id)))(
    '$name',
    async ({ rule, example }) => {
      const { steps, place } = await stepsFor(rule, example)
      const given = flow(example.given ?? '').replace('create role app;', '')
      const sql = flow(example.sql as string)
      if (steps.length === 0) return
      // What fails as it is written leaves nothing to be compared with: its help has to run.
      const wanted = await made([given, sql]).catch((error: unknown) => String(error))
      if (typeof wanted === 'string' && elsewhere.test(wanted)) return
      if (typeof wanted === 'string') ran++
      else compared++
      const statements = readSql(sourceFile('change.sql', sql)).statements.filter(({ inside }) => inside === null)
      const own = statements.findIndex((each) => each.place.line === place?.line && each.place.column === place.column)
      const [earlier = '', later = ''] = [statements.slice(0, Math.max(own, 0)), statements.slice(own + 1)].map(
        (part) => part.map(({ text }) => `${text};`).join('\n'),
      )
      const found: string[] = []
      // In its place, before it, or after it: which of them a help means is said in words.
      for (const scripts of [
        [given, ...steps],
        [given, earlier, ...steps, later],
        [given, ...steps, sql],
        [given, sql, ...steps],
      ]) {
        const now = await made(scripts).catch((error: unknown) => String(error))
        const other =
          typeof now === 'string' ? [now] : [...differences(typeof wanted === 'string' ? now : wanted, now).values()]
        const rest = other.filter((each) => !each.endsWith(' is left behind') && intended[rule.id]?.test(each) !== true)
        if (rest.length === 0) return
        found.push(rest.join('; '))
      }
      expect.fail(`${found.join('\n')}\n${steps.join('\n')}`)
    },
  )

  it('is asked of most helps that hold SQL', () => {
    expect(compared).toBeGreaterThanOrEqual(178)
    expect(ran).toBeGreaterThanOrEqual(20)
  })
})

/** SQL alone, in one file. */
function isPlain({ sql, alone, prisma, drizzle, typescript, files }: Example): boolean {
  return typeof sql === 'string' && !alone && !(prisma ?? drizzle ?? typescript ?? files)
}

async function stepsFor(
  rule: CatalogRule,
  example: Example,
): Promise<{ readonly place: Place | undefined; readonly steps: readonly string[] }> {
  const { findings } = await reviewExample({ ...example, rehearse: false, postgres: 18 }, rule, catalog)
  const { help = '', place } = findings.find((each) => each.rule === rule.id) ?? {}
  return {
    place,
    steps: stepsOf(help).flatMap(({ byHand, files }) => [...byHand, ...files.map((file) => file.sql)]),
  }
}

/** What an empty database holds after scripts, each statement sent alone; fails with what Postgres says. */
async function made(scripts: readonly string[]): Promise<Awaited<ReturnType<typeof definitions>>> {
  await database.exec('ROLLBACK; RESET ALL')
  const { rows } = await database.query<{ sql: string }>(`
    SELECT 'DROP SCHEMA ' || quote_ident(nspname) || ' CASCADE' AS sql FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'`)
  for (const { sql } of rows) await database.exec(sql)
  await database.exec('CREATE SCHEMA public')
  for (const script of scripts)
    for (const { inside, text } of readSql(sourceFile('script.sql', script)).statements)
      if (inside === null) await database.query(text)
  await database.exec('ROLLBACK; RESET ALL')
  return definitions({ ask: async <T>(sql: string) => (await database.query<T>(sql)).rows })
}
