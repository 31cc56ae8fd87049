import type { Problem, RuleContext } from '../../src/engine/rule.ts'
import type { SchemaEdit } from '../../src/schema/edit.ts'
import type { Key } from '../../src/schema/model.ts'

/** Help that says how the ORM's schema spells a change, and the suggestion that makes it. */
export interface Declared {
  /** Two sentences that end with a line break, to stand before the SQL; `''` without an ORM. */
  readonly words: string
  /** The first of them, where the SQL beside it is the migration. */
  readonly spelling: string
  /** To be spread into the problem. */
  readonly offer: Pick<Problem, 'suggestion'>
}

/**
 * What a rule says and offers where its advice is a change of the ORM's schema: an index, `@unique`, `onDelete`, a native type.
 *
 *     const { words, offer } = declare({ kind: 'addIndex', table, columns: ['org_id'], name: 'users_org_id_idx' }, ctx)
 *     return { message, help: `${words}${sql('CREATE INDEX …')}`, ...offer }
 *
 * `words` says in Prisma ``Declare it in the schema: `@@index([orgId])`. A migration has to follow: `npx prisma migrate dev`.`` and the
 * like in Drizzle; it says that the suggestion below does so where there is one. Columns and index names are those of the database.
 * The suggestion is there only where the diff shows the lines that it replaces and the text would be exactly right; a finding keeps its
 * own place, so a rule about queries may offer one as well.
 */
export function declare(edit: SchemaEdit, ctx: RuleContext): Declared {
  const made = ctx.edit(edit)
  if (made === null) return { words: '', spelling: '', offer: {} }
  const { suggestion, spelled } = made
  const follow = `A migration has to follow: \`${ctx.project.orm === 'prisma' ? 'npx prisma migrate dev' : 'npx drizzle-kit generate'}\`.\n`
  const spelling = sentenceOf(edit, spelled, suggestion !== null)
  return {
    words: `${spelling} ${follow}`,
    spelling,
    offer: suggestion === null ? {} : { suggestion },
  }
}

function sentenceOf(edit: SchemaEdit, spelled: string, offered: boolean): string {
  if (edit.kind === 'dropIndex')
    return offered ? `The suggestion takes \`${spelled}\` out of the schema.` : `Take \`${spelled}\` out of the schema.`
  return offered
    ? `The suggestion declares it in the schema: \`${spelled}\`.`
    : `Declare it in the schema: \`${spelled}\`.`
}

/** What an ORM's schema declares as a GIN index. */
export interface GinIndex {
  readonly table: Key
  readonly name: string
  readonly columns: readonly string[]
  /** Left out for those that the type has by default. */
  readonly operators?: string
}

/** A sentence on a line of its own that says how the ORM's schema spells a GIN index; `''` without an ORM. */
export function ginSpelling(
  { table, name, columns, operators }: GinIndex,
  { project, declared, after }: RuleContext,
): string {
  const model = (declared ?? after).tables.get(table)
  const fields = columns.map((column) => model?.columns.find((each) => each.name === column)?.property ?? column)
  if (project.orm === 'prisma') {
    const own = operators === undefined ? '' : `(ops: raw("${operators}"))`
    const isDefault = name === `${model?.name ?? ''}_${columns.join('_')}_idx`
    return `\nIn the Prisma schema: \`@@index([${fields.map((field) => `${field}${own}`).join(', ')}], type: Gin${isDefault ? '' : `, map: "${name}"`})\`.`
  }
  if (project.orm !== 'drizzle') return ''
  const own = operators === undefined ? '' : `.op('${operators}')`
  return `\nIn the Drizzle schema: \`index('${name}').using('gin', ${fields.map((field) => `table.${field}${own}`).join(', ')})\`.`
}
