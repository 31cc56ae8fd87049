import type { Rule } from '../../src/engine/rule.ts'
import { wholeLines } from '../shared/suggest.ts'

const usingHash = /\s+using\s+hash\b/i

export default {
  id: 'no-hash-index',
  severity: 'info',
  summary: 'A hash index serves equality alone, of one column, and cannot be unique.',
  why: 'A B-tree on the same column serves equality as well, and ranges, order and uniqueness besides. A hash index is smaller for long values, which is the one reason for it.',
  fix: 'Use a B-tree unless the values are long and only ever compared for equality.',
  references: ['https://www.postgresql.org/docs/current/hash-index.html'],
  once: 'review',
  sources: ['online_migrations/hash_index'],
  bad: [
    {
      sql: `
        create table links (id bigint generated always as identity primary key, slug text not null);
        create index links_slug on links using hash (slug);`,
      message: '`links_slug` serves nothing but equality',
    },
    {
      prisma: {
        before: '',
        after: 'model User {\n  id BigInt @id\n  city String\n\n  @@index([city], type: Hash)\n}\n',
      },
    },
    {
      drizzle: {
        before: '',
        after: `import { bigint, index, pgTable, text } from 'drizzle-orm/pg-core'\nexport const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey(), city: text('city') }, (table) => [index('users_city_idx').using('hash', table.city)])\n`,
      },
    },
  ],
  good: [
    {
      sql: `
        create table links (id bigint generated always as identity primary key, slug text not null);
        create index links_slug on links (slug);`,
    },
  ],
  visit: {
    addIndex: ({ index }, { project, step }) =>
      index.method === 'hash'
        ? {
            ...(project.orm === null && step !== null && usingHash.test(step.statement.text)
              ? wholeLines(step, `${step.statement.text.replace(usingHash, '')};`)
              : {}),
            message: `\`${index.name}\` serves nothing but equality.`,
            help: 'Leave `USING hash` out unless the values are long.',
          }
        : null,
  },
} satisfies Rule
