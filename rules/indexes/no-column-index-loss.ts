import type { Rule } from '../../src/engine/rule.ts'
import { indexColumns } from '../../src/schema/model.ts'
import { mentions } from '../../src/schema/sql/schema.ts'
import { ident } from '../shared/sql.ts'

export default {
  id: 'no-column-index-loss',
  severity: 'info',
  summary: 'Dropping a column silently drops every index and unique constraint that holds it.',
  why: `An index goes with any column that it names, be it in its condition, and queries that used its other columns lose it. With a unique constraint the rule that it kept goes too.`,
  fix: 'Build an index over the columns that stay first, where queries still want it.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-DROP-COLUMN'],
  sources: ['online_migrations/remove_column'],
  bad: [
    {
      given: `create table orders (id bigint primary key, org_id bigint, legacy_no bigint); create index orders_org_legacy on orders (org_id, legacy_no);`,
      sql: `alter table orders drop column legacy_no;`,
      message: 'drops `orders_org_legacy` too',
    },
    {
      title: 'An index goes with a column that only its condition names.',
      given: `create table orders (id bigint primary key, org_id bigint, archived boolean not null); create index orders_org on orders (org_id) where not archived;`,
      sql: `alter table orders drop column archived;`,
      message: 'drops `orders_org` too, the only index that begins with `org_id`',
    },
    {
      title: 'So it does with one that it only carries along.',
      given: `create table orders (id bigint primary key, org_id bigint, total numeric); create index orders_org on orders (org_id) include (total);`,
      sql: `alter table orders drop column total;`,
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
      const then = ctx.step?.after.tables.get(table)
      const after = ctx.after.tables.get(table)
      if (known === undefined || then === undefined || after === undefined || ctx.isNew(table)) return
      const kept = new Set([...then.indexes, ...then.uniques].map((each) => each.name))
      const lost = [
        ...known.indexes.map((index) => ({
          name: index.name,
          columns: indexColumns(index),
          unique: index.unique,
          where: index.where,
          names:
            index.include.includes(from.name) ||
            indexColumns(index).includes(from.name) ||
            mentions(`${index.where ?? ''} ${indexColumns(index).join(' ')}`, ident(from.name)),
        })),
        ...known.uniques.map((unique) => ({
          name: unique.name,
          columns: unique.columns,
          unique: true,
          where: null,
          names: [...unique.columns, ...unique.include].includes(from.name),
        })),
      ].filter((each) => each.names && !kept.has(each.name))
      for (const { name, columns, unique, where } of lost) {
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
          message: `Dropping \`${from.name}\` drops \`${name}\` too, ${unique ? 'the unique index' : 'the only index'} that ${unique ? 'holds' : 'begins with'} \`${rest[0]}\`${where === null ? '' : ` (where ${where})`}.`,
          help: `Where queries still look for \`${rest.join('`, `')}\`, build an index over what stays before the drop.`,
        }
      }
    },
  },
} satisfies Rule
