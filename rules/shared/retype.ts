import type { RuleContext } from '../../src/engine/rule.ts'
import type { ChangeOf } from '../../src/schema/change.ts'
import { key } from '../../src/schema/model.ts'
import { typeChange, type TypeChange } from '../../src/schema/type-change.ts'
import { settingBefore } from './timeouts.ts'

/** Types that no other type is stored as, so that a change to one of them writes every row, whatever the column was before. */
const storedAlikeByNone: ReadonlySet<string> = new Set([
  'smallint',
  'bigint',
  'real',
  'double precision',
  'boolean',
  'date',
  'uuid',
  'json',
  'jsonb',
])

/**
 * What a change of type does to the table's file on this server and in this session. `utc`: nothing where the session's time zone is UTC, which nobody here says.
 * https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
 */
export function retype(change: ChangeOf<'alterColumnType'>, ctx: RuleContext): TypeChange {
  const { from, to, using } = change
  if (from.type === null || to.type === null) return storedAlikeByNone.has(to.type ?? '') ? 'rewrite' : 'unknown'
  const does = typeChange(from.type, to.type, using, from.name, ctx.step?.before ?? ctx.before)
  if (does !== 'utc') return does
  if (ctx.postgres < 12) return 'rewrite'
  const zone = settingBefore('timezone', ctx)
  return zone === null ? 'utc' : /^(etc\/)?(utc|uct|zulu|gmt)$/i.test(zone) ? 'free' : 'rewrite'
}

/** True for an enum of the schema at this step, or a list of its values. */
export function isEnum(type: string | null, ctx: RuleContext): boolean {
  const { enums, defaultSchema } = ctx.step?.before ?? ctx.before
  const bare = type?.replaceAll('"', '').replace(/\[\]$/, '') ?? ''
  return enums.has(bare) || enums.has(key(defaultSchema, bare))
}
