import type { Change, ChangeOf } from '../change.ts'
import { tableOf } from '../change.ts'
import { identityOptions } from '../sql/ddl.ts'
import { indexColumns, nameOf, schemaOf, type Column, type Key } from '../model.ts'

/** A piece of a sentence: words of ours, or a name or expression of the user's. */
export type Piece = string | { readonly code: string }

/** What changed about one table or other object: its name and one entry a change, in the order of the changes. */
interface ChangedObject {
  readonly object: Key
  readonly name: string
  readonly entries: readonly (readonly Piece[])[]
}

/** Changes put together by the table or object that they are about. */
function changesByObject(changes: readonly Change[], defaultSchema = 'public'): readonly ChangedObject[] {
  const objects = new Map<Key, Piece[][]>()
  for (const change of changes) {
    const object = tableOf(change) || ('object' in change ? change.object : '')
    const entry = describeChange(change, defaultSchema)
    if (!entry.length) continue
    const list = objects.get(object)
    if (list) list.push([...entry])
    else objects.set(object, [[...entry]])
  }
  return [...objects].map(([object, entries]) => ({ object, name: shortName(object, defaultSchema), entries }))
}

/** Changes as plain text, a line for each object: `users: + name text, − legacy_id`. Empty where there are none. */
export function changesToText(changes: readonly Change[], defaultSchema = 'public'): string {
  return changesByObject(changes, defaultSchema)
    .map((o) => `${printable(o.name)}: ${o.entries.map(plain).join(', ')}\n`)
    .join('')
}

/** Changes as one Markdown sentence with names as code: "`users` + `name` text, − `legacy_id`; `role` + `admin`". */
export function changesToMarkdown(changes: readonly Change[], defaultSchema = 'public', limit = 12): string {
  const objects = changesByObject(changes, defaultSchema)
  const shown = objects.slice(0, limit).map((o) => {
    const entries = o.entries
      .slice(0, limit)
      .map((e) => e.map((p) => (typeof p === 'string' ? p : codeSpan(p.code))).join(''))
    const more = o.entries.length > limit ? [`${o.entries.length - limit} more`] : []
    return `${codeSpan(o.name)} ${[...entries, ...more].join(', ')}`
  })
  return [...shown, ...(objects.length > limit ? [`${objects.length - limit} more`] : [])].join('; ')
}

function plain(entry: readonly Piece[]): string {
  return entry.map((p) => (typeof p === 'string' ? p : printable(p.code))).join('')
}

