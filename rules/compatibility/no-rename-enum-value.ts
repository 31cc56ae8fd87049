import type { Rule } from '../../src/engine/rule.ts'
import { enumValueInSteps } from '../shared/renames.ts'

export default {
  id: 'no-rename-enum-value',
  severity: 'error',
  summary: 'Renaming a value of an enum breaks every running instance that still writes or compares the old label.',
  why: 'The old label is no value of the type any more: each INSERT, UPDATE or comparison with it fails until the last instance of the version before is gone.',
  fix: 'Add the new value, deploy code that reads both and writes the new one, and move the rows in batches.',
  references: ['https://www.postgresql.org/docs/current/sql-altertype.html'],
  yieldsTo: ['no-used-enum-value-drop'],
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
      return {
        anySize: true,
        message: `Renaming \`${from}\` to \`${to}\` breaks every running instance that still uses \`${from}\` of \`${ctx.name(object)}\`.`,
        help: enumValueInSteps(object, from, to, ctx),
      }
    },
  },
} satisfies Rule
