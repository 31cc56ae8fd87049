import type { Node, WithClause } from 'libpg-query'
import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Schema, Table } from '../../src/schema/model.ts'
import { relationKey } from '../../src/schema/relation.ts'
import { isAlwaysTrue } from '../shared/always-true.ts'
import { changedRows, heldLock, rowChanges } from '../shared/slow.ts'
import { endsTransactions } from '../../src/sql/transaction-block.ts'
import { columnRef, walkTree } from '../shared/sql-tree.ts'
import { changeInBatches } from '../shared/row-batches.ts'
import { rowsSentence, sql } from '../shared/sql.ts'

export default {
  id: 'no-backfill-in-migration',
  severity: 'warning',
  summary: 'Changing many rows in a migration locks all of them until the migration has committed.',
  why: `Every row that is changed is locked until the transaction ends and is written anew, so other writers of those rows wait, the table grows, and
    replicas fall behind. A lock that an ALTER TABLE of the same transaction took is held for all that time.`,
  fix: 'Change the rows in small batches from a script that commits after each of them, outside the migration.',
  references: [
    'https://www.postgresql.org/docs/current/sql-update.html',
    'https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-SPACE-RECOVERY',
  ],
  sources: [
    'pgfence/update-in-migration',
    'pgfence/statement-after-access-exclusive',
    'pgls/runningStatementWhileHoldingAccessExclusive',
    'eugene/E4',
    'strong_migrations/change_column_null',
  ],
  bad: [
    {
      given: `create table users (id bigint primary key, plan text, country text);`,
      sql: `update users set plan = 'free' where plan is null;`,
      message: 'locks every row of `users` that it changes',
    },
    {
      title: 'In a WITH too.',
      given: `create table users (id bigint primary key, seen date); create table old_users (id bigint primary key, seen date);`,
      sql: `with gone as (delete from users where seen < '2020-01-01' returning *) insert into old_users select * from gone;`,
      message: 'This DELETE locks every row of `users`',
    },
    {
      title: 'MERGE reads and changes as many rows as fit.',
      given: `create table users (id bigint primary key, name text); create table names (id bigint primary key, name text);`,
      sql: `merge into users using names on users.id = names.id when matched then update set name = names.name;`,
      message: 'This MERGE locks every row of `users`',
    },
    {
      title: 'Rows that another table decides.',
      given: `create table users (id bigint primary key, name text); create table names (user_id bigint primary key, name text);`,
      sql: `update users u set name = n.name from names n where n.user_id = u.id and u.name is null;`,
    },
    {
      title: 'One team that a WITH names has any number of members.',
      given: `create table teams (id bigint primary key, plan text); create table users (id bigint primary key, team_id bigint, plan text);`,
      sql: `with team as (select id, plan from teams where id = 1) update users set plan = team.plan from team where users.team_id = team.id;`,
    },
    {
      title: 'The same, by a WITH and a key of two columns.',
      given: `create table members (team_id bigint, user_id bigint, role text, primary key (team_id, user_id)); create table bans (user_id bigint primary key);`,
      sql: `with banned as (select user_id from bans) delete from members using banned where members.user_id = banned.user_id;`,
    },
    {
      title: 'Rows of one table that are copied from another.',
      given: `create table users (id bigint primary key, name text); create table profiles (id bigint primary key, name text);`,
      sql: `insert into profiles (id, name) select id, name from users;`,
    },
    {
      title: 'The lock of an ALTER TABLE is held meanwhile.',
      runner: 'prisma@6',
      given: `create table users (id bigint primary key, plan text); create table teams (id bigint primary key);`,
      sql: `
        alter table teams add column name text;
        update users set plan = 'free' where plan is null;`,
      message: 'nobody can read or write `teams` meanwhile',
    },
    {
      title: 'Filling a column that the same pull request adds is information.',
      given: `create table users (id bigint primary key, country text);`,
      sql: `
        alter table users add column region text;
        update users set region = 'eu' where country in ('de', 'fr');`,
      severity: 'info',
    },
    {
      title: 'What comes next to the same table is told of in the same breath.',
      given: `create table orders (id bigint primary key, state text, note text);`,
      sql: `update orders set state = 'open' where state = 'new'; update orders set note = '' where note is null;`,
      message: 'locks every row of `orders`',
    },
  ],
  good: [
    {
      title: 'A number of rows, and no more.',
      given: `create table users (id bigint primary key, name text);`,
      sql: `update users set name = 'x' where id in (select id from users where name is null limit 1000);`,
    },
    {
      title: 'A statement of a script, which gives it the ends of a batch.',
      given: `create table users (id bigint primary key, name text);`,
      sql: `update users set name = 'x' where id > $1 and id <= $2;`,
    },
    {
      title: 'One row that a WITH names.',
      given: `create table users (id bigint primary key, name text);`,
      sql: `with before as (select users as old from users where id = 1 for update) update users set name = 'x' from before where users.id = (before.old).id;`,
    },
    {
      title: 'A number of rows that a WITH picks.',
      given: `create table users (id bigint primary key, name text);`,
      sql: `with picked as (select id from users where name is null limit 1000) update users set name = 'x' from picked where picked.id = users.id;`,
    },
    {
      title: 'A number of rows of a copy.',
      given: `create table users (id bigint primary key, name text); create table profiles (id bigint primary key, name text);`,
      sql: `insert into profiles (id, name) select id, name from users where id > 7000 order by id limit 1000;`,
    },
    {
      title: 'A block that commits after each batch.',
      runner: 'psql',
      given: `create table users (id bigint primary key, plan text);`,
      sql: `do $$ declare r record; begin for r in select id from users loop update users set plan = 'free' where id = r.id; commit; end loop; end $$;`,
    },
    {
      title: 'One row.',
      given: `create table users (id bigint primary key, plan text);`,
      sql: `update users set plan = 'free' where id = 7;`,
    },
    {
      title: 'One row, by a unique column.',
      given: `create table flags (id bigint primary key, name text unique, value text);`,
      sql: `update flags set value = 'on' where name = 'beta';`,
    },
    {
      title: 'A table of the same pull request.',
      sql: `create table flags (id bigint generated always as identity primary key, value text); update flags set value = 'on' where value is null;`,
    },
    {
      title: 'A query of sqlc is no migration.',
      alone: true,
      sql: `-- name: ExpireTokens :exec\nDELETE FROM tokens WHERE expires_at < now();`,
    },
    {
      title: 'Rows that are written out.',
      given: `create table roles (id bigint primary key, name text);`,
      sql: `insert into roles (id, name) values (1, 'admin'), (2, 'member');`,
    },
  ],
  visit: {
    *statement(statement, ctx) {
      const { node, inside, file } = statement
      const parts = inside === 'function' ? [] : rowChanges(node)
      if (parts.length === 0 || isQueryFile(file.text) || (inside === null && takesValues(node))) return
      if (inside === 'do' && commitsBetween(ctx)) return
      const held = heldLock(ctx.step, ctx, null)
      const meanwhile = held === null ? '' : `, and nobody can read or write \`${ctx.name(held.table)}\` meanwhile`
      for (const part of parts) {
        const changed = changedRows(part, ctx.step.before)
        if (changed === null || ctx.isNew(changed.table) || (changed.verb === 'MERGE' && ctx.postgres < 15)) continue
        const { table, verb, where, joins, sets } = changed
        const known = ctx.step.before.tables.get(table)
        if (
          known?.persistence === 'temporary' ||
          ctx.step.before.views.has(table) ||
          (known === undefined && !ctx.alone)
        )
          continue
        const whole = verb === 'UPDATE' || verb === 'DELETE'
        if (whole && !joins && (where === null || isAlwaysTrue(where) || namesRows(where, known))) continue
        if (isBounded(verb === 'INSERT' ? part : where)) continue
        const fills = verb === 'UPDATE' && sets.every((column) => ctx.isNewColumn(table, column))
        if (joins && (isBounded(withOf(part)) || followsRows(part, where, known, ctx.step.before))) continue
        const batch = changeInBatches({ statement, part, table }, ctx)
        // A plan is made of a project, and of a statement that stands for itself.
        const planned = batch === null && part === node && verb !== 'MERGE' && !ctx.alone && inside === null
        yield {
          object: table,
          alike: `${statement.place.path} ${verb} ${table}`,
          ...(fills ? { severity: 'info' as const } : {}),
          message:
            verb === 'INSERT'
              ? `This copies rows into \`${ctx.name(table)}\` in one transaction, which grows with them${meanwhile}.`
              : `This ${verb} locks every row of \`${ctx.name(table)}\` that it changes until the migration commits${meanwhile}.`,
          help: `${rowsSentence(table, ctx)}Do it in batches from a script that commits after each, before or after the migration.${planned ? ' `schemagate plan`, or `/schemagate plan` in the pull request, writes it.' : ''}${batch === null ? '' : `\n${sql(...batch)}`}`,
        }
      }
    },
  },
} satisfies Rule

