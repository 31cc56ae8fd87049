import type { Problem, RuleContext } from '../../src/engine/rule.ts'
import type { SchemaEdit } from '../../src/schema/edit.ts'
import { spelledIndex, type ShapedIndex } from '../../src/schema/edit/index-words.ts'
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

/**
 * A sentence on a line of its own that says how the ORM's schema spells an index, or that it stands in the migration alone where that has no
 * word for it; `''` without an ORM, and for a table that its schema does not declare.
 */
export function indexSpelling(of: Key, index: ShapedIndex, { project, declared }: RuleContext): string {
  const table = declared?.tables.get(of)
  if (project.orm === null || table === undefined) return ''
  const schema = project.orm === 'prisma' ? 'Prisma schema' : 'Drizzle schema'
  const made = spelledIndex(index, table)
  if (made === null) {
    const empty =
      project.orm === 'prisma' ? 'npx prisma migrate dev --create-only' : 'npx drizzle-kit generate --custom'
    return `\nThe ${schema} has no word for it: it stands in the migration alone (\`${empty}\`).`
  }
  const unsaid = made.unsaid === null ? '' : ` It does not say ${made.unsaid}, which stands in the migration alone.`
  return made.text.includes('`')
    ? `\nIn the ${schema}:\n\`\`\`ts\n${made.text}\n\`\`\`${unsaid}`
    : `\nIn the ${schema}: \`${made.text}\`.${unsaid}`
}
