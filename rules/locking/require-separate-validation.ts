import type { Rule } from '../../src/engine/rule.ts'
import { separateDeploy } from '../shared/deploys.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'require-separate-validation',
  severity: 'warning',
  summary:
    'Validating a constraint in the transaction that adds it gains nothing: the strong lock is still held while the rows are read.',
  why: `ADD ... NOT VALID takes a strong lock for a moment, which lasts until the transaction ends. VALIDATE CONSTRAINT in the same transaction reads
    the whole table while that lock is still held.`,
  fix: 'Validate in a transaction of its own, after the first one has committed.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES'],
  sources: [
    'pgfence/not-valid-validate-same-tx',
    'pgfence/validate-constraint',
    'strong_migrations/validate_check_constraint',
    'strong_migrations/validate_foreign_key',
    'pgls/requireSeparateConstraintValidation',
    'eugene/E4',
    'squawk/constraint-missing-not-valid',
  ],
  bad: [
    {
      given: `create table orders (id bigint primary key, amount int);`,
      sql: `
        begin;
        alter table orders add constraint orders_amount_check check (amount > 0) not valid;
        alter table orders validate constraint orders_amount_check;
        commit;`,
      message: 'is still held',
    },
    {
      title: 'Drizzle runs all pending migrations in one transaction, also those of another file.',
      runner: 'drizzle@0.45',
      given: `create table orders (id bigint primary key, amount int);`,
      sql: [
        `alter table orders add constraint orders_amount_check check (amount > 0) not valid;`,
        `alter table orders validate constraint orders_amount_check;`,
      ],
    },
  ],
  good: [
    {
      given: `create table orders (id bigint primary key, amount int);`,
      sql: [
        `alter table orders add constraint orders_amount_check check (amount > 0) not valid;`,
        `alter table orders validate constraint orders_amount_check;`,
      ],
      runner: 'prisma@6',
    },
    {
      given: `create table orders (id bigint primary key, amount int); alter table orders add constraint orders_amount_check check (amount > 0) not valid;`,
      sql: `alter table orders validate constraint orders_amount_check;`,
    },
  ],
  visit: {
    validateConstraint({ table, name }, ctx) {
      const { step } = ctx
      if (!step || ctx.isNew(table) || step.transaction.block === null) return
      const earlier = ctx.transaction.slice(0, ctx.transaction.indexOf(step))
      const adds = earlier.some((other) =>
        other.changes.some(
          (change) =>
            ((change.kind === 'addCheck' || change.kind === 'addForeignKey') &&
              change.table === table &&
              change.to.name === name) ||
            (change.kind === 'addNotNull' && change.table === table && change.name === name),
        ),
      )
      if (!adds) return
      return {
        message: `The lock from adding \`${name}\` is still held while this reads every row of \`${ctx.name(table)}\`: ${step.transaction.because}.`,
        help: `Validate it ${separateDeploy(ctx)}, after the transaction that adds it has committed:\n${sql(`ALTER TABLE ${sqlName(table, ctx)} VALIDATE CONSTRAINT ${ident(name)};`)}`,
      }
    },
  },
} satisfies Rule
