import type { Problem, Rule, RuleContext } from '../../src/engine/rule.ts'
import { checkDefinition, foreignKeyDefinition } from '../../src/schema/sql/ddl.ts'
import { separateDeploy } from '../shared/deploys.ts'
import { outsideTransaction } from '../shared/outside-transaction.ts'
import { ident, idents, sql, sqlName } from '../shared/sql.ts'
import { subjectOf } from '../../src/schema/change.ts'
import type { ForeignKey, Key, Table } from '../../src/schema/model.ts'

const unlessReplaced =
  'Add what replaces it first. Where nothing has to, say why above the statement: `-- schemagate-ignore no-drop-constraint: the reason`.'

export default {
  id: 'no-drop-constraint',
  severity: 'warning',
  summary: 'Without its constraint the table accepts rows that the code relies on not being there.',
  why: `Nothing checks new rows any more, and adding the constraint again later fails on the first row that breaks it. Dropping a foreign key also locks
    the referenced table.`,
  fix: 'Add what replaces it first. Where nothing has to, say why above the statement: `-- schemagate-ignore no-drop-constraint: the reason`.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-DROP-CONSTRAINT'],
  sources: ['pgfence/drop-constraint', 'atlas/CD101'],
  claims: { lock: 'AccessExclusiveLock', rewrites: false, scans: false },
  bad: [
    {
      given: `create table users (id bigint primary key); create table orders (id bigint primary key, user_id bigint constraint orders_user_id_fkey references users (id)); create index on orders (user_id);`,
      sql: `alter table orders drop constraint orders_user_id_fkey;`,
      message: 'refer to rows of `users` that are not there',
    },
    {
      given: `create table users (id bigint primary key, email text constraint users_email_key unique);`,
      sql: `alter table users drop constraint users_email_key;`,
      message: 'equal values',
    },
    {
      title: 'What is computed of equal values is equal: only ON CONFLICT misses the constraint.',
      given: `create table users (id bigint primary key, email text constraint users_email_key unique);`,
      sql: `alter table users drop constraint users_email_key; create unique index users_email on users (lower(email));`,
      message: '`ON CONFLICT` on `email` of `users` fails: `users_email` is over what is computed of them.',
    },
    {
      title: 'Where the table is not known, the name tells: information.',
      alone: true,
      sql: `alter table users drop constraint users_email_key;`,
      message: 'equal values',
      severity: 'info',
    },
  ],
  good: [
    {
      title: 'It was never there before the pull request.',
      given: `create table users (id bigint primary key); create table orders (id bigint primary key, user_id bigint); create index on orders (user_id);`,
      sql: [
        `alter table orders add constraint of_user foreign key (user_id) references users (id) not valid;`,
        `alter table orders drop constraint of_user;`,
      ],
    },
    {
      title: 'What a partition was checked for before it was attached.',
      given: `create table events (id bigint, at date not null) partition by range (at); create table events_2026 (id bigint, at date not null constraint events_2026_bounds check (at >= '2026-01-01' and at < '2027-01-01')); alter table events attach partition events_2026 for values from ('2026-01-01') to ('2027-01-01');`,
      sql: `alter table events_2026 drop constraint events_2026_bounds;`,
    },
    {
      title: 'Another one takes its place.',
      given: `create table orders (id bigint primary key, amount int constraint orders_amount_check check (amount > 0));`,
      sql: `alter table orders drop constraint orders_amount_check; alter table orders add constraint orders_amount_check check (amount >= 0) not valid;`,
    },
    {
      title: 'A foreign key over more columns takes its place.',
      given: `create table runs (flow text constraint runs_flow_key unique, run uuid, unique (flow, run)); create table parts (id bigint primary key, flow text not null constraint parts_flow_fkey references runs (flow), run uuid not null); create index on parts (flow, run);`,
      sql: `alter table parts drop constraint parts_flow_fkey; alter table parts add constraint parts_run_fkey foreign key (flow, run) references runs (flow, run) not valid;`,
    },
    {
      title: 'The helper of a NOT NULL has done its work.',
      given: `create table users (id bigint primary key, email text not null, constraint users_email_nn check (email is not null));`,
      sql: `alter table users drop constraint users_email_nn;`,
    },
  ],
  visit: {
    dropConstraint({ table, name, constraint }, ctx) {
      if (constraint === null && ctx.alone) return unknownConstraint(table, name, ctx)
      if (ctx.isNew(table) || constraint === null || constraint.type === 'primaryKey' || constraint.type === 'notNull')
        return
      const earlier = ctx.steps.slice(0, ctx.step ? ctx.steps.indexOf(ctx.step) : 0)
      if (
        earlier.some((step) =>
          step.changes.some(
            (change) =>
              'table' in change &&
              change.table === table &&
              change.kind.startsWith('add') &&
              subjectOf(change) === name,
          ),
        )
      )
        return
      const after = ctx.after.tables.get(table)
      if (!after) return
      const now = ctx.step?.before.tables.get(table)
      const at = `\`${ctx.name(table)}\``
      const alter = `ALTER TABLE ${sqlName(table, ctx)}`
      const { defaultSchema } = ctx.before
      const back = (add: string) =>
        `${unlessReplaced} What brings it back for new rows:\n${sql(add)}\nand for all of them, ${separateDeploy(ctx)}:\n${sql(`${alter} VALIDATE CONSTRAINT ${ident(name)};`)}`
      if (constraint.type === 'foreignKey') {
        const { columns, references } = constraint.is
        if (columns.some((column) => !after.columns.some((c) => c.name === column))) return
        if (
          after.foreignKeys.some((f) => f.columns.join() === columns.join() || isStricter(f, constraint.is)) ||
          !ctx.after.tables.has(`${references.schema}.${references.table}`)
        )
          return
        return {
          anySize: true,
          help: back(`${alter} ADD ${foreignKeyDefinition({ ...constraint.is, validated: false }, defaultSchema)};`),
          message: `Without \`${name}\`, rows of ${at} can refer to rows of \`${references.table}\` that are not there.`,
        }
      }
      if (constraint.type === 'unique') {
        const { columns } = constraint.is
        if (columns.some((column) => !after.columns.some((c) => c.name === column))) return
        const kept = [
          ...after.uniques.map((u) => u.columns),
          ...after.indexes.filter((i) => i.unique && i.where === null).map((i) => i.keys.map((k) => k.column ?? '')),
          after.primaryKey?.columns ?? [],
        ]
        if (kept.some((other) => other.length > 0 && other.every((column) => columns.includes(column)))) return
        const list = columns.map((column) => `\`${column}\``).join(', ')
        // What is computed of equal values is equal.
        const computed = after.indexes.find(
          ({ unique, where, keys }) =>
            unique && where === null && keys.every((key) => isOf(key.column ?? key.expression ?? '', columns, after)),
        )
        return {
          anySize: true,
          help: `${unlessReplaced} What brings it back, once no values are equal; ${outsideTransaction(ctx).how}:\n${sql(`CREATE UNIQUE INDEX CONCURRENTLY ${ident(name)} ON ${sqlName(table, ctx)} (${idents(columns)})${constraint.is.include.length > 0 ? ` INCLUDE (${idents(constraint.is.include)})` : ''}${constraint.is.nullsNotDistinct ? ' NULLS NOT DISTINCT' : ''};`)}\nand after it:\n${sql(`${alter} ADD CONSTRAINT ${ident(name)} UNIQUE USING INDEX ${ident(name)};`)}`,
          message:
            computed === undefined
              ? `Without \`${name}\`, rows of ${at} can have equal values of ${list}, and \`ON CONFLICT\` on them fails.`
              : `Without \`${name}\`, \`ON CONFLICT\` on ${list} of ${at} fails: \`${computed.name}\` is over what is computed of them.`,
        }
      }
      if (constraint.type === 'check') {
        const helper = /^\(*"?([\w$]+)"? IS NOT NULL\)*$/.exec(constraint.is.expression)?.[1]
        if (helper && now?.columns.some((column) => column.name === helper && !column.nullable)) return
        if (isSaidByBounds(after, constraint.is.expression, ctx)) return
        const mentions = (expression: string) =>
          (now?.columns ?? []).filter((column) => expression.includes(column.name)).map((column) => column.name)
        const old = mentions(constraint.is.expression)
        if (
          after.checks.some((check) => mentions(check.expression).some((column) => old.includes(column))) ||
          old.some((column) => !after.columns.some((c) => c.name === column))
        )
          return
        return {
          anySize: true,
          help: back(`${alter} ADD ${checkDefinition({ ...constraint.is, validated: false })};`),
          message: `Without \`${name}\`, ${at} accepts rows that break ${constraint.is.expression.includes('`') ? 'its condition' : `\`${constraint.is.expression}\``}.`,
        }
      }
      return { anySize: true, message: `Without \`${name}\`, ${at} accepts rows that exclude each other.` }
    },
  },
} satisfies Rule

