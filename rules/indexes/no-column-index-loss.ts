import type { Rule } from '../../src/engine/rule.ts'
import { indexColumns } from '../../src/schema/model.ts'

export default {
  id: 'no-column-index-loss',
  severity: 'info',
  summary: 'Dropping a column silently drops every index and unique constraint that holds it.',
  why: `An index over several columns goes with any one of them, and so do queries that used its other columns. With a unique constraint the rule that it kept goes too.`,
  fix: 'Build an index over the columns that stay first, where queries still want it.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-DROP-COLUMN'],
  sources: ['online_migrations/remove_column'],
  bad: [
    {
      given: `create table orders (id bigint primary key, org_id bigint, legacy_no bigint); create index orders_org_legacy on orders (org_id, legacy_no);`,
      sql: `alter table orders drop column legacy_no;`,
      message: 'drops `orders_org_legacy` too',
    },
  ],
  good: [
    {
      title: 'The index holds nothing else.',
      given: `create table orders (id bigint primary key, legacy_no bigint); create index orders_legacy on orders (legacy_no);`,
      sql: `alter table orders drop column legacy_no;`,
      unproven: 'others speak of the column',
    },
    {
      title: 'Another index serves the column that stays.',
      given: `create table orders (id bigint primary key, org_id bigint, legacy_no bigint); create index orders_org_legacy on orders (org_id, legacy_no); create index orders_org on orders (org_id);`,
      sql: `alter table orders drop column legacy_no;`,
      unproven: 'others speak of the column',
    },
  ],
  visit: {
    *dropColumn({ table, from }, ctx) {
      const known = ctx.step?.before.tables.get(table)
      const after = ctx.after.tables.get(table)
      if (known === undefined || after === undefined || ctx.isNew(table)) return
      const lost = [
        ...known.indexes.map((index) => ({ name: index.name, columns: indexColumns(index), unique: index.unique })),
        ...known.uniques.map((unique) => ({ name: unique.name, columns: unique.columns, unique: true })),
      ].filter((each) => each.columns.includes(from.name) && each.columns.length > 1)
      for (const { name, columns, unique } of lost) {
        const rest = columns.filter((column) => column !== from.name)
        const led = [
          known.primaryKey?.columns,
          ...after.uniques.map((each) => each.columns),
          ...after.indexes.map(indexColumns),
        ].some((each) => each?.[0] === rest[0])
        if (led || !after.columns.some((column) => column.name === rest[0])) continue
        yield {
          anySize: true,
          object: `${table}.${name}`,
          message: `Dropping \`${from.name}\` drops \`${name}\` too, ${unique ? 'the unique index' : 'the only index'} that ${unique ? 'holds' : 'begins with'} \`${rest[0]}\`.`,
          help: `Where queries still look for \`${rest.join('`, `')}\`, build an index over what stays before the drop.`,
        }
      }
    },
  },
} satisfies Rule
