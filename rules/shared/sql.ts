import { quoteIdent, quoteName } from '../../src/sql/names.ts'
import { nameOf, schemaOf, type Column, type Key } from '../../src/schema/model.ts'
import { columnDefinition } from '../../src/schema/sql/ddl.ts'
import type { RuleContext } from '../../src/engine/rule.ts'

/** A table or type as it is written in SQL: quoted where it has to be, with its schema where that is not the default one. */
export function sqlName(of: Key, ctx: RuleContext): string {
  return quoteName(schemaOf(of), nameOf(of), ctx.before.defaultSchema)
}

/** A column or constraint as it is written in SQL. */
export function ident(name: string): string {
  return quoteIdent(name)
}

/** Names as a list in SQL. */
export function idents(names: readonly string[]): string {
  return names.map(quoteIdent).join(', ')
}

/** A default as people write it: Postgres prints `'free'::text` for `'free'`. */
export function shownDefault(of: string | null): string {
  return (of ?? '').replace(/^('(?:[^']|'')*')::[\w\s"().]+$/, '$1')
}

/** Statements as a fenced block of help. */
export function sql(...statements: readonly string[]): string {
  return `\`\`\`sql\n${statements.join('\n')}\n\`\`\``
}

/**
 * A statement with a body as the runner takes it: goose ends a statement at each line that ends in a semicolon, unless it is marked
 * (https://pressly.github.io/goose/documentation/annotations/).
 */
export function withBody(statement: string, { runner }: RuleContext): string {
  return runner.name === 'goose' && /;\s*\n/.test(statement.trimEnd())
    ? `-- +goose StatementBegin\n${statement}\n-- +goose StatementEnd`
    : statement
}

/** What a trigger runs: below PostgreSQL 11 the word is PROCEDURE. */
export function triggerCall(of: string, { postgres }: RuleContext): string {
  return `EXECUTE ${postgres < 11 ? 'PROCEDURE' : 'FUNCTION'} ${of}()`
}

/** The table by its name at this step, where it is known. */
export function tableAt(table: Key, ctx: RuleContext) {
  return (ctx.step?.before ?? ctx.after).tables.get(table)
}

/** The statement that adds a column as it is written, without what checks or indexes it. */
export function addColumnSql(table: Key, column: Column, ctx: RuleContext): string {
  const { notNull: _, ...plain } = column
  return `ALTER TABLE ${sqlName(table, ctx)} ADD COLUMN ${columnDefinition(plain)};`
}

/** The same without a value: nullable, no default, no numbers of its own. */
export function addEmptyColumnSql(table: Key, column: Column, ctx: RuleContext): string {
  return addColumnSql(table, { ...column, nullable: true, default: null, identity: null, generated: null }, ctx)
}

/** `users` has about 12,000,000 rows, for before what to do about it; nothing where nobody said. */
export function rowsSentence(table: Key, ctx: RuleContext): string {
  const rows = ctx.rows(table)
  return rows === undefined
    ? ''
    : `\`${ctx.name(table)}\` has about ${rows.toLocaleString('en')} ${rows === 1 ? 'row' : 'rows'}. `
}
