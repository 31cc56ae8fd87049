import type { Step } from '../step.ts'
import type { TreeEntry } from '../changeset/tree.ts'
import type { Change } from '../schema/change.ts'
import { nameOf } from '../schema/model.ts'
import type { Key, Schema } from '../schema/model.ts'
import type { ChangedLines } from './changed.ts'
import type { ProjectNames } from './project-names.ts'
import type { TablesInQuestion } from './request.ts'
import type { Features } from './typescript/features.ts'
import type { ModuleResolver } from './typescript/resolver.ts'
import type { DrizzleTable } from './typescript/value.ts'

const takesAway = new Set<Change['kind']>([
  'dropTable',
  'renameTable',
  'setTableSchema',
  'dropIndex',
  'dropConstraint',
  'setNotNull',
  'dropDefault',
])
const retypes = new Set<Change['kind']>(['dropEnumValue', 'renameEnumValue', 'renameType', 'dropType'])

/** The tables of which uses in the code decide over a change: what is taken away, newly required or indexed. */
export function tablesInQuestion(steps: readonly Step[], options: { readonly indexes: boolean }): TablesInQuestion {
  const tables = new Map<Key, Set<string> | null>()
  const ask = (table: Key, columns: readonly string[] | null): void => {
    if (table === '') return
    const known = tables.get(table)
    tables.set(table, columns === null || known === null ? null : new Set([...(known ?? []), ...columns]))
  }
  for (const step of steps) {
    for (const change of step.changes) {
      if (change.kind === 'addIndex') {
        const [key] = change.index.keys
        if (options.indexes) ask(change.table, key?.column == null ? null : [key.column])
      } else if (change.kind === 'dropColumn' || change.kind === 'renameColumn') {
        const column = change.kind === 'dropColumn' ? change.from.name : change.from
        ask(change.table, isRelated(column, change.table, [step.before, step.after]) ? null : [column])
      } else if (change.kind === 'addColumn' && !change.to.nullable && change.to.default === null)
        ask(change.table, null)
      else if ('table' in change && takesAway.has(change.kind)) ask(change.table, null)
      else if ('object' in change && retypes.has(change.kind))
        for (const table of tablesOfType(change.object, [step.before, step.after])) ask(table, null)
      if (change.kind === 'renameTable' || change.kind === 'setTableSchema') ask(change.to, null)
    }
  }
  // A new type takes the place of an old one where a column changes over to it.
  const retyped = steps.flatMap((step) => step.changes).filter((change) => change.kind === 'alterColumnType')
  if (steps.some((step) => step.changes.some((change) => change.kind === 'createEnum' || change.kind === 'createType')))
    for (const change of retyped) ask(change.table, null)
  return tables
}

/** The same, with all uses of the tables that get an index. */
export function withWholeTables(tables: TablesInQuestion, steps: readonly Step[]): TablesInQuestion {
  const indexed = steps.flatMap((step) => step.changes).filter((change) => change.kind === 'addIndex')
  return new Map([...tables, ...indexed.map(({ table }) => [table, null] as const)])
}

/** True for a column by which tables refer to each other: code uses it by the name of the relation. */
function isRelated(column: string, table: Key, schemas: readonly Schema[]): boolean {
  return schemas.some((schema) =>
    [...schema.tables.values()].some((one) =>
      one.foreignKeys.some(
        (key) =>
          (one.key === table && key.columns.includes(column)) ||
          (`${key.references.schema}.${key.references.table}` === table && key.references.columns.includes(column)),
      ),
    ),
  )
}

function tablesOfType(type: Key, schemas: readonly Schema[]): Key[] {
  const names = new Set([type, nameOf(type), `"${nameOf(type)}"`])
  return schemas.flatMap((schema) =>
    [...schema.tables.values()]
      .filter((t) => t.columns.some((c) => names.has((c.type ?? '').replace(/\[\]$/, ''))))
      .map((t) => t.key),
  )
}

/** What stands in every file that uses a table: a word for the table, and, where only some columns matter, a word for one of those. */
export interface Words {
  readonly table: RegExp
  readonly column: RegExp | null
}

/** Delegates and relations of Prisma, constants of Drizzle and names in SQL for each table, with fields, properties and names for its columns. */
export function wordsFor(
  tables: TablesInQuestion,
  names: readonly ProjectNames[],
  constants: ReadonlyMap<string, DrizzleTable>,
  schemas: readonly Schema[],
): readonly Words[] {
  return [...tables].map(([table, columns]) => ({
    table: anyOf(wordsOfTable(table, names, constants)),
    column: columns === null ? null : anyOf(wordsOfColumns(table, columns, names, constants, schemas)),
  }))
}

function anyOf(words: ReadonlySet<string>): RegExp {
  return new RegExp(`(?<![\\w$])(?:${[...words].map((w) => w.replace(/[^\w]/g, '\\$&')).join('|')})(?![\\w$])`)
}

function wordsOfTable(
  table: Key,
  names: readonly ProjectNames[],
  constants: ReadonlyMap<string, DrizzleTable>,
): ReadonlySet<string> {
  const words = new Set([nameOf(table)])
  for (const [name, { key }] of constants) if (key === table) words.add(name)
  for (const { models } of names) {
    const called = new Set<string>()
    for (const [delegate, model] of models) {
      if (model.table !== table) continue
      words.add(delegate)
      called.add(model.name)
    }
    for (const model of models.values())
      for (const [field, is] of model.fields) if (is.is === 'relation' && called.has(is.model)) words.add(field)
  }
  return words
}

