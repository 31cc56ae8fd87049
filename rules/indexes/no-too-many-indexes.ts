import type { Rule } from '../../src/engine/rule.ts'
import { indexesOf } from '../shared/index-prefix.ts'

export default {
  id: 'no-too-many-indexes',
  severity: 'info',
  summary: 'Every index of a table is written with each row that is inserted.',
  why: `An insert writes to all indexes, and so does an update of any indexed column, which then cannot stay on its page. The number is a matter of
    taste; past some ten, indexes are rarely all used.`,
  fix: 'Look in pg_stat_user_indexes for those that nobody reads, and drop them first.',
  references: [
    'https://www.postgresql.org/docs/current/storage-hot.html',
    'https://www.postgresql.org/docs/current/monitoring-stats.html',
  ],
  options: { max: 10 },
  sources: ['bytebase/index.total-number-limit'],
  checklist: 'query-patterns-before-indexes',
  bad: [
    {
      options: { max: 3 },
      sql: `
        create table orders (id bigint generated always as identity primary key, a text, b text, c text);
        create index orders_a on orders (a);
        create index orders_b on orders (b);
        create index orders_c on orders (c);`,
      message: '`orders` has 4 indexes',
    },
    {
      prisma: {
        before: '',
        after:
          'model Wide {\n  id BigInt @id\n  ca Int\n  cb Int\n  cc Int\n  cd Int\n  ce Int\n  cf Int\n  cg Int\n  ch Int\n  ci Int\n  cj Int\n  ck Int\n\n  @@index([ca])\n  @@index([cb])\n  @@index([cc])\n  @@index([cd])\n  @@index([ce])\n  @@index([cf])\n  @@index([cg])\n  @@index([ch])\n  @@index([ci])\n  @@index([cj])\n  @@index([ck])\n}\n',
      },
    },
  ],
  good: [
    {
      sql: `
        create table orders (id bigint generated always as identity primary key, a text, b text, c text);
        create index orders_a on orders (a);
        create index orders_b on orders (b);
        create index orders_c on orders (c);`,
    },
  ],
  visit: {
    *schema(changes, ctx) {
      const max = typeof ctx.options['max'] === 'number' ? ctx.options['max'] : 10
      const said = new Set<string>()
      for (const change of [...changes].reverse()) {
        if (change.kind !== 'addIndex' && change.kind !== 'addUnique') continue
        const after = ctx.after.tables.get(change.table)
        if (!after?.complete || said.has(change.table)) continue
        const count = indexesOf(after).length
        if (count <= max) continue
        said.add(change.table)
        yield {
          place: change.place,
          object: change.table,
          message: `\`${ctx.name(change.table)}\` has ${count} indexes, all of which an INSERT writes to.`,
          help: `Find those that nobody reads:\n\`\`\`sql\nSELECT indexrelname, idx_scan FROM pg_stat_user_indexes WHERE relname = '${after.name.replaceAll("'", "''")}' ORDER BY idx_scan;\n\`\`\``,
        }
      }
    },
  },
} satisfies Rule
