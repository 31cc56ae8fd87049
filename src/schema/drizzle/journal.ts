import type { Note } from '../../finding.ts'
import type { Expression } from 'oxc-parser'
import { placeOf, sourceFile, startOf } from '../../location.ts'
import type { Place, SourceFile } from '../../location.ts'
import { parseTypeScript } from '../../typescript.ts'
import { dataOf, keyOf } from './data.ts'
import type { Data } from './data.ts'

/** One line of drizzle-kit's journal: a migration that `migrate` knows of. */
export interface JournalEntry {
  readonly idx: number
  /** Name of the file without `.sql`. */
  readonly tag: string
  /** Milliseconds since 1970; `migrate` runs a file only if this is greater than that of the last one applied. */
  readonly when: number
  readonly breakpoints: boolean
  /** Path of the file, whether or not it is there. */
  readonly file: string
  readonly place: Place
}

/** `meta/_journal.json`, held against the files beside it. */
export interface DrizzleJournal {
  readonly path: string
  /** Format, `7`; null where it does not say. */
  readonly version: string | null
  /** As written: `postgresql`, `pg`, `mysql`, `sqlite`. */
  readonly dialect: string | null
  /** In the order of the file, which is the order in which they run. */
  readonly entries: readonly JournalEntry[]
  /** Entries whose file is not there: `migrate` fails. */
  readonly missing: readonly JournalEntry[]
  /** Paths of `.sql` files that no entry names: they never run. */
  readonly orphans: readonly string[]
  /** Entries whose `when` is not greater than that of one before: skipped wherever that one is applied already. */
  readonly outOfOrder: readonly JournalEntry[]
}

/**
 * Reads drizzle-kit's journal. `files` are paths of the tree; only those directly in the folder above `meta/` count. A text that is
 * no journal is null and a note.
 */
export function readDrizzleJournal(
  text: string,
  path: string,
  files: readonly string[],
): { readonly journal: DrizzleJournal | null; readonly notes: readonly Note[] } {
  const fail = (line: number, message: string): { journal: null; notes: Note[] } => ({
    journal: null,
    notes: [{ kind: 'unparsed', blocking: true, path, line, message }],
  })
  const source = sourceFile(path, `(${text})`)
  const parsed = parseTypeScript(`${path}.js`, source.text)
  if (parsed.program === null) return fail(1, `The journal of the migrations cannot be read: ${parsed.refused}.`)
  const conflict = /^(<{7}|={7}|>{7})/m.exec(text)
  if (conflict)
    return fail(
      text.slice(0, conflict.index).split('\n').length,
      'The journal of the migrations holds a merge conflict.',
    )
  const statement = parsed.program.body[0]
  const root = statement?.type === 'ExpressionStatement' ? unwrap(statement.expression) : null
  if (parsed.errors.length > 0 || root?.type !== 'ObjectExpression')
    return fail(1, 'The journal of the migrations is not JSON.')
  const list = root.properties.find((it) => keyOf(it) === 'entries')
  const nodes = list?.type === 'Property' && list.value.type === 'ArrayExpression' ? list.value.elements : null
  if (!nodes) return fail(1, 'The journal of the migrations has no `entries`.')
  const folder = path.replace(/(^|\/)meta\/[^/]*$/, '').replace(/\/[^/]*\.json$/, '')
  const prefix = folder === '' || folder === path ? '' : `${folder}/`
  const entries: JournalEntry[] = []
  const notes: Note[] = []
  for (const node of nodes) {
    if (!node || node.type === 'SpreadElement') continue
    const place = shifted(source, node.start, node.end)
    const entry = entryOf(dataOf(node, new Map()), prefix, place)
    if (entry) entries.push(entry)
    else
      notes.push({
        kind: 'unread',
        blocking: false,
        path,
        line: place.line,
        message: 'An entry of the journal has no `tag`, so it names no file.',
      })
  }
  const field = (name: string): Data => {
    const property = root.properties.find((it) => keyOf(it) === name)
    return property?.type === 'Property' ? dataOf(property.value as Expression, new Map()) : undefined
  }
  const version = field('version')
  const dialect = field('dialect')
  const present = files.filter(
    (it) => it.startsWith(prefix) && it.endsWith('.sql') && !it.slice(prefix.length).includes('/'),
  )
  const there = new Set(present)
  const named = new Set(entries.map((it) => it.file))
  return {
    journal: {
      path,
      version: typeof version === 'string' || typeof version === 'number' ? String(version) : null,
      dialect: typeof dialect === 'string' ? dialect : null,
      entries,
      missing: entries.filter((it) => !there.has(it.file)),
      orphans: present.filter((it) => !named.has(it)),
      outOfOrder: late(entries),
    },
    notes,
  }
}

/** The folders of Drizzle v1, one a migration, in the order in which they run; a folder needs its `migration.sql`. */
export function readDrizzleFolders(
  folder: string,
  files: readonly string[],
): readonly { readonly tag: string; readonly file: string; readonly snapshot: string | null }[] {
  const prefix = folder === '' ? '' : `${folder}/`
  const known = new Set(files)
  return files
    .filter(
      (it) => it.startsWith(prefix) && it.endsWith('/migration.sql') && it.slice(prefix.length).split('/').length === 2,
    )
    .map((file) => {
      const home = file.slice(0, -'migration.sql'.length)
      return {
        tag: home.slice(prefix.length, -1),
        file,
        snapshot: known.has(`${home}snapshot.json`) ? `${home}snapshot.json` : null,
      }
    })
    .toSorted((a, b) => (a.tag < b.tag ? -1 : 1))
}

function unwrap(node: Expression): Expression {
  return node.type === 'ParenthesizedExpression' ? unwrap(node.expression) : node
}

/** The text stands one character further right than in its file. */
function shifted(source: SourceFile, start: number, end: number): Place {
  const place = placeOf(source, start, end)
  const back = (line: number, column: number): number => (line === 1 ? Math.max(1, column - 1) : column)
  return start < 1
    ? startOf(source.path)
    : { ...place, column: back(place.line, place.column), endColumn: back(place.endLine, place.endColumn) }
}

function entryOf(data: Data, prefix: string, place: Place): JournalEntry | null {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return null
  const { tag, idx, when, breakpoints } = data as { readonly [name: string]: Data }
  if (typeof tag !== 'string') return null
  return {
    idx: typeof idx === 'number' ? idx : -1,
    tag,
    when: typeof when === 'number' ? when : 0,
    breakpoints: breakpoints !== false,
    file: `${prefix}${tag}.sql`,
    place,
  }
}

function late(entries: readonly JournalEntry[]): readonly JournalEntry[] {
  let newest = Number.NEGATIVE_INFINITY
  return entries.filter((it) => {
    const isLate = it.when <= newest
    newest = Math.max(newest, it.when)
    return isLate
  })
}
