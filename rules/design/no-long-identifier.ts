import type { Rule } from '../../src/engine/rule.ts'
import { identifiersIn } from '../shared/identifiers.ts'

export default {
  id: 'no-long-identifier',
  severity: 'error',
  summary: 'A name of more than 63 bytes is cut without an error.',
  why: 'Postgres keeps the first 63 bytes and says so in a notice that nobody reads. Two names that differ later become one, and code that looks the long name up in the catalog does not find it.',
  fix: 'Choose a name of at most 63 bytes; in Prisma with `map:`.',
  references: ['https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS'],
  sources: ['squawk/identifier-too-long'],
  bad: [
    { sql: `create table orders (id bigint generated always as identity primary key, a_very_long_name_that_somebody_thought_of_on_a_long_afternoon_in_june text);`, message: 'is cut to' },
  ],
  good: [{ sql: `create table orders (id bigint generated always as identity primary key, a_long_name_that_fits_into_sixty_three_bytes_with_room text);` }],
  visit: {
    *statement(statement) {
      if (statement.text.length < 64) return
      for (const { name, place } of identifiersIn(statement)) {
        const encoded = new TextEncoder().encode(name)
        if (encoded.length <= 63) continue
        yield { place, anySize: true, object: name, message: `\`${name}\` is cut to \`${new TextDecoder().decode(encoded.slice(0, 63)).replace(/\uFFFD$/, '')}\`, because a name has at most 63 bytes.` }
      }
    },
  },
} satisfies Rule