function wordsOfColumns(
  table: Key,
  columns: ReadonlySet<string>,
  names: readonly ProjectNames[],
  constants: ReadonlyMap<string, DrizzleTable>,
  schemas: readonly Schema[],
): ReadonlySet<string> {
  const words = new Set(columns)
  for (const column of columns)
    words.add(column.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()))
  for (const schema of schemas)
    for (const { name, property } of schema.tables.get(table)?.columns ?? [])
      if (property != null && columns.has(name)) words.add(property)
  for (const { key, columns: properties } of constants.values())
    if (key === table) for (const [property, column] of properties) if (columns.has(column)) words.add(property)
  for (const { models } of names) {
    const tableOf = new Map([...models.values()].map((model) => [model.name, model.table]))
    for (const model of models.values()) {
      const own = model.table === table
      for (const [field, is] of model.fields) {
        const by =
          is.is === 'column'
            ? own && columns.has(is.column)
            : (own && is.columns.some((c) => columns.has(c))) ||
              (tableOf.get(is.model) === table && is.references.some((c) => columns.has(c)))
        if (by) words.add(field)
      }
      if (!own) continue
      for (const [name, of] of model.compounds) if (of.some((column) => columns.has(column))) words.add(name)
    }
  }
  return words
}

/** What is known of the files of code before one is parsed. */
export interface Surveyed {
  readonly entries: readonly TreeEntry[]
  readonly features: ReadonlyMap<string, Features>
  readonly changed: ChangedLines
  /** True for a file that may hold a query. */
  readonly queries: (path: string) => boolean
  /** The file that a specifier means. */
  readonly resolve: ModuleResolver['resolve']
}

/**
 * The files that decide: those of the pull request, those that set up clients, those that import a changed file in which queries stand
 * (they may call it in a loop), and those that may use a table in question, themselves or by what they import.
 */
export async function filesInQuestion(
  surveyed: Surveyed,
  questions: readonly Words[],
  texts: (paths: readonly string[]) => Promise<ReadonlyMap<string, string>>,
): Promise<readonly string[]> {
  const { entries, features, changed, queries } = surveyed
  const paths = entries.map((e) => e.path)
  const chosen = new Set(
    paths.filter(
      (path) =>
        features.get(path)?.setup === true ||
        (changed.has(path) &&
          (queries(path) || features.get(path)?.loops === true || features.get(path)?.otherBuilder === true)),
    ),
  )
  for (const path of importers(
    paths.filter((p) => changed.has(p) && queries(p)),
    paths,
    surveyed,
  ))
    if (features.get(path)?.loops === true) chosen.add(path)
  if (questions.length === 0) return [...chosen]
  const looked = await texts(paths.filter((path) => queries(path) || features.get(path)?.fragments === true))
  const having = (words: RegExp): string[] => [...looked].flatMap(([path, text]) => (words.test(text) ? [path] : []))
  for (const { table, column } of questions) {
    const naming = having(table)
    const users = [
      ...naming,
      ...importers(
        naming.filter((p) => !queries(p)),
        paths,
        surveyed,
      ),
    ].filter((path) => queries(path))
    const deciding = column === null ? users : await reaching(column, users, surveyed, texts)
    for (const path of deciding) chosen.add(path)
  }
  return [...chosen]
}

/** Files between a query and a part of it: the import, and one that hands it on or adds to it. */
const furthest = 2

/** Those of some files that hold a word, themselves or in what they import. */
async function reaching(
  word: RegExp,
  files: readonly string[],
  { features, resolve }: Surveyed,
  texts: (paths: readonly string[]) => Promise<ReadonlyMap<string, string>>,
): Promise<readonly string[]> {
  const imports = new Map<string, readonly string[]>()
  const reached = new Set<string>()
  let open: readonly string[] = [...new Set(files)]
  for (let depth = 0; depth <= furthest && open.length > 0; depth++) {
    const found = await texts(open)
    for (const path of open) {
      if (word.test(found.get(path) ?? '')) reached.add(path)
      imports.set(
        path,
        (features.get(path)?.imports ?? []).flatMap((specifier) => resolve(path, specifier) ?? []),
      )
    }
    open = [...new Set(open.flatMap((path) => (reached.has(path) ? [] : (imports.get(path) ?? []))))].filter(
      (path) => !imports.has(path),
    )
  }
  for (let depth = 0; depth < furthest; depth++)
    for (const [path, of] of imports) if (of.some((one) => reached.has(one))) reached.add(path)
  return files.filter((path) => reached.has(path))
}

/** The files that import one of some, be it through a file that hands its exports on. */
function importers(
  of: readonly string[],
  paths: readonly string[],
  { features, resolve }: Surveyed,
): ReadonlySet<string> {
  const found = new Set<string>()
  const targets = new Set(of)
  const names = new Set(of.flatMap(specifiersOf))
  for (let before = -1; targets.size > before;) {
    before = targets.size
    for (const path of paths) {
      const looks = features.get(path)
      if (looks === undefined || found.has(path)) continue
      // Resolving costs more than a look at how the specifier ends.
      const imports = looks.imports.some((specifier) => {
        if (!names.has(lastPart(specifier))) return false
        const target = resolve(path, specifier)
        return target !== null && targets.has(target)
      })
      if (!imports) continue
      found.add(path)
      if (!looks.passesOn) continue
      targets.add(path)
      for (const name of specifiersOf(path)) names.add(name)
    }
  }
  return found
}

function lastPart(specifier: string): string {
  return specifier.slice(specifier.lastIndexOf('/') + 1).replace(/^[@#~$]|\.[cm]?[jt]sx?$/g, '')
}

/** How a specifier that means a file may end: its name, or the name of a folder around it for an index or a package. */
function specifiersOf(path: string): string[] {
  return path
    .replace(/\.[cm]?[jt]sx?$/, '')
    .split('/')
    .slice(-4)
}
