import type { RuleContext } from '../../src/engine/rule.ts'
import type { Key } from '../../src/schema/model.ts'
import { nameOf } from '../../src/schema/model.ts'

/** True where a block puts the ENABLE together while it runs, for tables that it names or finds in the catalog: whether for this one is not seen. */
export function mayBeEnabledByBlock(table: Key, ctx: RuleContext): boolean {
  const name = nameOf(table).replace(/[^\w$]/g, '\\$&')
  const names = new RegExp(`(?:^|[^\\w$])${name}(?:$|[^\\w$])|pg_tables|pg_class|information_schema\\.tables`, 'i')
  return ctx.history.some(({ statements }) =>
    statements.some(
      ({ kind, text }) =>
        kind === 'DoStmt' &&
        /\bEXECUTE\b/i.test(text) &&
        /ENABLE\s+ROW\s+LEVEL\s+SECURITY/i.test(text) &&
        names.test(text),
    ),
  )
}
