import type { Rule } from '../../src/engine/rule.ts'
import type { Column } from '../../src/schema/model.ts'
import { snake } from '../shared/names.ts'

export default {
  id: 'no-attribute-table',
  severity: 'info',
  summary:
    'A table of names and values for the rows of another one has no types, and reading one row takes a join for each attribute.',
  why: `Each value is text, so nothing is checked and numbers sort as words, and a filter by two attributes joins the table twice. A jsonb column
    keeps open attributes in the row; real columns keep those that are known. The table pays off where attributes have rows of their own: history, rights.`,
  fix: 'Use a jsonb column for open attributes, and columns for known ones.',
  references: ['https://www.postgresql.org/docs/current/datatype-json.html'],
  sources: [],
  bad: [
    {
      given: `create table products (id bigint primary key);`,
      sql: `
        create table product_attributes (product_id bigint not null references products (id) on delete cascade, attribute text not null, value text, primary key (product_id, attribute));`,
      message: '`product_attributes` keeps attributes as rows',
    },
    {
      prisma: {
        before: '',
        after:
          'model Product {\n  id BigInt @id\n  attributes Attribute[]\n}\n\nmodel Attribute {\n  product Product @relation(fields: [productId], references: [id], onDelete: Cascade)\n  productId BigInt\n  attribute String\n  value String?\n\n  @@id([productId, attribute])\n}\n',
      },
      message: '`Attribute` keeps attributes as rows',
    },
    {
      drizzle: {
        before: '',
        after: `import { bigint, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'\nexport const products = pgTable('products', { id: bigint('id', { mode: 'number' }).primaryKey(), name: text('name') })\nexport const attributes = pgTable('product_attributes', { productId: bigint('product_id', { mode: 'number' }).notNull().references(() => products.id, { onDelete: 'cascade' }), attribute: text('attribute').notNull(), value: text('value') }, (table) => [primaryKey({ columns: [table.productId, table.attribute] })])\n`,
      },
    },
  ],
  good: [
    {
      sql: `create table products (id bigint generated always as identity primary key, attributes jsonb not null default '{}');`,
    },
    { title: 'Settings of the whole.', sql: `create table settings (key text primary key, value text not null);` },
  ],
  visit: {
    createTable({ table, to }, ctx) {
      const names = to.columns.map((column) => snake(column.name))
      const text = (column: Column) => /^(?:text|character varying|jsonb)/.test(column.type ?? '')
      if (to.persistence === 'temporary' || to.columns.length > 7) return
      const name = to.columns.find((column) =>
        /^(?:attribute|attribute_name|attribute_id|attr|attr_name|field|field_name|property|property_name|meta_key|attribute_key)$/.test(
          snake(column.name),
        ),
      )
      const value = to.columns.find(
        (column) =>
          /^(?:value|attribute_value|attr_value|field_value|property_value|meta_value)$/.test(snake(column.name)) &&
          text(column),
      )
      if (!name || !value || !names.some((other) => other.endsWith('_id') && other !== snake(name.name))) return
      return {
        message: `\`${ctx.name(table)}\` keeps attributes as rows: \`${value.name}\` has no type of its own, and each attribute that a query reads is a join.`,
        help: `Keep open attributes as \`jsonb\` in the row that they describe, unless they need rows of their own.`,
      }
    },
  },
} satisfies Rule
