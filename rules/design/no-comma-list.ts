import type { Rule } from '../../src/engine/rule.ts'
import { newColumns } from '../shared/columns.ts'
import { snake } from '../shared/names.ts'

export default {
  id: 'no-comma-list',
  severity: 'info',
  summary: 'A list in one text can only be searched by reading all of it, and nothing checks its parts.',
  why: `No index finds one value of the list, no foreign key holds it, and two writers overwrite each other's lists. An array with a GIN index or a
    table with a row for each value has what is missing; a text that is only ever shown as a whole does well without.`,
  fix: 'Use an array with a GIN index, or a table with a row for each value.',
  references: ['https://www.postgresql.org/docs/current/gin.html'],
  sources: [],
  bad: [
    {
      sql: `create table posts (id bigint generated always as identity primary key, tag_ids text not null);`,
      message: '`tag_ids` holds a list in one text',
    },
    { sql: `create table exports (id bigint generated always as identity primary key, columns_csv varchar(500));` },
    {
      prisma: { before: '', after: 'model Post {\n  id BigInt @id\n  tagIds String\n}\n' },
      message: '`tagIds` holds a list',
    },
    {
      drizzle: {
        before: '',
        after: `import { bigint, pgTable, text } from 'drizzle-orm/pg-core'\nexport const posts = pgTable('posts', { id: bigint('id', { mode: 'number' }).primaryKey(), tagIds: text('tag_ids').notNull() })\n`,
      },
    },
  ],
  good: [
    {
      sql: `create table posts (id bigint generated always as identity primary key, tag_ids bigint[] not null, csv_path text, playlist text);`,
    },
  ],
  visit: newColumns((column) => {
    if (
      !/^(?:text|character varying)(?:\(\d+\))?$/.test(column.type ?? '') ||
      !/(?:_ids|_csv|_list|comma_separated(?:_\w+)?)$/.test(snake(column.name))
    )
      return null
    return {
      message: `\`${column.name}\` holds a list in one text: no index and no foreign key reaches its parts.`,
      help: `Declare it as \`text[]\` or \`bigint[]\` with a GIN index, or keep its values in a table of their own.`,
    }
  }),
} satisfies Rule
