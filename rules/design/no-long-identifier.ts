import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { byOrm } from '../shared/by-orm.ts'
import { subjectOf } from '../../src/schema/change.ts'
import { identifiersIn } from '../shared/identifiers.ts'

export default {
  id: 'no-long-identifier',
  severity: 'warning',
  summary: 'A name of more than 63 bytes is cut without an error.',
  why: 'Postgres keeps the first 63 bytes and says so in a notice that nobody reads. Two names that differ later become one, and code that looks the long name up in the catalog does not find it.',
  fix: 'Choose a name of at most 63 bytes.',
  references: ['https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS'],
  sources: ['squawk/identifier-too-long'],
  bad: [
    {
      sql: `create table orders (id bigint generated always as identity primary key, a_very_long_name_that_somebody_thought_of_on_a_long_afternoon_in_june text);`,
      message: 'is cut to',
    },
    {
      title: 'Bytes count, not letters.',
      sql: `create table orders (id bigint generated always as identity primary key, "👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦" text);`,
      message: 'is cut to',
    },
    {
      given: `create table orders (id bigint primary key, a int, b int);`,
      sql: [
        `create index concurrently orders_an_index_whose_name_says_everything_that_there_is_to_say_first on orders (a);`,
        `create index concurrently orders_an_index_whose_name_says_everything_that_there_is_to_say_second on orders (b);`,
      ],
      message: 'a name that is taken already',
      severity: 'error',
      count: 2,
    },
    {
      title: 'Names that Drizzle makes up are told once.',
      drizzle: {
        before: '',
        after: `
          import { integer, pgTable } from 'drizzle-orm/pg-core'
          export const organizations = pgTable('billing_organization_accounts', { id: integer('id').primaryKey() })
          export const invoices = pgTable('billing_organization_invoices', {
            id: integer('id').primaryKey(),
            organizationId: integer('organization_id').references(() => organizations.id),
            payerId: integer('payer_account_id').references(() => organizations.id),
          })`,
      },
      sql: `
        CREATE TABLE "billing_organization_accounts" ("id" integer PRIMARY KEY NOT NULL);
        --> statement-breakpoint
        CREATE TABLE "billing_organization_invoices" ("id" integer PRIMARY KEY NOT NULL, "organization_id" integer, "payer_account_id" integer);
        --> statement-breakpoint
        ALTER TABLE "billing_organization_invoices" ADD CONSTRAINT "billing_organization_invoices_organization_id_billing_organization_accounts_id_fk" FOREIGN KEY ("organization_id") REFERENCES "billing_organization_accounts"("id") ON DELETE no action ON UPDATE no action;
        --> statement-breakpoint
        ALTER TABLE "billing_organization_invoices" ADD CONSTRAINT "billing_organization_invoices_payer_account_id_billing_organization_accounts_id_fk" FOREIGN KEY ("payer_account_id") REFERENCES "billing_organization_accounts"("id") ON DELETE no action ON UPDATE no action;`,
      severity: 'info',
      count: 1,
    },
  ],
  good: [
    {
      sql: `create table orders (id bigint generated always as identity primary key, a_long_name_that_fits_into_sixty_three_bytes_with_room text);`,
    },
    {
      title: 'A name that was cut before is given up.',
      given: `create table orders (id bigint primary key, a int, constraint orders_a_constraint_whose_name_says_everything_that_there_is_to_say_here unique (a)); create index orders_an_index_whose_name_says_everything_that_there_is_to_say_first on orders (a);`,
      sql: `
        alter table orders rename constraint orders_a_constraint_whose_name_says_everything_that_there_is_to_say_here to orders_a;
        alter index orders_an_index_whose_name_says_everything_that_there_is_to_say_first rename to orders_by_a;`,
      unproven: 'others speak of the rename itself',
    },
  ],
  visit: {
    *statement(statement, ctx) {
      if (Buffer.byteLength(statement.text) < 64) return
      for (const { name, place } of identifiersIn(statement)) {
        const stored = cut(name)
        if (stored === name || isLeft(stored, ctx)) continue
        const other = ctx.steps.some(
          (step) =>
            step.statement.text.length > 63 &&
            [...identifiersIn(step.statement)].some((one) => one.name !== name && cut(one.name) === stored),
        )
        yield {
          place,
          anySize: true,
          object: name,
          ...(other
            ? { severity: 'error' as const }
            : ctx.project.orm === 'drizzle' && name.endsWith('_fk')
              ? { severity: 'info' as const, alike: 'drizzle' }
              : {}),
          help: `Choose a name of at most 63 bytes${byOrm(ctx, { prisma: ', with `map:` in the schema', drizzle: ', as an argument in the schema', sql: '' })}.`,
          message: `\`${name}\` is cut to \`${stored}\`${other ? ', a name that is taken already' : ''}, because a name has at most 63 bytes.`,
        }
      }
    },
  },
} satisfies Rule

/** True for the name of what the statement renames or drops: it was cut when it was made. */
function isLeft(stored: string, ctx: RuleContext): boolean {
  return (ctx.step?.changes ?? []).some(
    (change) => /^(?:rename|drop)/.test(change.kind) && cut(subjectOf(change)) === stored,
  )
}

/** A name as Postgres stores it. */
function cut(name: string): string {
  const encoded = new TextEncoder().encode(name)
  return encoded.length <= 63 ? name : new TextDecoder().decode(encoded.slice(0, 63)).replace(/\uFFFD$/, '')
}
