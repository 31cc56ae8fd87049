import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Key, Policy } from '../../src/schema/model.ts'
import { nameOf } from '../../src/schema/model.ts'
import { builtBy, concurrently } from '../shared/concurrently.ts'
import { declare } from '../shared/declare.ts'
import { indexesOf } from '../shared/index-prefix.ts'
import { ident, sqlName } from '../shared/sql.ts'
import { columnRef, walkTree } from '../shared/sql-tree.ts'
import { foreignKeysIn } from '../shared/foreign-keys.ts'
import { isSupabase } from '../shared/supabase.ts'
import { withSuffix } from '../shared/names.ts'

export default {
  id: 'require-policy-index',
  severity: 'info',
  summary: 'A policy that compares a column without an index makes every query of the table read all of it.',
  why: `Postgres adds the condition of the policy to each query. Where no index leads with the column that it compares, a query that asks for nothing else reads the rows of all
    users or tenants to find those of one.`,
  fix: 'Create an index that begins with the column.',
  references: [
    'https://supabase.com/docs/guides/database/postgres/row-level-security#add-indexes',
    'https://www.postgresql.org/docs/current/ddl-rowsecurity.html',
  ],
  sources: [],
  checklist: 'queries-use-indexes',
  bad: [
    {
      runner: 'supabase',
      sql: `
        create table notes (id bigint generated always as identity primary key, author uuid not null);
        alter table notes enable row level security;
        create policy own on notes for select to authenticated using ((select auth.uid()) = author);
        create policy writing on notes for update to authenticated using ((select auth.uid()) = author);`,
      message: 'no index leads with `author`',
    },
    {
      sql: `
        create table notes (id bigint generated always as identity primary key, tenant_id bigint not null);
        alter table notes enable row level security;
        create policy tenant on notes using (tenant_id = current_setting('app.tenant')::bigint);`,
    },
    {
      title: 'Drizzle declares it, and no migration says it yet.',
      runner: 'supabase',
      drizzle: {
        before: `import { bigint, pgPolicy, pgTable, text, uuid } from 'drizzle-orm/pg-core'\nimport { sql } from 'drizzle-orm'\nexport const base = pgTable('base', { id: bigint('id', { mode: 'number' }).primaryKey() }).enableRLS()\n`,
        after: `import { bigint, pgPolicy, pgTable, text, uuid } from 'drizzle-orm/pg-core'\nimport { sql } from 'drizzle-orm'\nexport const base = pgTable('base', { id: bigint('id', { mode: 'number' }).primaryKey() }).enableRLS()\nexport const notes = pgTable('notes', { id: bigint('id', { mode: 'number' }).primaryKey(), author: uuid('author').notNull() }, () => [pgPolicy('own', { for: 'select', to: 'authenticated', using: sql\`(select auth.uid()) = author\` })])\n`,
      },
      files: {
        'drizzle.config.ts':
          "export default { dialect: 'postgresql', out: './supabase/migrations', schema: './src/schema.ts' }",
      },
      message: '`own` compares `author`',
    },
  ],
  good: [
    {
      runner: 'supabase',
      sql: `
        create table notes (id bigint generated always as identity primary key, author uuid not null);
        create index on notes (author, id);
        alter table notes enable row level security;
        create policy own on notes for select to authenticated using ((select auth.uid()) = author);`,
    },
    {
      title: 'An older policy compares it already.',
      given: `create table notes (id bigint primary key, tenant_id bigint not null); alter table notes enable row level security; create policy tenant on notes for select using (tenant_id = current_setting('app.tenant')::bigint);`,
      sql: `create policy writing on notes for update using (tenant_id = current_setting('app.tenant')::bigint);`,
    },
    {
      title: 'The column is the key, or a flag.',
      runner: 'supabase',
      sql: `
        create table profiles (id uuid primary key, shared boolean not null default false);
        alter table profiles enable row level security;
        create policy own on profiles for select to authenticated using (id = (select auth.uid()) or shared = true);`,
    },
  ],
  visit: {
    addPolicy: ({ table, to }, ctx) => unindexed(to, table, ctx),
  },
} satisfies Rule

function unindexed(policy: Policy, table: Key, ctx: RuleContext) {
  const after = ctx.after.tables.get(table)
  // Tables of the platform belong to others, who alone may index them.
  if (!after?.complete || policy.command === 'insert' || (isSupabase(ctx) && after.schema !== ctx.after.defaultSchema))
    return null
  const column = comparedColumn(policy)
  if (
    column === null ||
    !after.columns.some((one) => one.name === column && one.type !== 'boolean') ||
    indexesOf(after).some((index) => index.columns[0] === column) ||
    // Of a new foreign key without an index another rule tells.
    foreignKeysIn(ctx.steps.flatMap((step) => step.changes)).some(
      (one) => one.table === table && one.foreignKey.columns[0] === column,
    )
  )
    return null
  // Said once where several policies compare the same column, and never where an older one did so already.
  const isSame = (one: Policy) => one.command !== 'insert' && comparedColumn(one) === column
  const first = ctx.steps
    .flatMap((step) => step.changes)
    .find((change) => change.kind === 'addPolicy' && change.table === table && isSame(change.to))
  if (
    (first?.kind === 'addPolicy' && first.to.name !== policy.name) ||
    ctx.before.tables.get(table)?.policies.some(isSame)
  )
    return null
  const name = withSuffix(`${nameOf(table)}_${column}`, '_idx')
  const { words, offer } = declare({ kind: 'addIndex', table, columns: [column], name }, ctx)
  return {
    object: `${table}.${column}`,
    message: `\`${policy.name}\` compares \`${column}\` in every query of \`${ctx.name(table)}\`, and no index leads with \`${column}\`.`,
    help: `${words}${builtBy(table, [`CREATE INDEX ${concurrently(table, ctx)}${ident(name)} ON ${sqlName(table, ctx)} (${ident(column)});`], ctx)}`,
    ...offer,
  }
}

/** The column that the condition compares for equality with who asks; null where there is none or it is a condition of another shape. */
function comparedColumn(policy: Policy): string | null {
  let found: string | null = null
  walkTree(policy.usingNode, (kind, value) => {
    if (kind === 'SubLink') return false
    if (kind === 'A_Expr' && value['kind'] === 'AEXPR_OP' && lastOperator(value['name']) === '=') {
      const sides = [value['lexpr'], value['rexpr']]
      const at = sides.findIndex((side) => columnRef(side as never) !== null)
      if (at >= 0 && asks(sides[1 - at])) found ??= columnRef(sides[at] as never)?.name ?? null
    }
    return true
  })
  return found
}

function lastOperator(names: unknown): string {
  const [name] = Array.isArray(names)
    ? (names.slice(-1) as readonly { readonly String?: { readonly sval?: string } }[])
    : []
  return name?.String?.sval ?? ''
}

/** True for what holds the user or tenant of the session: `auth.uid()`, `current_setting(…)`, `current_user`. */
function asks(node: unknown): boolean {
  let found = false
  walkTree([node], (kind, value) => {
    if (kind === 'SQLValueFunction') found = true
    if (kind === 'FuncCall') found ||= /"(?:uid|jwt|current_setting)"/.test(JSON.stringify(value['funcname']))
    return !found
  })
  return found
}
