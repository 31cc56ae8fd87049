import type { Place } from '../../location.ts'
import { sourceFile } from '../../location.ts'
import { listValue } from './ast.ts'
import type { PrismaDocument, PrismaSetting } from './ast.ts'
import type { PrismaFile } from './engine.ts'

/** Connection settings, which the engine takes from `prisma.config.ts` alone and refuses in a schema. */
const connectionSettings = ['url', 'directUrl', 'shadowDatabaseUrl']

/** Stands for a quote in the value of an enum, which the engine writes between quotes as it is in `CREATE TYPE` and doubles in a default. */
const quote = '\uE000'

/** The SQL of the engine with what stands in for something else written as SQL has it. */
export function fromEngine(sql: string): string {
  // Between two schemas the engine makes a name up for the sequence behind a column of CockroachDB.
  return sql.replaceAll(quote, "''").replaceAll(/"prisma_sequence_([^"]+)"/g, '"$1_seq"')
}

/** Preview features that change what the schema means for the database; the engine refuses the names of those that are retired. */
const meaningfulFeatures: ReadonlySet<string> = new Set([
  'partialIndexes',
  'postgresqlExtensions',
  'shardKeys',
  'views',
])

/**
 * The text of a schema file as the engine accepts it: what older projects write and the engine refuses is blanked or
 * written as today. Every line stays the same line, so that those of the engine's messages are those of the file.
 */
export function forEngine(document: PrismaDocument, text: string): PrismaFile {
  const file = sourceFile(document.path, text)
  const edits: { readonly start: number; readonly end: number; readonly by: string }[] = []
  const startOf = (place: Place) => (file.lineStarts[place.line - 1] ?? 0) + place.column - 1
  const endOf = (place: Place) => (file.lineStarts[place.endLine - 1] ?? 0) + place.endColumn
  const overwrite = (place: Place, by: string) => {
    edits.push({ start: startOf(place), end: endOf(place), by })
  }
  for (const block of document.blocks) {
    if (block.kind === 'datasource') {
      for (const name of connectionSettings) {
        const setting = block.settings.get(name)
        if (setting !== undefined) overwrite(setting.place, '')
      }
      const old = block.settings.get('referentialIntegrity')
      if (old !== undefined && block.settings.get('relationMode') === undefined) overwrite(old.place, renamed(old))
    }
    if (block.kind === 'generator') {
      const features = block.settings.get('previewFeatures')
      if (features !== undefined) overwrite(features.place, keptFeatures(features))
    }
    for (const { place } of block.values.flatMap((value) => value.attributes)) {
      const written = text.slice(startOf(place), endOf(place))
      if (written.includes("'")) overwrite(place, written.replaceAll("'", quote))
    }
    if (block.kind === 'view') {
      for (const { name, place } of [...block.attributes, ...block.fields.flatMap((field) => field.attributes)]) {
        const at = text.indexOf('id', startOf(place))
        if (name === 'id') edits.push({ start: at, end: at + 'id'.length, by: 'unique' })
      }
    }
  }
  return { path: document.path, content: edited(text, edits) }
}

function edited(
  text: string,
  edits: readonly { readonly start: number; readonly end: number; readonly by: string }[],
): string {
  const parts: string[] = []
  let from = 0
  for (const edit of [...edits].sort((a, b) => a.start - b.start)) {
    parts.push(text.slice(from, edit.start), edit.by)
    from = edit.end
  }
  return parts.join('') + text.slice(from)
}

function renamed(setting: PrismaSetting): string {
  return setting.value.kind === 'string' ? `relationMode="${setting.value.text}"` : ''
}

function keptFeatures(setting: PrismaSetting): string {
  const kept = listValue(setting.value).flatMap((item) =>
    item.kind === 'string' && meaningfulFeatures.has(item.text) ? [`"${item.text}"`] : [],
  )
  return kept.length === 0 ? '' : `previewFeatures=[${kept.join(',')}]`
}
