import type { ProjectReview, Rollback } from '../../report/report.ts'
import type { Change } from '../../schema/change.ts'
import { inSchemaOf } from '../../schema/sql/ddl.ts'
import { diffSchemas } from '../../schema/diff/diff.ts'
import { nameOf, schemaOf, type Key, type Schema } from '../../schema/model.ts'
import { changeStatements, type PrintedStatement } from '../../schema/sql/changes.ts'
import { joinStatements } from '../../schema/sql/schema.ts'
import { cutAtRenames, type Segment } from '../../schema/diff/renames.ts'
import { quoteIdent, quoteKey, quoteLiteral } from '../../schema/sql/quote.ts'
import { lossesOf, type Loss } from './lossy.ts'

/**
 * The way back for one project: SQL that makes the schema what it was, in the reverse order of the statements, and what it cannot
 * bring back. `sql` is `''` where the schema did not change. Statements are for a runner that sends them one by one.
 */
export function rollbackOf(review: ProjectReview): Rollback {
  const losses = lossesOf(review.steps, review.before)
  return {
    project: review.project.name,
    sql: joinStatements(rollbackStatements(review)),
    lossy: losses.map((l) => l.sentence),
    save: [...new Set(losses.flatMap((l) => l.save))],
    restore: losses.flatMap((l) => l.restore),
  }
}

/** The statements of the way back, without semicolons; lines that begin with `--` are comments. */
export function rollbackStatements(review: Pick<ProjectReview, 'before' | 'after' | 'steps'>): readonly string[] {
  const losses = lossesOf(review.steps, review.before)
  return cutAtRenames(review.before, review.after, review.steps)
    .toReversed()
    .flatMap((s) => (s.rename ? inverseRename(s.rename, s.before) : segmentBack(s, losses)))
}

function inverseRename(change: Change, before: Schema): readonly string[] {
  const d = before.defaultSchema
  switch (change.kind) {
    case 'renameTable':
      return [`ALTER TABLE ${quoteKey(change.to, d)} RENAME TO ${quoteIdent(nameOf(change.table))}`]
    case 'setTableSchema':
      return [`ALTER TABLE ${quoteKey(change.to, d)} SET SCHEMA ${quoteIdent(schemaOf(change.table))}`]
    case 'renameColumn':
      return [
        `ALTER TABLE ${quoteKey(change.table, d)} RENAME COLUMN ${quoteIdent(change.to)} TO ${quoteIdent(change.from)}`,
      ]
    case 'renameConstraint':
      return [
        `ALTER TABLE ${quoteKey(change.table, d)} RENAME CONSTRAINT ${quoteIdent(change.to)} TO ${quoteIdent(change.from)}`,
      ]
    case 'renameIndex':
      return [`ALTER INDEX ${inSchemaOf(change.table || `${d}.`, change.to, d)} RENAME TO ${quoteIdent(change.from)}`]
    case 'renameType':
      return [
        `ALTER ${before.domains.has(change.object) ? 'DOMAIN' : 'TYPE'} ${quoteKey(change.to, d)} RENAME TO ${quoteIdent(nameOf(change.object))}`,
      ]
    case 'renameEnumValue':
      return [
        `ALTER TYPE ${quoteKey(change.object, d)} RENAME VALUE ${quoteLiteral(change.to)} TO ${quoteLiteral(change.from)}`,
      ]
    case 'renameSchema':
      return [`ALTER SCHEMA ${quoteIdent(change.to)} RENAME TO ${quoteIdent(change.object)}`]
    default:
      return []
  }
}

function segmentBack({ before, after, steps }: Segment, losses: readonly Loss[]): readonly string[] {
  // What went up concurrently goes down so too: its author expects a large table.
  const concurrent = new Set(
    steps.flatMap((s) =>
      s.changes.flatMap((c) =>
        c.kind === 'addIndex' && c.concurrently
          ? [c.index.name]
          : c.kind === 'dropIndex' && c.concurrently
            ? [c.name]
            : [],
      ),
    ),
  )
  const made = steps.flatMap((s) => s.changes)
  const isMade = (table: Key) => !steps.length || made.some((c) => c.kind === 'createTable' && c.table === table)
  // A table that only a statement's mention of it made known was there before and holds rows; what was built on it goes alone.
  const mentioned = made.flatMap((c) =>
    c.kind === 'addIndex' && !before.tables.has(c.table) && after.tables.has(c.table) && !isMade(c.table)
      ? [
          `DROP INDEX ${c.concurrently ? 'CONCURRENTLY ' : ''}IF EXISTS ${inSchemaOf(c.table, c.index.name, before.defaultSchema)}`,
        ]
      : [],
  )
  const changes = diffSchemas(after, before)
    .filter((c) => c.kind !== 'dropTable' || isMade(c.table))
    .map((c) =>
      (c.kind === 'addIndex' && concurrent.has(c.index.name)) || (c.kind === 'dropIndex' && concurrent.has(c.name))
        ? { ...c, concurrently: true }
        : c,
    )
  return [...changeStatements(changes, after, before).flatMap((s) => withRestore(s, before, losses)), ...mentioned]
}

/**
 * Puts the statement that brings rows or values back beside what makes room for them, as a comment. A column that comes back
 * NOT NULL cannot be added so to a table with rows: it comes nullable, its values come back, then it is NOT NULL again.
 */
function withRestore({ change, sql }: PrintedStatement, before: Schema, losses: readonly Loss[]): readonly string[] {
  const d = before.defaultSchema
  const restores = (start: string) =>
    losses
      .flatMap((l) => l.restore)
      .filter((r) => r.startsWith(start))
      .map((r) => `-- where it was saved first: ${r.replaceAll(/[\r\n]+/g, ' ')};`)
  if (change?.kind === 'createTable' && /^CREATE (UNLOGGED )?TABLE /.test(sql))
    return [sql, ...restores(`INSERT INTO ${quoteKey(change.table, d)} (`)]
  if (change?.kind !== 'addColumn') return [sql]
  const { to } = change
  const restore = restores(`UPDATE ${quoteKey(change.table, d)} AS t SET ${quoteIdent(to.name)} = `)
  const needsValues = !to.nullable && to.default === null && !to.generated && !to.identity
  if (!needsValues) return [sql, ...restore]
  return [
    sql.slice(0, -(to.notNull ? ` CONSTRAINT ${quoteIdent(to.notNull.name)} NOT NULL` : ' NOT NULL').length),
    ...restore,
    `ALTER TABLE ${quoteKey(change.table, d)} ALTER COLUMN ${quoteIdent(to.name)} SET NOT NULL`,
  ]
}
