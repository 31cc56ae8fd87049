import type { Rule } from '../../src/engine/rule.ts'
import { addingValue } from '../shared/outside-transaction.ts'
import { inBatches } from '../shared/batches.ts'
import { columnsOfType } from '../shared/depends.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-rename-enum-value',
  severity: 'error',
  summary: 'Renaming a value of an enum breaks every running instance that still writes or compares the old label.',
  why: 'The old label is no value of the type any more: each INSERT, UPDATE or comparison with it fails until the last instance of the version before is gone.',
  fix: 'Add the new value, deploy code that reads both and writes the new one, and move the rows in batches.',
  references: ['https://www.postgresql.org/docs/current/sql-altertype.html'],
  sources: ['strong_migrations/rename_enum_value'],
  bad: [
    {
      given: `create type role as enum ('member', 'admin');`,
      sql: `alter type role rename value 'admin' to 'owner';`,
      message: '`admin` to `owner` breaks',
    },
  ],
  good: [
    { sql: `create type role as enum ('member', 'admin'); alter type role rename value 'admin' to 'owner';` },
    { given: `create type role as enum ('member', 'admin');`, sql: `alter type role add value 'owner' after 'admin';` },
  ],
  visit: {
    renameEnumValue({ object, from, to }, ctx) {
      if (
        ctx.steps.some((step) =>
          step.changes.some((change) => change.kind === 'createEnum' && change.object === object),
        )
      )
        return
      const moves = columnsOfType(ctx.step?.before ?? ctx.before, object).flatMap(({ table, column }) =>
        inBatches(
          table,
          {
            head: `UPDATE ${sqlName(table, ctx)} SET ${ident(column)} = ${text(to)}`,
            from: sqlName(table, ctx),
            where: `${ident(column)} = ${text(from)}`,
          },
          ctx,
        ),
      )
      return {
        anySize: true,
        message: `Renaming \`${from}\` to \`${to}\` breaks every running instance that still uses \`${from}\` of \`${ctx.name(object)}\`.`,
        help: `Add the new value${addingValue(ctx)}:\n${sql(`ALTER TYPE ${sqlName(object, ctx)} ADD VALUE ${text(to)} AFTER ${text(from)};`)}\nDeploy code that reads both and writes \`${to}\`, then move the rows${moves.length === 0 ? ' of each table that uses it.' : `:\n${sql(...moves)}`}`,
      }
    },
  },
} satisfies Rule

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}