/** True in a block that commits by itself: it works in batches, or Postgres refuses it. */
function commitsBetween({ step, steps }: RuleContext): boolean {
  const block = steps
    .slice(0, step === null ? 0 : steps.indexOf(step))
    .findLast(({ statement }) => statement.inside === null)
  return block !== undefined && endsTransactions(block.statement)
}

/** True where each row is found by its key in a WITH that names its own rows, and nothing else is joined. */
function followsRows(part: Node, where: Node | null, table: Table | undefined, schema: Schema): boolean {
  const [statement] = Object.values(part) as readonly { fromClause?: readonly Node[]; usingClause?: readonly Node[] }[]
  const [from, ...others] = statement?.fromClause ?? statement?.usingClause ?? []
  const key = table?.primaryKey?.columns ?? []
  const terms =
    where && 'BoolExpr' in where && where.BoolExpr.boolop === 'AND_EXPR' ? (where.BoolExpr.args ?? []) : [where]
  const isByKey = terms.some(
    (term) =>
      term && 'A_Expr' in term && term.A_Expr.kind === 'AEXPR_OP' && columnRef(term.A_Expr.lexpr)?.name === key[0],
  )
  if (others.length > 0 || key.length !== 1 || !isByKey || !from || !('RangeVar' in from)) return false
  const cte = withOf(part)?.ctes?.find(
    (each) => 'CommonTableExpr' in each && each.CommonTableExpr.ctename === from.RangeVar.relname,
  )
  const query = cte && 'CommonTableExpr' in cte ? cte.CommonTableExpr.ctequery : undefined
  if (!query || !('SelectStmt' in query)) return false
  const { fromClause: [read, ...more] = [], whereClause } = query.SelectStmt
  return (
    more.length === 0 &&
    whereClause !== undefined &&
    read !== undefined &&
    'RangeVar' in read &&
    namesRows(whereClause, schema.tables.get(relationKey(read.RangeVar, schema)))
  )
}

