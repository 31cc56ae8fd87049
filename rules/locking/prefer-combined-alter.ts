import type { Step } from '../../src/step.ts'
import type { Rule } from '../../src/engine/rule.ts'
import { sql } from '../shared/sql.ts'
import { linesOf } from '../shared/suggest.ts'

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
      message: '`books` is altered by 2 statements in a row',
    },
    {
      title: 'What follows each other in a file is told once.',
      given: `create table books (id bigint primary key, note text);`,
      sql: `
        alter table books add column data jsonb;
        alter table books
          add column price numeric,
          add column pages integer;
        alter table books alter column note type varchar(20);
        alter table books alter column note set default '';`,
      message: '`books` is altered by 4 statements in a row',
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
      for (const run of runsOf(ctx.steps)) {
        const [first, ...others] = run
        const table = first ? combinable(first) : null
        if (first === undefined || table === null || others.length === 0) continue
        const joined = [
          first.statement.text,
          ...others.map(({ statement }) => `  ${statement.text.replace(tableHead, '')}`),
        ].join(',\n')
        yield {
          place: first.statement.place,
          object: table,
          ...(isOne(run) ? linesOf(run, `${joined};`) : {}),
          message: `\`${ctx.name(table)}\` is altered by ${run.length} statements in a row, and one can do it all.`,
          help: `Join their actions with commas:\n${sql(`${joined};`)}`,
        }
      }
    },
  },
} satisfies Rule

/** Steps of one file that follow each other and alter one table. */
function runsOf(steps: readonly Step[]): readonly (readonly Step[])[] {
  const runs: Step[][] = []
  for (const step of steps) {
    if (step.statement.inside === 'function') continue
    const last = runs.at(-1)?.at(-1)
    const table = combinable(step)
    if (last && table !== null && last.migration.path === step.migration.path && combinable(last) === table)
      runs.at(-1)?.push(step)
    else runs.push([step])
  }
  return runs
}

/** True where one statement does the same: Postgres has its own order for the actions of one, in which columns go and change their types first. */
function isOne(run: readonly Step[]): boolean {
  const heads = run.map(({ statement: { text } }) =>
    (tableHead.exec(text)?.[0] ?? '').replace(/\s+/g, ' ').toLowerCase(),
  )
  const actions = run.flatMap(({ statement: { node } }) =>
    ('AlterTableStmt' in node ? (node.AlterTableStmt.cmds ?? []) : []).flatMap((each) => {
      if (!('AlterTableCmd' in each)) return []
      const { subtype, name, def } = each.AlterTableCmd
      return [{ subtype, column: name ?? (def && 'ColumnDef' in def ? def.ColumnDef.colname : undefined) }]
    }),
  )
  return (
    new Set(heads).size === 1 &&
    run.every(({ statement: { inside, text } }) => inside === null && !/--|\/\*/.test(text)) &&
    !actions.some(({ subtype, column }, i) => {
      if (subtype !== 'AT_DropColumn' && subtype !== 'AT_AlterColumnType') return false
      const others = actions.filter((other, j) => j !== i && other.column === column)
      if (subtype === 'AT_AlterColumnType')
        return others.some((other) => other.subtype === 'AT_AddColumn' || other.subtype === 'AT_AlterColumnType')
      return others.some((other) => other.subtype !== 'AT_AddColumn' || actions.indexOf(other) < i)
    })
  )
}

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
