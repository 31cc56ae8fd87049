import type { Migration } from '../../src/step.ts'
import type { PGlite } from '@electric-sql/pglite'
import { rollbackStatements } from '../../src/planner/rollback/rollback.ts'
import { transactionsOf } from '../../src/project/transactions.ts'
import { readCatalog } from '../../src/schema/catalog.ts'
import { diffSchemas } from '../../src/schema/diff/diff.ts'
import { emptySchema, type Schema } from '../../src/schema/model.ts'
import { replaySteps } from '../../src/schema/replay.ts'
import { changesToText } from '../../src/schema/show/text.ts'
import { loadParser } from '../../src/sql/parser.ts'
import type { CorpusOptions } from './options.ts'
import { compareSchemas } from './compare.ts'
import { freshDatabase } from './database.ts'
import { corpusProjects, type CorpusProject } from './projects.ts'

interface Tally {
  /** Migrations that apply and change the schema. */
  changes: number
  equal: number
  /** Equal but for where in its table a column stands. */
  reordered: number
  readonly others: string[]
}

/**
 * Takes every migration of every history as a change of its own: up, the generated way back, and the schema is compared with what it
 * was before; then up again, and it is compared with what it was after. Lists what is not equal, with the reason.
 */
export async function run(options: CorpusOptions): Promise<boolean> {
  await loadParser()
  const total: Tally = { changes: 0, equal: 0, reordered: 0, others: [] }
  // Scripts that nobody runs in an order are no history.
  for (const project of (await corpusProjects(options.corpus)).filter(
    (each) => each.project.migrations?.layout !== 'plain' || each.project.runner.assumed !== true,
  )) {
    const tally = await rehearseAll(project)
    console.log(`${project.name}: ${shareOf(tally)}`)
    for (const line of tally.others) console.log(`  ${line}`)
    for (const each of ['changes', 'equal', 'reordered'] as const) total[each] += tally[each]
    total.others.push(...tally.others)
  }
  console.log(`all: ${shareOf(total)}`)
  return total.others.length === 0
}

function shareOf({ changes, equal, reordered, others }: Tally): string {
  const share = changes === 0 ? 100 : Math.floor((1e4 * (equal + reordered)) / changes) / 100
  return `${equal + reordered} of ${changes} changes go back to what was there before, ${share} %; ${reordered} of them with a column further back in its table, ${others.length} are not equal`
}

async function rehearseAll({ project, migrations }: CorpusProject): Promise<Tally> {
  const tally: Tally = { changes: 0, equal: 0, reordered: 0, others: [] }
  let database = await freshDatabase()
  let model: Schema = emptySchema(project.dialect)
  let before = await catalogOf(database)
  const applied: Migration[] = []
  for (const migration of migrations.before) {
    const fresh: Migration = { ...migration, isNew: true }
    const { steps, after: modelAfter } = replaySteps(model, [fresh], transactionsOf(project.runner, [fresh]), {
      postgres: 18,
      source: 'migrations',
    })
    const review = { project, before: model, after: modelAfter, changes: diffSchemas(model, modelAfter), steps }
    const refused = await up(database, fresh)
    if (refused !== null) {
      console.log(`  does not apply: ${fresh.path}: ${refused}`)
      continue
    }
    model = modelAfter
    applied.push(fresh)
    const after = await catalogOf(database)
    if (differenceOf(before, after).length > 0) {
      tally.changes++
      const reason = await thereAndBack(database, fresh, rollbackStatements(review), before, after)
      if (reason === null) tally.equal++
      else if (reason === 'order') tally.reordered++
      else {
        tally.others.push(`${fresh.path}: ${reason}`)
        await database.close()
        database = await freshDatabase()
        for (const each of applied) await up(database, each)
      }
    }
    before = after
  }
  await database.close()
  return tally
}

/** Null where the way back and the way up again lead where they should, `order` where only columns stand elsewhere, else the reason. */
async function thereAndBack(
  database: PGlite,
  migration: Migration,
  back: readonly string[],
  before: Schema,
  after: Schema,
): Promise<string | 'order' | null> {
  for (const statement of back.filter((each) => !each.startsWith('--'))) {
    const error = await send(database, statement)
    if (error !== null) return `the way back fails: ${error}: ${oneLine(statement)}`
  }
  const reached = await catalogOf(database)
  const left = differenceOf(before, reached)
  const unsaid = left.filter((each) => each !== 'order')
  if (unsaid.length > 0)
    return `leaves a difference: ${unsaid.slice(0, 4).join('; ')}${back.some((each) => each.startsWith('--')) ? ` (${oneLine(back.find((each) => each.startsWith('--')) ?? '')})` : ''}`
  const again = await up(database, migration)
  if (again !== null) return `up again fails: ${again}`
  const different = differenceOf(after, await catalogOf(database)).filter((each) => each !== 'order')
  if (different.length > 0) return `up again leaves a difference: ${different.slice(0, 4).join('; ')}`
  return left.length > 0 ? 'order' : null
}

/** What two schemas of a database differ in, one line each; `order` for columns that stand elsewhere in their table. */
function differenceOf(left: Schema, right: Schema): readonly string[] {
  const told = changesToText(diffSchemas(left, right))
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  if (told.length > 0) return told
  return [
    ...new Set(
      compareSchemas(left, right).differences.map((each) =>
        each.object.startsWith('table ') && sameButOrder(each.left, each.right)
          ? 'order'
          : `${each.object}: ${each.left} was ${each.right}`,
      ),
    ),
  ]
}

function sameButOrder(left: string, right: string): boolean {
  const parts = (text: string) =>
    text === 'absent'
      ? text
      : JSON.stringify(
          (JSON.parse(text) as unknown[]).map((part, at) => (at === 0 ? (part as string[]).toSorted() : part)),
        )
  return parts(left) === parts(right)
}

/** Runs a migration as one transaction, or one by one where it cannot run so; the error, where it fails. */
async function up(database: PGlite, { statements }: Migration): Promise<string | null> {
  const own = statements.filter((statement) => statement.inside === null).map((statement) => statement.text)
  const error = await send(database, own.join(';\n'))
  if (
    error === null ||
    !/cannot run inside a transaction block|cannot be executed (?:from a function|within a pipeline)|unsafe use of new value/.test(
      error,
    )
  )
    return error
  for (const statement of own) {
    const failed = await send(database, statement)
    if (failed !== null) return failed
  }
  return null
}

async function send(database: PGlite, sql: string): Promise<string | null> {
  try {
    await database.exec(sql)
    // A migration's session ends with it.
    await database.exec('RESET ALL; DISCARD TEMP')
    return null
  } catch (error) {
    await database.exec('ROLLBACK')
    return error instanceof Error ? error.message : String(error)
  }
}

async function catalogOf(database: PGlite): Promise<Schema> {
  return readCatalog(async (sql) => (await database.query<Record<string, unknown>>(sql)).rows)
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, 200)
}
