import { cut } from '../../src/schema/prisma/names.ts'

/** A name in lower case with `_` between its words: `orgId` and `OrgID` are `org_id`. */
export function snake(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
}

/** The singular of an English noun in lower case, by its ending alone: `categories` gives `category`. */
export function singular(noun: string): string {
  if (noun.endsWith('ies') && noun.length > 4) return `${noun.slice(0, -3)}y`
  if (/(?:ss|x|ch|sh)es$/.test(noun)) return noun.slice(0, -2)
  return noun.endsWith('s') && !/(?:ss|us|is)$/.test(noun) ? noun.slice(0, -1) : noun
}

/** True for the name of a table that keeps what is dropped or changed elsewhere: `users_backup`. */
export function isBackup(table: string): boolean {
  return /(?:^|_)(?:backup|bak|copy|snapshot)(?:_|\d|$)/.test(snake(table))
}

/** True where a table is put out of reach under a name that says so: `users_dropped` for `users`. */
export function isRetired(table: string, was: string): boolean {
  const [name, old] = [snake(table), snake(was)]
  return (
    name.includes(old) &&
    /(?:^|_)(?:dropped|deprecated|old|unused|retired|archived?|removed|deleted|backup|bak)(?:_|\d|$)/.test(
      name.replace(old, ''),
    )
  )
}

/** A name with its suffix as Prisma makes it: cut before the suffix where the two have more than the 63 bytes that Postgres keeps of a name. */
export function withSuffix(name: string, suffix: string): string {
  return `${cut(name, 63 - suffix.length)}${suffix}`
}
