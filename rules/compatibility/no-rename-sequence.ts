import type { Rule } from '../../src/engine/rule.ts'
import { key } from '../../src/schema/model.ts'

export default {
  id: 'no-rename-sequence',
  severity: 'warning',
  summary: 'Running instances that ask a sequence for numbers by its old name break when it is renamed.',
  why: `A column default follows the sequence, because Postgres keeps its object identifier. Code that calls nextval('name'), as many ORMs do for their keys, looks the name up
    at each call and fails from the commit on.`,
  fix: 'Deploy code that no longer names the sequence first, or keep the name.',
  references: ['https://www.postgresql.org/docs/current/functions-sequence.html'],
  sources: ['pgsafe/rename'],
  bad: [
    {
      given: `create sequence invoice_numbers;`,
      sql: `alter sequence invoice_numbers rename to invoice_seq;`,
      message: 'asks `invoice_numbers` for numbers',
    },
  ],
  good: [
    { sql: `create sequence invoice_numbers; alter sequence invoice_numbers rename to invoice_seq;` },
    {
      title: 'The default of a serial column follows its sequence.',
      given: `create table orders (id bigserial primary key);`,
      sql: `alter sequence orders_id_seq rename to order_id_seq;`,
    },
  ],
  visit: {
    statement({ node, inside }, ctx) {
      if (
        inside === 'function' ||
        !('RenameStmt' in node) ||
        node.RenameStmt.renameType !== 'OBJECT_SEQUENCE' ||
        !node.RenameStmt.relation?.relname
      )
        return
      const {
        relation: { schemaname, relname },
      } = node.RenameStmt
      const sequence = key(schemaname ?? ctx.step.before.defaultSchema, relname)
      const known = ctx.step.before.sequences.get(sequence)
      if (known === undefined ? !ctx.alone : known.ownedBy !== null || !ctx.before.sequences.has(sequence)) return
      return {
        anySize: true,
        object: sequence,
        message: `Code that asks \`${ctx.name(sequence)}\` for numbers by this name breaks when the sequence is renamed.`,
      }
    },
  },
} satisfies Rule
