import type { Node } from 'libpg-query'
import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { key, type Key } from '../../src/schema/model.ts'
import { isEmptied } from '../shared/emptied.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'
import { lastName } from '../shared/sql-tree.ts'

export default {
  id: 'no-sequence-reset',
  severity: 'warning',
  summary: 'A sequence that begins again hands out numbers that rows have already.',
  why: `The next inserts fail with a duplicate key, one by one, until the sequence has passed the highest number in use; where the column is not unique, two rows share a number and nobody notices.`,
  fix: 'Set it from the rows: the next number is one above the highest in use.',
  references: [
    'https://www.postgresql.org/docs/current/sql-altersequence.html',
    'https://www.postgresql.org/docs/current/functions-sequence.html',
  ],
  sources: [],
  bad: [
    {
      given: `create table orders (id bigserial primary key);`,
      sql: `alter sequence orders_id_seq restart;`,
      message: '`orders_id_seq` hands out numbers that rows of `orders` have already',
    },
    {
      given: `create table orders (id bigserial primary key);`,
      sql: `alter sequence orders_id_seq restart with 1;`,
    },
    {
      given: `create table orders (id bigserial primary key);`,
      sql: `select setval('orders_id_seq', 1, false);`,
    },
    {
      title: 'Of a sequence that is not known, neither are the rows: information.',
      alone: true,
      sql: `alter sequence orders_id_seq restart;`,
      severity: 'info',
    },
  ],
  good: [
    {
      title: 'Numbers that no column is filled with.',
      given: `create sequence invoice_numbers;`,
      sql: `alter sequence invoice_numbers restart;`,
    },
    {
      given: `create table orders (id bigserial primary key);`,
      sql: `select setval('orders_id_seq', (select coalesce(max(id), 1) from orders));`,
    },
    {
      title: 'It jumps ahead.',
      given: `create table orders (id bigserial primary key);`,
      sql: `alter sequence orders_id_seq restart with 100000;`,
    },
    {
      title: 'A table of this migration has no rows that others count on.',
      sql: `create table orders (id bigserial primary key); alter sequence orders_id_seq restart with 1;`,
      unproven: 'others speak of serial',
    },
    {
      title: 'What pg_dump writes.',
      given: `create table orders (id bigserial primary key);`,
      sql: `select pg_catalog.setval('public.orders_id_seq', 1, false);`,
    },
    {
      title: 'The rows go first.',
      given: `create table orders (id bigserial primary key);`,
      sql: `truncate orders; alter sequence orders_id_seq restart;`,
      unproven: 'others speak of the rows',
    },
  ],
  visit: {
    statement({ node, inside }, ctx) {
      const sequence = inside === 'function' ? null : restarted(node, ctx.step.before.defaultSchema)
      if (sequence === null) return
      const owner = ctx.step.before.sequences.get(sequence)?.ownedBy ?? null
      if (owner === null ? !ctx.alone || isMadeHere(sequence, ctx) : isEmptied(owner.table, ctx)) return
      if (owner !== null && (ctx.isNew(owner.table) || ctx.isNewColumn(owner.table, owner.column))) return
      return {
        anySize: true,
        object: sequence,
        ...(owner === null ? { severity: 'info' as const } : {}),
        message: `\`${ctx.name(sequence)}\` hands out numbers that rows${owner === null ? '' : ` of \`${ctx.name(owner.table)}\``} have already, and inserts of them fail.`,
        ...(owner === null
          ? {}
          : {
              help: `Take it from the rows:\n${sql(`SELECT setval('${sqlName(sequence, ctx).replaceAll("'", "''")}', coalesce((SELECT max(${ident(owner.column)}) FROM ${sqlName(owner.table, ctx)}), 0) + 1, false);`)}`,
            }),
      }
    },
  },
} satisfies Rule

/** True for a sequence of this pull request, be it that of a serial column of a table or column that it adds. */
function isMadeHere(sequence: Key, { steps }: RuleContext): boolean {
  return steps.some(({ changes }) =>
    changes.some(
      (change) =>
        (change.kind === 'createSequence' && change.object === sequence) ||
        ((change.kind === 'createTable' || change.kind === 'addColumn') && sequence.startsWith(`${change.table}_`)),
    ),
  )
}

/** The sequence that a statement sets back to its beginning: RESTART, or a setval of 1 or less. */
function restarted(node: Node, schema: string): Key | null {
  if ('AlterSeqStmt' in node) {
    const { sequence, options = [] } = node.AlterSeqStmt
    const restarts = options.some(
      (option) =>
        'DefElem' in option &&
        option.DefElem.defname === 'restart' &&
        (option.DefElem.arg === undefined || (numberOf(option.DefElem.arg) ?? 2) <= 1),
    )
    return restarts ? key(sequence?.schemaname ?? schema, sequence?.relname ?? '') : null
  }
  const [target] = 'SelectStmt' in node ? (node.SelectStmt.targetList ?? []) : []
  const call = target !== undefined && 'ResTarget' in target ? target.ResTarget.val : undefined
  // A dump spells it `pg_catalog.setval`: it fills a database that has no rows yet.
  if (call === undefined || !('FuncCall' in call) || lastName(call.FuncCall.funcname) !== 'setval') return null
  if ((call.FuncCall.funcname ?? []).length > 1) return null
  const [name, to] = call.FuncCall.args ?? []
  const text = name && textOf(name)
  return text && to && (numberOf(to) ?? 2) <= 1 ? keyOf(text, schema) : null
}

function numberOf(node: Node): number | null {
  if ('Integer' in node) return node.Integer.ival ?? 0
  return 'A_Const' in node && node.A_Const.ival !== undefined ? (node.A_Const.ival.ival ?? 0) : null
}

function textOf(node: Node): string | null {
  if ('TypeCast' in node) return node.TypeCast.arg ? textOf(node.TypeCast.arg) : null
  return 'A_Const' in node ? (node.A_Const.sval?.sval ?? null) : null
}

/** The key of a name in a text that Postgres reads as one, `public."Order_id_seq"`. */
function keyOf(text: string, schema: string): Key {
  const parts = text.match(/"(?:[^"]|"")+"|[^."]+/g) ?? []
  const names = parts.map((part) =>
    part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part.toLowerCase(),
  )
  return key((names.length > 1 ? names[0] : null) ?? schema, names.at(-1) ?? '')
}