/** Text without control and direction characters, so that a name cannot move the cursor of a terminal or begin a line. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
}

/** A text as Markdown code that nothing in it can end: the fence is longer than any run of backticks inside. */
export function codeSpan(text: string): string {
  const clean = printable(text).replaceAll('|', '\\|')
  const longest = Math.max(0, ...[...clean.matchAll(/`+/g)].map((m) => m[0].length))
  const fence = '`'.repeat(longest + 1)
  const pad = longest > 0 || clean.trim() === '' ? ' ' : ''
  return `${fence}${pad}${clean}${pad}${fence}`
}

function shortName(of: Key, defaultSchema: string): string {
  return of.includes('.') && schemaOf(of) === defaultSchema ? nameOf(of) : of
}

const code = (text: string): Piece => ({ code: text })
const codes = (names: readonly string[]): Piece => code(names.join(', '))

/** One change in a few words: `+ name text`, `− legacy_id`, `~ amount integer → bigint`. */
function describeChange(change: Change, defaultSchema = 'public'): readonly Piece[] {
  switch (change.kind) {
    case 'createTable':
      return [`+ table with ${count(change.to.columns.length, 'column')}`]
    case 'dropTable':
      return ['− table']
    case 'renameTable':
    case 'setTableSchema':
      return ['~ renamed to ', code(shortName(change.to, defaultSchema))]
    case 'setPersistence':
      return [`~ ${change.to}`]
    case 'attachPartition':
      return ['+ partition ', code(shortName(change.partition, defaultSchema))]
    case 'detachPartition':
      return ['− partition ', code(shortName(change.partition, defaultSchema))]
    case 'setRowSecurity':
      return [change.to.enabled ? `~ row security on${change.to.forced ? ', forced' : ''}` : '~ row security off']
    case 'commentTable':
      return ['~ comment']
    case 'commentColumn':
      return ['~ comment of ', code(change.column)]
    case 'commentConstraint':
    case 'commentIndex':
      return ['~ comment of ', code(change.name)]
    case 'commentType':
      return ['~ comment']
    case 'addInherit':
      return ['+ inherits ', code(shortName(change.parent, defaultSchema))]
    case 'dropInherit':
      return ['− inherits ', code(shortName(change.parent, defaultSchema))]
    case 'setStorage':
      return [
        '~ storage ',
        ...(change.index === null ? [] : ['of ', code(change.index), ' ']),
        change.to.length > 0 ? codes(change.to) : 'as by default',
      ]
    case 'grant':
    case 'revoke': {
      const to = change.kind === 'grant' ? ' to ' : ' from '
      return [
        change.kind === 'grant' ? '+ grant ' : '− grant ',
        codes(change.privileges),
        ...(change.signature === null ? [] : [' on ', code(change.signature)]),
        to,
        code(change.role),
      ]
    }
    case 'addColumn':
      return ['+ ', code(change.to.name), ` ${typeOf(change.to)}${change.to.nullable ? '' : ' not null'}`]
    case 'dropColumn':
      return ['− ', code(change.from.name)]
    case 'renameColumn':
    case 'renameConstraint':
    case 'renameIndex':
    case 'renameEnumValue':
      return ['~ ', code(change.from), ' renamed to ', code(change.to)]
    case 'alterColumnType':
    case 'setNotNull':
    case 'dropNotNull':
    case 'setDefault':
    case 'dropDefault':
    case 'setIdentity':
    case 'setGenerated':
      return ['~ ', code(change.from.name), ...columnPieces(change)]
    case 'addPrimaryKey':
      return ['+ primary key (', codes(change.to.columns), ')']
    case 'addUnique':
      return ['+ unique (', codes(change.to.columns), ')']
    case 'addForeignKey':
      return [
        '+ foreign key (',
        codes(change.to.columns),
        ') to ',
        code(shortName(`${change.to.references.schema}.${change.to.references.table}`, defaultSchema)),
        change.to.validated ? '' : ' not valid',
      ]
    case 'addCheck':
      return ['+ check ', code(change.to.name), change.to.validated ? '' : ' not valid']
    case 'addExclusion':
      return ['+ exclusion ', code(change.to.name)]
    case 'addNotNull':
      return ['~ ', code(change.column), change.validated ? ' not null' : ' not null, not valid']
    case 'validateConstraint':
      return ['~ ', code(change.name), ' validated']
    case 'alterConstraint':
      return ['~ ', code(change.name)]
    case 'dropConstraint':
      return ['− ', constraintWord(change), ' ', code(change.name)]
    case 'addIndex':
      return [
        `+ ${change.index.unique ? 'unique ' : ''}index `,
        code(change.index.name),
        ' (',
        codes(indexColumns(change.index)),
        ')',
      ]
    case 'dropIndex':
      return ['− index ', code(change.name)]
    case 'attachIndex':
      return ['~ index ', code(change.name), ' attached']
    case 'addTrigger':
      return ['+ trigger ', code(change.to.name)]
    case 'dropTrigger':
      return ['− trigger ', code(change.name)]
    case 'setTrigger':
      return ['~ trigger ', code(change.name), change.enabled ? ' on' : ' off']
    case 'addPolicy':
      return ['+ policy ', code(change.to.name)]
    case 'alterPolicy':
      return ['~ policy ', code(change.to.name)]
    case 'dropPolicy':
      return ['− policy ', code(change.name)]
    case 'createSchema':
      return ['+ schema']
    case 'dropSchema':
      return ['− schema']
    case 'renameSchema':
      return ['~ renamed to ', code(change.to)]
    case 'createEnum':
      return ['+ enum (', codes(change.to.values), ')']
    case 'addEnumValue':
      return ['+ ', code(change.value)]
    case 'dropEnumValue':
      return ['− ', code(change.value)]
    case 'createDomain':
      return [`+ domain over ${change.to.base ?? 'an unknown type'}`]
    case 'alterDomain':
      return ['~ domain']
    case 'createType':
      return ['+ type']
    case 'renameType':
      return ['~ renamed to ', code(shortName(change.to, defaultSchema))]
    case 'dropType':
      return ['− type']
    case 'createView':
      return [`${change.orReplace ? '~' : '+'} ${change.to.materialized ? 'materialized view' : 'view'}`]
    case 'dropView':
      return ['− view']
    case 'createFunction':
      return [`${change.from ? '~' : '+'} ${change.to.kind}`]
    case 'dropFunction':
      return ['− function']
    case 'createSequence':
      return ['+ sequence']
    case 'alterSequence':
      return ['~ sequence']
    case 'dropSequence':
      return ['− sequence']
    case 'createExtension':
      return ['+ extension']
    case 'dropExtension':
      return ['− extension']
  }
}

function columnPieces(
  change: ChangeOf<
    'alterColumnType' | 'setNotNull' | 'dropNotNull' | 'setDefault' | 'dropDefault' | 'setIdentity' | 'setGenerated'
  >,
): readonly Piece[] {
  const { from, to } = change
  switch (change.kind) {
    case 'alterColumnType':
      return from.type === to.type
        ? [' collation ', code(to.collation ?? 'default')]
        : [` ${typeOf(from)} → ${typeOf(to)}`]
    case 'setNotNull':
      return [' not null']
    case 'dropNotNull':
      return [' nullable']
    case 'setDefault':
      return [' default ', code(to.default ?? '')]
    case 'dropDefault':
      return [' no default']
    case 'setIdentity':
      return [to.identity ? ` identity ${to.identity}${identityOptions(to)}` : ' no identity']
    case 'setGenerated':
      return [to.generated ? ' generated' : ' no longer generated']
  }
}

// Types are the user's text too: what is not a plain type name is cut down to what it needs.
function typeOf(column: Column): string {
  return (column.type ?? 'unknown type').replaceAll(/[^\p{L}\p{N} _.,()[\]"]/gu, '').slice(0, 80)
}

function constraintWord(change: ChangeOf<'dropConstraint'>): string {
  switch (change.constraint?.type) {
    case 'primaryKey':
      return 'primary key'
    case 'foreignKey':
      return 'foreign key'
    case 'notNull':
      return 'not null'
    case undefined:
      return 'constraint'
    default:
      return change.constraint!.type
  }
}

function count(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? '' : 's'}`
}