/** True for an expression that reads some of the columns, and no other column of the table. */
function isOf(expression: string, columns: readonly string[], { columns: all }: Table): boolean {
  const words = new Set(expression.match(/"[^"]+"|[\w$]+/g)?.map((word) => word.replaceAll('"', '')))
  const read = all.filter(({ name }) => words.has(name))
  return read.length > 0 && read.every(({ name }) => columns.includes(name))
}

/** True for a foreign key to the same table, over the columns of another one and more. */
function isStricter(key: ForeignKey, than: ForeignKey): boolean {
  return (
    key.references.schema === than.references.schema &&
    key.references.table === than.references.table &&
    than.columns.every((column) => key.columns.includes(column))
  )
}

/** What the name of a constraint tells where nothing else is known of it; null where the file puts another in its place, or where it helped with NOT NULL. */
function unknownConstraint(table: Key, name: string, ctx: RuleContext): Problem | null {
  const replaced = ctx.steps.some((step) =>
    step.changes.some(
      (change) =>
        'table' in change &&
        change.table === table &&
        /^(?:add(?:Check|ForeignKey|Unique|PrimaryKey|Exclusion|NotNull)|setNotNull|dropColumn)$/.test(change.kind),
    ),
  )
  const loses = /_fkey$|_fk$|^fk_/.test(name)
    ? 'can refer to rows that are not there'
    : /_key$|_uk$|_uq$|_unique$|^(uk|uq|unique)_/.test(name)
      ? 'can have equal values'
      : null
  return replaced || loses === null || ctx.isNew(table)
    ? null
    : { severity: 'info', anySize: true, message: `Without \`${name}\`, rows of \`${ctx.name(table)}\` ${loses}.` }
}

/** True for a condition on nothing but what its table is a partition by: the bounds say the same from when it is attached. */
function isSaidByBounds(table: Table, expression: string, ctx: RuleContext): boolean {
  const by = ctx.after.tables.get(table.partition.of?.parent ?? '')?.partition.by
  const words = new Set(expression.match(/"[^"]+"|[\w$]+/g)?.map((word) => word.replaceAll('"', '')))
  const columns = table.columns.filter(({ name }) => words.has(name))
  return typeof by === 'string' && columns.length > 0 && columns.every(({ name }) => by.includes(name))
}
