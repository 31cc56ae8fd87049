import { quoteName } from '../../sql/names.ts'
import { nameOf, schemaOf, type Key } from '../model.ts'

export { quoteIdent, quoteLiteral, quoteName } from '../../sql/names.ts'

/** The name behind a key, qualified where it is not in the default schema. */
export function quoteKey(of: Key, defaultSchema = 'public'): string {
  return quoteName(schemaOf(of), nameOf(of), defaultSchema)
}