/** The WITH of a statement. */
function withOf(node: Node): WithClause | null {
  const [statement] = Object.values(node) as readonly { readonly withClause?: WithClause }[]
  return statement?.withClause ?? null
}

/** True for a condition that takes a number of rows and no more: `id IN (SELECT id FROM t LIMIT 5000)`. */
function isBounded(where: Node | WithClause | null): boolean {
  let found = false
  walkTree(where, (kind, value) => {
    if (kind === 'SelectStmt' && value['limitCount'] !== undefined) found = true
    return !found
  })
  return found
}

/** True for a statement of a script, which gives it values: no runner does. */
function takesValues(node: Node): boolean {
  let found = false
  walkTree(node, (kind) => {
    if (kind === 'ParamRef') found = true
    return !found
  })
  return found
}

/** True for a file of named queries that code is generated from (sqlc): none of it runs as a migration. https://docs.sqlc.dev/en/stable/reference/query-annotations.html */
function isQueryFile(text: string): boolean {
  return /^--\s*name\s*:\s*\S/m.test(text)
}

/** True where a condition picks out single rows: a primary key or unique column equals a constant or stands in a list of them. Of a table that is not known, the usual names count. */
function namesRows(where: Node, table: Table | undefined): boolean {
  if ('BoolExpr' in where)
    return where.BoolExpr.boolop === 'AND_EXPR' && (where.BoolExpr.args ?? []).some((term) => namesRows(term, table))
  if (!('A_Expr' in where) || (where.A_Expr.kind !== 'AEXPR_OP' && where.A_Expr.kind !== 'AEXPR_IN')) return false
  const [operator] = where.A_Expr.name ?? []
  if (operator === undefined || !('String' in operator) || operator.String.sval !== '=') return false
  const column = columnRef(where.A_Expr.lexpr)?.name
  if (column === undefined || !isConstant(where.A_Expr.rexpr)) return false
  if (table === undefined || !table.complete) return /^(id|.*_id|uuid|key|slug|name|code|email)$/i.test(column)
  const single = [table.primaryKey, ...table.uniques].some(
    (unique) => unique?.columns.length === 1 && unique.columns[0] === column,
  )
  return (
    single || table.indexes.some((index) => index.unique && index.keys.length === 1 && index.keys[0]?.column === column)
  )
}

function isConstant(node: Node | undefined): boolean {
  if (node === undefined) return false
  if ('A_Const' in node) return true
  if ('TypeCast' in node) return isConstant(node.TypeCast.arg)
  if ('List' in node) return (node.List.items ?? []).every((item) => isConstant(item))
  return false
}
