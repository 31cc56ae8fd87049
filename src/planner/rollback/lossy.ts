import type { Step } from '../../step.ts'
import type { Change } from '../../schema/change.ts'
import { selectsStar } from '../../schema/sql/ddl.ts'
import { nameOf, schemaOf, type Key, type Schema, type Table } from '../../schema/model.ts'
import { quoteIdent, quoteKey, quoteLiteral, quoteName } from '../../schema/sql/quote.ts'
import { typeLoss } from '../../schema/type-change.ts'
import { rowParts } from '../backfill/row-parts.ts'
import { relationKey } from '../../schema/relation.ts'

/** What a change destroys, in one sentence, with the statements that save it before and bring it back after. */
export interface Loss {
  readonly sentence: string
  /** To run before the migration; empty where nothing can be saved. */
  readonly save: readonly string[]
  /** To run after the way back; empty where `save` is, or where only a person can tell. */
  readonly restore: readonly string[]
}

const nothing = { save: [], restore: [] }

/** What the steps destroy beyond what SQL for the schema brings back, in the order of the steps. */
export function lossesOf(steps: readonly Step[], before: Schema): readonly Loss[] {
  const losses: Loss[] = []
  const fresh = new Set<Key>()
  const columns = new Set<string>()
  for (const step of steps) {
    if (step.statement.inside === 'function') continue
    for (const change of step.changes) {
      if (change.kind === 'createTable') fresh.add(change.table)
      if (change.kind === 'addColumn') columns.add(`${change.table}.${change.to.name}`)
      const loss = lossOf(change, step, fresh, before)
      if (loss) losses.push(loss)
    }
    const loss = fillsNewColumns(step, columns) ? null : lossOfRows(step, fresh)
    if (loss) losses.push(loss)
  }
  const seen = new Set<string>()
  return losses.filter((l) => !seen.has(l.sentence) && seen.add(l.sentence))
}

function lossOf(change: Change, step: Step, fresh: ReadonlySet<Key>, before: Schema): Loss | null {
  const d = step.before.defaultSchema
  const table = 'table' in change ? change.table : ''
  if (table && fresh.has(table)) return null
  const old = step.before.tables.get(table)
  switch (change.kind) {
    case 'dropTable':
      return {
        sentence: `Dropping ${named(table, d)} loses its rows: the table comes back empty.`,
        ...saveTable(change.from, d),
      }
    case 'dropColumn':
      return change.from.generated
        ? null
        : {
            sentence: `Dropping ${namedColumn(table, change.from.name, d)} loses its values: the column comes back ${change.from.default === null ? 'empty' : 'with its default'}.`,
            ...saveColumn(old, change.from.name, d),
          }
    case 'alterColumnType': {
      const { from, to } = change
      const name = namedColumn(table, to.name, d)
      if (typeLoss(from.type, to.type)) {
        return {
          sentence: `${name} goes from ${typeName(from.type)} to ${typeName(to.type)}: what is cut or cast does not come back.`,
          ...saveColumn(old, from.name, d),
        }
      }
      const back = typeLoss(to.type, from.type)
      return back
        ? {
            sentence: `Values written to ${name} as ${typeName(to.type)} need not fit ${typeName(from.type)}: going back ${back === 'fails' ? 'fails for them' : 'cuts them'}.`,
            ...nothing,
          }
        : null
    }
    case 'setGenerated':
      return change.from.generated
        ? null
        : {
            sentence: `${namedColumn(table, change.from.name, d)} becomes generated: the values that it held are overwritten.`,
            ...saveColumn(old, change.from.name, d),
          }
    case 'addEnumValue':
      return {
        sentence:
          `Rows that hold the value ${code(change.value)} of ${named(change.object, d)} stop the way back: Postgres drops no enum value, so the type is made again without it.` +
          findValue(before, change.object, change.value),
        ...nothing,
      }
    case 'dropSequence':
      return { sentence: `Dropping the sequence ${named(change.object, d)} loses its current value.`, ...nothing }
    case 'dropView': {
      const save = [`SELECT pg_get_viewdef(${quoteLiteral(quoteKey(change.object, d))}::regclass)`]
      if (!change.from?.definition)
        return {
          sentence: `The query of the view ${named(change.object, d)} is not known here, so it cannot be made again.`,
          save,
          restore: [],
        }
      return selectsStar(change.from)
        ? {
            sentence: `The view ${named(change.object, d)} takes all columns (\`*\`): it comes back with those that its tables have by then.`,
            save,
            restore: [],
          }
        : null
    }
    case 'dropFunction': {
      const list = step.before.functions.get(change.object) ?? []
      return list.length && list.every((f) => f.definition)
        ? null
        : {
            sentence: `The body of ${named(change.object, d)} is not known here, so it cannot be made again.`,
            save: [
              `SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = ${quoteLiteral(nameOf(change.object))}`,
            ],
            restore: [],
          }
    }
    case 'dropExtension':
      return {
        sentence: `Dropping the extension ${code(change.object)} loses what was stored in its types.`,
        ...nothing,
      }
    case 'dropSchema':
      return change.cascade
        ? { sentence: `Dropping the schema ${code(change.object)} with CASCADE loses all rows in it.`, ...nothing }
        : null
    default:
      return null
  }
}

