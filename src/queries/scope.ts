import type { Step } from '../step.ts'
import type { TreeEntry } from '../changeset/tree.ts'
import type { Change } from '../schema/change.ts'
import { nameOf } from '../schema/model.ts'
import type { Key, Schema } from '../schema/model.ts'
import type { ChangedLines } from './changed.ts'
import type { ProjectNames } from './project-names.ts'
import type { Features } from './typescript/features.ts'

const takesAway = new Set<Change['kind']>([
  'dropTable',
  'renameTable',
  'setTableSchema',
  'dropColumn',
  'renameColumn',
  'dropIndex',
  'dropConstraint',
  'setNotNull',
  'dropDefault',
  'addIndex',
])
const retypes = new Set<Change['kind']>(['dropEnumValue', 'renameEnumValue', 'renameType', 'dropType'])

/** The tables of which every use in the code decides over a change: what is taken away, newly required or indexed. */
export function tablesInQuestion(steps: readonly Step[], options: { readonly indexes: boolean }): ReadonlySet<Key> {
  const tables = new Set<Key>()
  for (const step of steps) {
    for (const change of step.changes) {
      if (change.kind === 'addIndex' && !options.indexes) continue
      if (change.kind === 'addColumn' && !change.to.nullable && change.to.default === null) tables.add(change.table)
      else if ('table' in change && takesAway.has(change.kind)) tables.add(change.table)
      else if ('object' in change && retypes.has(change.kind))
        for (const table of tablesOfType(change.object, [step.before, step.after])) tables.add(table)
      if (change.kind === 'renameTable' || change.kind === 'setTableSchema') tables.add(change.to)
    }
  }
  // A new type takes the place of an old one where a column changes over to it.
  const retyped = steps.flatMap((step) => step.changes).filter((change) => change.kind === 'alterColumnType')
  if (steps.some((step) => step.changes.some((change) => change.kind === 'createEnum' || change.kind === 'createType')))
    for (const change of retyped) tables.add(change.table)
  tables.delete('')
  return tables
}

function tablesOfType(type: Key, schemas: readonly Schema[]): Key[] {
  const names = new Set([type, nameOf(type), `"${nameOf(type)}"`])
  return schemas.flatMap((schema) =>
    [...schema.tables.values()]
      .filter((t) => t.columns.some((c) => names.has((c.type ?? '').replace(/\[\]$/, ''))))
      .map((t) => t.key),
  )
}

/** The words of which one stands in every file that uses one of the tables: delegates and relations of Prisma, constants of Drizzle, names in SQL. */
export function wordsFor(
  tables: ReadonlySet<Key>,
  names: readonly ProjectNames[],
  constants: ReadonlyMap<string, Key>,
): RegExp | null {
  const words = new Set<string>()
  for (const table of tables) words.add(nameOf(table))
  for (const [name, table] of constants) if (tables.has(table)) words.add(name)
  for (const { models } of names) {
    const called = new Set<string>()
    for (const [delegate, model] of models) {
      if (!tables.has(model.table)) continue
      words.add(delegate)
      called.add(model.name)
    }
    for (const model of models.values())
      for (const [field, is] of model.fields) if (is.is === 'relation' && called.has(is.model)) words.add(field)
  }
  return words.size === 0
    ? null
    : new RegExp(`(?<![\\w$])(?:${[...words].map((w) => w.replace(/[^\w]/g, '\\$&')).join('|')})(?![\\w$])`)
}

/** What is known of the files of code before one is parsed. */
export interface Surveyed {
  readonly entries: readonly TreeEntry[]
  readonly features: ReadonlyMap<string, Features>
  readonly changed: ChangedLines
  /** True for a file that may hold a query. */
  readonly queries: (path: string) => boolean
}

/**
 * The files that decide: those of the pull request, those that set up clients, those that import a changed file in which queries stand
 * (they may call it in a loop), and those that may use a table in question, themselves or by what they import.
 */
export async function filesInQuestion(
  surveyed: Surveyed,
  words: RegExp | null,
  texts: (paths: readonly string[]) => Promise<ReadonlyMap<string, string>>,
): Promise<readonly string[]> {
  const { entries, features, changed, queries } = surveyed
  const paths = entries.map((e) => e.path)
  const chosen = new Set(
    paths.filter(
      (path) =>
        features.get(path)?.setup === true ||
        (changed.has(path) && (queries(path) || features.get(path)?.loops === true)),
    ),
  )
  for (const path of importers(
    paths.filter((p) => changed.has(p) && queries(p)),
    paths,
    features,
  ))
    if (features.get(path)?.loops === true) chosen.add(path)
  if (words === null) return [...chosen]
  const looked = paths.filter((path) => queries(path) || features.get(path)?.fragments === true)
  const naming: string[] = []
  for (const [path, text] of await texts(looked)) if (words.test(text)) naming.push(path)
  for (const path of naming) if (queries(path)) chosen.add(path)
  for (const path of importers(
    naming.filter((p) => !queries(p)),
    paths,
    features,
  ))
    if (queries(path)) chosen.add(path)
  return [...chosen]
}

/** The files that import one of some, be it through a file that hands its exports on. Specifiers are compared by their last part only. */
function importers(
  of: readonly string[],
  paths: readonly string[],
  features: ReadonlyMap<string, Features>,
): ReadonlySet<string> {
  const found = new Set<string>()
  const names = new Set(of.flatMap(specifiersOf))
  for (let before = -1; names.size > before;) {
    before = names.size
    for (const path of paths) {
      const looks = features.get(path)
      if (looks === undefined || found.has(path) || !looks.imports.some((name) => names.has(name))) continue
      found.add(path)
      if (looks.passesOn) for (const name of specifiersOf(path)) names.add(name)
    }
  }
  return found
}

/** How a specifier that means a file may end: its name, or its folder's for an index. */
function specifiersOf(path: string): string[] {
  const parts = path.replace(/\.[cm]?[jt]sx?$/, '').split('/')
  const name = parts.at(-1) ?? ''
  return name === 'index'
    ? [name, ...parts.slice(-2, -1), ...(parts.at(-2) === 'src' ? parts.slice(-3, -2) : [])]
    : [name]
}
