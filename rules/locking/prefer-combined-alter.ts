import type { Step } from '../../src/step.ts'
import type { Rule } from '../../src/engine/rule.ts'
import { sql } from '../shared/sql.ts'

export default {
  id: 'prefer-combined-alter',
  severity: 'info',
  summary:
    'Several ALTER TABLE statements of one table take its lock, and read its rows, several times where one would do.',
  why: `Outside a transaction each statement waits for its lock anew. Inside one the lock is taken once, but forms that read or rewrite the rows still do so once for each
    statement, where one statement with several actions does it once for all.`,
  fix: 'Put the actions into one ALTER TABLE, with commas between them.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES'],
  enabled: false,
  sources: ['eugene/W12', 'pgls/multipleAlterTable'],
  bad: [
    {
      given: `create table books (id bigint primary key);`,
      sql: `alter table books add column data jsonb; alter table books add column price numeric;`,
      message: 'one statement can do both',
    },
  ],
  good: [
    {
      given: `create table books (id bigint primary key);`,
      sql: `alter table books add column data jsonb, add column price numeric;`,
    },
    {
      title: 'VALIDATE stands alone for a reason.',
      runner: 'prisma@6',
      given: `create table books (id bigint primary key, price numeric);`,
      sql: [
        `alter table books add constraint books_price check (price > 0) not valid;`,
        `alter table books validate constraint books_price;`,
      ],
    },
  ],
  visit: {
    *pullRequest(ctx) {
      let last: Step | null = null
      for (const step of ctx.steps) {
        if (step.statement.inside === 'function') continue
        const table = combinable(step)
        if (
          table !== null &&
          last !== null &&
          last.migration.path === step.migration.path &&
          combinable(last) === table
        ) {
          const [first = '', second = ''] = [last, step].map((each) => each.statement.text.replace(/\s+/g, ' '))
          yield {
            place: step.statement.place,
            object: table,
            message: `The statement before this one alters \`${ctx.name(table)}\` too, and one statement can do both.`,
            help: `Join the actions of both with a comma:\n${sql(`${first},`, `  ${second.replace(tableHead, '')};`)}`,
          }
        }
        last = step
      }
    },
  },
} satisfies Rule

/** What stands before the actions of an ALTER TABLE. */
const tableHead =
  /^\s*alter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?(?:"[^"]+"|[\w$]+)(?:\.(?:"[^"]+"|[\w$]+))?\s*\*?\s+/i

/** The table of an ALTER TABLE that could be joined with others: not one that renames, validates or partitions. */
function combinable(step: Step): string | null {
  if (!('AlterTableStmt' in step.statement.node) || step.statement.node.AlterTableStmt.objtype !== 'OBJECT_TABLE')
    return null
  const [change] = step.changes
  if (
    !change ||
    !('table' in change) ||
    step.changes.some(
      ({ kind }) => kind === 'validateConstraint' || kind === 'attachPartition' || kind === 'detachPartition',
    )
  )
    return null
  return change.table
}