/** An UPDATE of columns that the same change adds overwrites nothing. */
function fillsNewColumns(step: Step, columns: ReadonlySet<string>): boolean {
  const target = targetTable(step)
  const parts = step.statement.kind === 'UpdateStmt' ? rowParts(step.statement) : null
  const assigned = parts && typeof parts === 'object' ? parts.assignments : null
  return target !== null && assigned !== null && assigned.every((a) => columns.has(`${target}.${a.column}`))
}

function lossOfRows(step: Step, fresh: ReadonlySet<Key>): Loss | null {
  const { kind, place } = step.statement
  const where = `${code(place.path)} line ${place.line}`
  const d = step.before.defaultSchema
  const target = targetTable(step)
  if (target && fresh.has(target)) return null
  const of = target ? ` of ${named(target, d)}` : ''
  const old = target ? step.before.tables.get(target) : undefined
  const saved = old ? { save: saveTable(old, d).save, restore: [] } : nothing
  switch (kind) {
    case 'UpdateStmt':
      return { sentence: `The UPDATE at ${where} overwrites values${of}: the old ones are not kept.`, ...saved }
    case 'DeleteStmt':
      return { sentence: `The DELETE at ${where} removes rows${of}: they do not come back.`, ...saved }
    case 'TruncateStmt':
      return { sentence: `The TRUNCATE at ${where} removes all rows${of}: they do not come back.`, ...saved }
    case 'MergeStmt':
      return { sentence: `The MERGE at ${where} changes rows${of}: the old ones are not kept.`, ...saved }
    case 'InsertStmt':
      return { sentence: `The rows that the INSERT at ${where} adds stay: delete them by hand.`, ...nothing }
    case 'GrantStmt':
    case 'GrantRoleStmt':
      return { sentence: `The grants at ${where} are not undone.`, ...nothing }
    default:
      return null
  }
}

/** The table that a statement on rows is about, where it is one that is known. */
export function targetTable(step: Step): Key | null {
  interface Name {
    readonly schemaname?: string
    readonly relname?: string
  }
  const body = Object.values(step.statement.node)[0] as
    | { readonly relation?: Name; readonly relations?: readonly { readonly RangeVar?: Name }[] }
    | undefined
  const relation = body?.relation ?? body?.relations?.[0]?.RangeVar
  if (!relation?.relname) return null
  const of = relationKey(relation, step.before)
  return step.before.tables.has(of) || step.after.tables.has(of) ? of : null
}

function typeName(type: string | null): string {
  return type === null ? 'an unknown type' : code(type)
}

function code(text: string): string {
  return `\`${text.replaceAll('`', "'")}\``
}

function named(of: Key, d: string): string {
  return code(schemaOf(of) === d ? nameOf(of) : of)
}

function namedColumn(table: Key, column: string, d: string): string {
  return code(`${schemaOf(table) === d ? nameOf(table) : table}.${column}`)
}

function findValue(schema: Schema, type: Key, value: string): string {
  const d = schema.defaultSchema
  const spelled = quoteKey(type, d)
  const queries = [...schema.tables.values()].flatMap((t) =>
    t.columns
      .filter((c) => c.type === spelled)
      .map(
        (c) => `SELECT count(*) FROM ${quoteKey(t.key, d)} WHERE ${quoteIdent(c.name)}::text = ${quoteLiteral(value)}`,
      ),
  )
  return queries.length ? ` Find them: ${queries.join('; ')}.` : ''
}

function saveTable(table: Table, d: string): Pick<Loss, 'save' | 'restore'> {
  const saved = savedName(table.key, '', d)
  const columns = table.columns
    .filter((c) => !c.generated)
    .map((c) => quoteIdent(c.name))
    .join(', ')
  const override = table.columns.some((c) => c.identity === 'always') ? ' OVERRIDING SYSTEM VALUE' : ''
  return {
    save: [`CREATE TABLE ${saved} AS TABLE ${quoteKey(table.key, d)}`],
    restore: columns
      ? [`INSERT INTO ${quoteKey(table.key, d)} (${columns})${override} SELECT ${columns} FROM ${saved}`]
      : [],
  }
}

function saveColumn(table: Table | undefined, name: string, d: string): Pick<Loss, 'save' | 'restore'> {
  if (!table) return nothing
  const key = table.primaryKey?.columns ?? []
  const saved = savedName(table.key, name, d)
  const from = quoteKey(table.key, d)
  if (!key.length || key.includes(name)) return { save: [`CREATE TABLE ${saved} AS TABLE ${from}`], restore: [] }
  return {
    save: [`CREATE TABLE ${saved} AS SELECT ${[...key, name].map(quoteIdent).join(', ')} FROM ${from}`],
    restore: [
      `UPDATE ${from} AS t SET ${quoteIdent(name)} = s.${quoteIdent(name)} FROM ${saved} AS s WHERE ${key.map((k) => `t.${quoteIdent(k)} = s.${quoteIdent(k)}`).join(' AND ')}`,
    ],
  }
}

/** The table that keeps what is saved, named within the 63 bytes that Postgres gives a name. */
function savedName(table: Key, column: string, d: string): string {
  let base = column ? `${nameOf(table)}_${column}` : nameOf(table)
  while (Buffer.byteLength(base) > 56) base = base.slice(0, -1)
  return quoteName(schemaOf(table), `${base}_backup`, d)
}
