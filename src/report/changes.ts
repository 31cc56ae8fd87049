import { subjectOf, tableOf } from '../schema/change.ts'
import type { Change } from '../schema/change.ts'
import { short } from './comment.ts'
import { code, codeSpan, details, escapeMarkdown } from './markdown-escape.ts'
import type { Report } from './report.ts'
import { count, summarizeChanges } from './verdict.ts'

/** So many tables are told in a line; more of them are counted, and shown in a folded table. */
const tablesInLine = 3
const mostTables = 40
const changesOfTable = 8

/** What becomes of the schema, table by table; none where nothing does. */
export function schemaChanges(report: Pick<Report, 'projects'>): readonly string[] {
  const changes = report.projects.flatMap((p) => p.changes)
  if (changes.length === 0) return []
  const tables = byTable(changes, code)
  // A pipe is escaped in a table only.
  if (tables.length <= tablesInLine)
    return [
      `**Schema**: ${byTable(changes, codeSpan)
        .map(([table, words]) => `${table === '' ? '' : `${codeSpan(table)} `}${listed(words)}`)
        .join('; ')}`,
    ]
  const rows = tables
    .slice(0, mostTables)
    .map(([table, words]) => `| ${table === '' ? '' : code(table)} | ${listed(words)} |`)
  return [
    details(
      `Schema: ${summarizeChanges(changes)}`,
      `| Table | Changes |\n| --- | --- |\n${rows.join('\n')}${tables.length > mostTables ? `\n\nand ${tables.length - mostTables} more tables` : ''}`,
    ),
  ]
}

function listed(words: readonly string[]): string {
  return (
    words.slice(0, changesOfTable).join(', ') +
    (words.length > changesOfTable ? `, ${words.length - changesOfTable} more` : '')
  )
}

function byTable(
  changes: readonly Change[],
  show: (name: string) => string,
): readonly (readonly [table: string, words: readonly string[]])[] {
  const tables = new Map<string, string[]>()
  for (const change of changes) {
    const words = changeWords(change, show)
    if (words === null) continue
    const table = tableOf(change)
    const name = table === undefined || table === '' ? '' : short(table)
    tables.set(name, [...(tables.get(name) ?? []), words])
  }
  return [...tables]
}

function changeWords(change: Change, show: (name: string) => string): string | null {
  if ('inline' in change && change.inline) return null
  const subject = show(short(subjectOf(change)))
  switch (change.kind) {
    case 'createTable':
      return `new, ${count(change.to.columns.length, 'column')}`
    case 'dropTable':
      return 'dropped'
    case 'renameTable':
    case 'setTableSchema':
      return `becomes ${show(short(change.to))}`
    case 'addColumn':
      return `+ ${subject}${change.to.type === null ? '' : ` ${escapeMarkdown(change.to.type)}`}${change.to.nullable ? '' : ' not null'}`
    case 'dropColumn':
      return `− ${subject}`
    case 'renameColumn':
      return `${subject} becomes ${show(change.to)}`
    case 'alterColumnType':
      return `${subject} ${escapeMarkdown(change.from.type ?? 'unknown')} becomes ${escapeMarkdown(change.to.type ?? 'unknown')}`
    case 'setNotNull':
      return `${subject} not null`
    case 'dropNotNull':
      return `${subject} nullable`
    case 'addIndex':
      return `+ index ${subject}`
    case 'dropIndex':
      return `− index ${subject}`
    case 'addForeignKey':
      return `+ foreign key ${subject}`
    case 'addUnique':
    case 'addCheck':
    case 'addPrimaryKey':
    case 'addExclusion':
      return `+ constraint ${subject}`
    case 'dropConstraint':
      return `− constraint ${subject}`
    default:
      return `${change.kind.replace(/[A-Z]/g, (c) => ` ${c.toLowerCase()}`)} ${subject}`
  }
}
