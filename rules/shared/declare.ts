import type { Problem, RuleContext } from '../../src/engine/rule.ts'
import type { SchemaEdit } from '../../src/schema/edit.ts'

/** Help that says how the ORM's schema spells a change, and the suggestion that makes it. */
export interface Declared {
  /** Two sentences that end with a line break, to stand before the SQL; `''` without an ORM. */
  readonly words: string
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
  if (made === null) return { words: '', offer: {} }
  const { suggestion, spelled } = made
  const follow = `A migration has to follow: \`${ctx.project.orm === 'prisma' ? 'npx prisma migrate dev' : 'npx drizzle-kit generate'}\`.\n`
  return {
    words: `${sentenceOf(edit, spelled, suggestion !== null)} ${follow}`,
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
