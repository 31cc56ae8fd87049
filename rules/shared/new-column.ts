import type { RuleContext } from '../../src/engine/rule.ts'
import type { Key } from '../../src/schema/model.ts'
import { inBatches } from './batches.ts'
import { carriedBy, foreignKeysTo } from './depends.ts'
import { checkedAlone, constrainedDomain } from './domains.ts'
import { inWords } from './query-words.ts'
import { ident, sql, sqlName } from './sql.ts'

/** A column that another one takes the place of: its new type, and its value as SQL over the row. */
export interface Successor {
  readonly table: Key
  readonly column: string
  readonly type: string
  readonly value: string
}

/** The way from columns of one table to new ones that take their place, which locks nothing for long. */
export function newColumnSteps(columns: readonly Successor[], ctx: RuleContext): string {
  const of = columns.map(({ table, column, type, value }) => ({
    table,
    name: sqlName(table, ctx),
    old: ident(column),
    next: `${column}_new`,
    fresh: ident(`${column}_new`),
    type,
    value,
    domain: constrainedDomain(type, ctx),
  }))
  const names = (pick: 'old' | 'fresh') => of.map((each) => each[pick]).join(' and ')
  return sql(
    ...of.map(
      ({ name, fresh, type, domain }) =>
        `ALTER TABLE ${name} ADD COLUMN ${fresh} ${domain === null ? type : domain.base};`,
    ),
    `-- deploy code that writes ${of
      .flatMap(({ old, fresh }) => [old, fresh])
      .join(', ')
      .replace(/, ([^,]*)$/, ' and $1')}`,
    ...of.flatMap(({ table, name, old, fresh, value }) =>
      inBatches(
        table,
        {
          head: `UPDATE ${name} SET ${fresh} = ${value}`,
          from: name,
          where: `${fresh} IS NULL AND ${old} IS NOT NULL`,
        },
        ctx,
      ),
    ),
    ...of.flatMap(({ table, next, domain }) => (domain === null ? [] : checkedAlone(table, next, domain, ctx))),
    `-- deploy code that reads ${names('fresh')}, then, in a later pull request:`,
    ...of.map(({ name, old }) => `ALTER TABLE ${name} DROP COLUMN ${old};`),
  )
}

/** What a new column has to be given before the one that it takes the place of goes, on a line of its own; null for nothing. */
export function carriedSentence(table: Key, column: string, next: string, { before }: RuleContext): string | null {
  const carried = carriedBy(before, table, column)
  return carried.length === 0
    ? null
    : `With \`${column}\` ${carried.length < 2 ? 'goes' : 'go'} ${inWords(carried)}: give \`${next}\` the same before readers move.`
}

/** True for a column of the primary key, and for one that a foreign key of another table refers to. */
export function isReferred(table: Key, column: string, { before }: RuleContext): boolean {
  return (
    before.tables.get(table)?.primaryKey?.columns.includes(column) === true ||
    foreignKeysTo(before, table).some(({ foreignKey }) => foreignKey.references.columns.includes(column))
  )
}

/** The way to a column that takes the place of a key, as a list, and who writes its SQL where that can be. */
export function keySteps(column: string, { alone, step }: RuleContext): string {
  const isPlanned = step?.changes.some(({ kind }) => kind === 'renameColumn' || kind === 'alterColumnType') === true
  return `
- add a second column, which a trigger keeps equal to \`${column}\`
- fill it in batches
- give it the indexes and constraints
- let it take over the key and the names, in one short transaction
- drop the old column, in a later pull request${alone || !isPlanned ? '' : '\n\n`schemagate plan`, or `/schemagate plan` in the pull request, writes the SQL of each.'}`
}
