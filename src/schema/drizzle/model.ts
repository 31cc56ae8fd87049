import type { Note } from '../../finding.ts'
import type { Place } from '../../location.ts'
import { sourceFile, startOf } from '../../location.ts'
import { loadParser } from '../../sql/parser.ts'
import { readSql } from '../../sql/read.ts'
import type { Statement } from '../../sql/statement.ts'
import { dialectNote } from '../dialect-note.ts'
import { emptySchema } from '../model.ts'
import type { Schema } from '../model.ts'
import { applyStatement } from '../replay.ts'
import { withoutUnknowns } from './clean.ts'
import { statementsOf, tableSql } from './ddl.ts'
import type { KitStatement, Part } from './ddl.ts'
import type { Kit, KitColumn, KitTable } from './kit.ts'
import { overlaid } from './overlay.ts'
import type { Sources } from './places.ts'
import { portableSchema } from './portable.ts'

/** A schema with what could not be read of it. */
export interface DrizzleSchema {
  readonly schema: Schema
  readonly notes: readonly Note[]
}

const postgres = 18

/**
 * Turns a schema in drizzle-kit's form into the model. For Postgres the SQL that it stands for is replayed, so that types, defaults and
 * names are what the server would make of them; then the places are laid over it.
 */
export async function schemaOfKit(kit: Kit, sources: Sources, path: string): Promise<DrizzleSchema> {
  const { placeOf } = sources
  const fallback = startOf(path)
  const cleaned = withoutUnknowns(kit, placeOf, fallback)
  if (kit.dialect !== 'postgresql')
    return {
      schema: portableSchema(cleaned.kit, placeOf, fallback),
      notes: [...cleaned.notes, dialectNote(kit.dialect, path, 1)],
    }
  await loadParser()
  const notes: Note[] = [...cleaned.notes]
  const incomplete = new Set(cleaned.incomplete)
  const untyped = new Map(cleaned.untyped)
  let schema = emptySchema('postgresql')
  const options = { postgres, source: 'drizzle', alone: true } as const
  const statements = statementsOf(cleaned.kit)
  const parsed = parseAll(statements.map((it) => it.sql))
  const fail = (statement: KitStatement, reason: string): void => {
    if (statement.table) incomplete.add(statement.table)
    notes.push(
      unresolved(
        placeOf(statement.site) ?? fallback,
        `${labelOf(statement)} is not known as it is declared: ${reason}.`,
      ),
    )
  }
  const apply = (statement: KitStatement, node: Statement): void => {
    const { schema: after, refused } = applyStatement(schema, node, options)
    if (refused !== null) {
      fail(statement, refused)
      // A table that clashes with another by the name of a constraint is there all the same.
      const bare =
        statement.part === 'table' && statement.table
          ? parseAll([tableSql({ ...statement.table, primaryKeys: [], uniques: [], checks: [] })])[0]
          : null
      schema = bare ? applyStatement(schema, bare, options).schema : schema
      return
    }
    schema = after
  }
  for (const [i, statement] of statements.entries()) {
    const node = parsed[i]
    if (node) apply(statement, node)
    else if (statement.part === 'table' && statement.table) {
      const sound = soundTable(statement.table)
      const again = parseAll([tableSql(sound.table)])[0]
      incomplete.add(statement.table)
      untyped.set(statement.table, new Set([...(untyped.get(statement.table) ?? []), ...sound.untyped]))
      for (const it of sound.failed)
        notes.push(
          unresolved(
            placeOf(it.site) ?? fallback,
            `${it.what} of \`${statement.name}\` is not SQL that Postgres reads.`,
          ),
        )
      if (again) apply(statement, again)
      else fail(statement, 'it is not SQL that Postgres reads')
    } else fail(statement, 'it is not SQL that Postgres reads')
  }
  return { schema: overlaid(schema, cleaned.kit, { ...sources, fallback, incomplete, untyped }), notes }
}

/** The statement of each text; null for a text that is not exactly one. */
function parseAll(texts: readonly string[]): readonly (Statement | null)[] {
  const starts: number[] = []
  let text = ''
  for (const it of texts) {
    starts.push(text.length)
    text += `${it};\n`
  }
  const all = readSql(sourceFile('drizzle', text), { dialect: 'postgresql' }).statements.filter(
    (it) => it.inside === null,
  )
  const byStart = new Map(all.map((it) => [it.start, it]))
  const counted = new Set(starts)
  // One text that breaks in the middle spoils what follows in the same file, so each is read on its own then.
  if (all.length === texts.length && all.every((it) => counted.has(it.start)))
    return starts.map((it) => byStart.get(it) ?? null)
  return texts.map((it) => {
    const alone = readSql(sourceFile('drizzle', it), { dialect: 'postgresql' })
    const [first, second] = alone.statements.filter((one) => one.inside === null)
    return first && !second && alone.problems.length === 0 && first.start === 0 ? first : null
  })
}

function unresolved(place: Place, message: string): Note {
  return { kind: 'unresolved', blocking: false, path: place.path, line: place.line, message }
}

const words: Readonly<Record<Part, string>> = {
  schema: 'Schema',
  enum: 'Enum',
  sequence: 'Sequence',
  table: 'Table',
  foreignKey: 'Foreign key',
  index: 'Index',
  view: 'View',
  security: 'Row security of',
  policy: 'Policy',
}

function labelOf({ part, name, table }: KitStatement): string {
  const isPart = table !== null && part !== 'table' && part !== 'security'
  return `${words[part]} \`${name}\`${isPart ? ` of \`${table.name}\`` : ''}`
}

/** A table without the parts that are not SQL. */
function soundTable(table: KitTable): {
  readonly table: KitTable
  readonly untyped: readonly string[]
  readonly failed: readonly { readonly what: string; readonly site: string | null }[]
} {
  const failed: { what: string; site: string | null }[] = []
  const untyped: string[] = []
  const bare: KitTable = { ...table, columns: [], primaryKeys: [], uniques: [], checks: [] }
  const reads = (part: Partial<KitTable>): boolean => parseAll([tableSql({ ...bare, ...part })])[0] !== null
  const columns = table.columns.map((it): KitColumn => {
    if (reads({ columns: [it] })) return it
    const plain = { ...it, default: null, generated: null }
    if (reads({ columns: [plain] })) {
      failed.push({ what: `The default of column \`${it.name}\``, site: it.site })
      return plain
    }
    failed.push({ what: `The type of column \`${it.name}\``, site: it.site })
    untyped.push(it.name)
    return { ...plain, type: 'text', typeSchema: null, identity: null }
  })
  const checks = table.checks.filter((it) => {
    const fine = reads({ checks: [it] })
    if (!fine) failed.push({ what: `Check \`${it.name}\``, site: it.site })
    return fine
  })
  return { table: { ...table, columns, checks }, untyped, failed }
}
