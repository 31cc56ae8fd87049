import type { Node } from 'libpg-query'
import type { Problem, Rule, RuleContext } from '../../src/engine/rule.ts'
import { nameOf } from '../../src/schema/model.ts'
import { isOn } from '../../src/sql/transaction-block.ts'
import type { Statement } from '../../src/sql/statement.ts'
import { notNullRecipe } from '../shared/not-null.ts'
import {
  excluded,
  expressionByTrigger,
  invokedByFunction,
  merged,
  nullsApart,
  ownUuid,
  readBefore,
  replacedTrigger,
  reworded,
  storageLater,
  storedInstead,
  type Older,
} from '../shared/older-syntax.ts'
import { walkTree } from '../shared/sql-tree.ts'
import { wholeLines } from '../shared/suggest.ts'

export default {
  id: 'no-newer-syntax',
  severity: 'error',
  summary: 'The statement is written for a newer PostgreSQL than the one that production runs.',
  why: `A server that does not know the words refuses the statement with a syntax error, and the migration ends there. Tests pass all the same where they run on a newer server.`,
  fix: 'Write it with what the version knows, or name the version that production runs in `.github/schemagate.yml`: `postgres: 18`.',
  references: ['https://www.postgresql.org/docs/release/'],
  sources: [],
  claims: { fails: '42601', to: 17 },
  bad: [
    {
      postgres: 17,
      given: `create table users (id bigint primary key, email text);`,
      sql: `alter table users add column domain text generated always as (split_part(email, '@', 2)) virtual;`,
      message: 'a virtual column',
    },
    {
      postgres: 17,
      given: `create table users (id bigint primary key, email text);`,
      sql: `alter table users add constraint users_email_not_null not null email not valid;`,
      message: 'PostgreSQL 17 does not know `NOT NULL` as a constraint of its own, which came with 18',
    },
    {
      postgres: 16,
      given: `create table users (id bigint primary key, age int);`,
      sql: `alter table users add constraint users_age check (age > 0) not enforced;`,
      message: '`NOT ENFORCED`',
    },
    {
      postgres: 14,
      given: `create table users (id bigint primary key, email text); create table names (id bigint primary key, email text);`,
      sql: `merge into users u using names n on u.id = n.id when matched then update set email = n.email;`,
      message: '`MERGE`',
    },
    {
      postgres: 14,
      given: `create table users (id bigint primary key, email text);`,
      sql: `create unique index concurrently users_email on users (email) nulls not distinct;`,
      runner: 'psql',
      message: '`NULLS NOT DISTINCT`',
    },
    {
      postgres: 17,
      given: `create table users (id bigint primary key, email text);`,
      sql: `update users set email = lower(email) where id = 1 returning old.email, new.email;`,
      message: '`old` and `new` in `RETURNING`',
      unproven: 'it fails in other words, for a table that is missing',
    },
    {
      postgres: 16,
      given: `create table users (id bigint primary key, email text, domain text generated always as (split_part(email, '@', 2)) stored);`,
      sql: `alter table users alter column domain set expression as (lower(split_part(email, '@', 2)));`,
      message: '`SET EXPRESSION`, which came with 17',
    },
    {
      postgres: 14,
      given: `create table users (id bigint primary key, email text);`,
      sql: `create view emails with (security_invoker = true) as select email from users;`,
      message: '`security_invoker`, which came with 15',
      unproven: 'it fails in other words, for a parameter that is not known',
    },
    {
      postgres: 17,
      sql: `create table users (id uuid primary key default uuidv7());`,
      message: '`uuidv7()`, which came with 18',
      unproven: 'it fails in other words, for a function that is missing',
    },
    {
      postgres: 13,
      given: `create table users (id bigint primary key); create function touch() returns trigger language plpgsql as $$ begin return new; end $$;`,
      sql: `create or replace trigger touch before insert on users for each row execute function touch();`,
      message: '`CREATE OR REPLACE TRIGGER`, which came with 14',
    },
  ],
  good: [
    {
      title: 'A function of its own.',
      postgres: 17,
      given: `create function uuidv7() returns uuid language sql as $$ select gen_random_uuid() $$;`,
      sql: `create table users (id uuid primary key default uuidv7());`,
    },
    {
      title: 'A table may be called so.',
      postgres: 17,
      given: `create table old (id bigint primary key, email text);`,
      sql: `create table users (id bigint primary key, email text); update users u set email = old.email from old where old.id = u.id and u.id = 1 returning old.email;`,
    },
    {
      postgres: 18,
      given: `create table users (id bigint primary key, age int);`,
      sql: `alter table users add constraint users_age check (age > 0) not enforced;`,
    },
    {
      postgres: 17,
      given: `create table users (id bigint primary key, age int);`,
      sql: `alter table users add constraint users_age check (age > 0) not valid;`,
    },
  ],
  visit: {
    statement(statement, ctx) {
      const { node, inside } = statement
      if (inside === 'function') return
      const newer = newestIn(node, (name) => isMissing(name, ctx))
      if (newer === null || newer.from <= ctx.postgres) return
      return {
        ...(ctx.postgresAssumed ? { severity: 'info' as const } : {}),
        anySize: true,
        fails: true,
        ...olderForm(newer, statement, ctx),
        message: `PostgreSQL ${ctx.postgres} does not know ${newer.words}, which came with ${newer.from}, so this fails there${ctx.postgresAssumed ? '; nothing says that production runs a newer one' : ''}.`,
      }
    },
  },
} satisfies Rule

/** True where nothing of the database brings a function of that name. */
function isMissing(name: string, { alone, step }: RuleContext): boolean {
  const before = step?.before
  return !alone && before?.complete === true && ![...before.functions.keys()].some((of) => nameOf(of) === name)
}

interface Syntax {
  readonly from: number
  readonly words: string
  /** The statement in words that older versions know; left out where it has to be thought of anew. */
  readonly older?: Older
}

/** What to write in place of it, where older versions have a word for the same or for what comes close. */
function olderForm(
  { from, older }: Syntax,
  statement: Statement,
  ctx: RuleContext,
): Partial<Pick<Problem, 'help' | 'suggestion'>> {
  const name = `Or name the version that production runs in \`.github/schemagate.yml\`: \`postgres: ${from}\`.`
  const column = ctx.step?.changes.find((change) => change.kind === 'addNotNull')
  const help =
    column?.kind === 'addNotNull'
      ? notNullRecipe(column.table, column.column, ctx)
      : statement.inside === null
        ? (older?.(statement, ctx) ?? null)
        : null
  return help === null ? {} : { help: `${help}\n${name}`, ...inItsPlace(help, statement, ctx) }
}

/** The one statement of a help in place of the one at hand; nothing where it is more, or waits for others when it runs. */
function inItsPlace(help: string, { kind }: Statement, { step }: RuleContext): Pick<Problem, 'suggestion'> {
  const [, only, more] = /```sql\n(?:SET lock_timeout = '3s';\n)?([^`;]*;)\n```([^]*)/.exec(help) ?? []
  return only === undefined ||
    /^create function/i.test(only) ||
    more?.includes('```sql') ||
    !/^(?:Merge|Update|Delete|Create|AlterTable)Stmt$/.test(kind)
    ? {}
    : wholeLines(step, only)
}

/** The newest syntax of a statement, as far as its words tell; null for what every version since 10 knows. */
function newestIn(node: Node, isMissing: (name: string) => boolean): Syntax | null {
  let newest: Syntax | null = null
  walkTree(node, (kind, value) => {
    const called =
      kind === 'FuncCall' ? /"sval":"(uuidv[47])"\}\}\]/.exec(JSON.stringify(value['funcname']))?.[1] : undefined
    const builtIn =
      called !== undefined && isMissing(called) ? [{ from: 18, words: `\`${called}()\``, older: ownUuid }] : []
    for (const found of [...syntaxOf(kind, value), ...builtIn])
      if (newest === null || found.from > newest.from) newest = found
    return true
  })
  return newest
}

type Value = Readonly<Record<string, unknown>>
type Needs = (from: number, words: string, when: boolean, older?: Older) => void

/** What a node needs that not every version has, tried on servers of every version from 10 to 18. */
function syntaxOf(kind: string, value: Value): readonly Syntax[] {
  const found: Syntax[] = []
  const needs: Needs = (from, words, when, older) => {
    if (when) found.push({ from, words, ...(older ? { older } : {}) })
  }
  const options = (value['options'] ?? value['params']) as readonly Node[] | undefined
  switch (kind) {
    case 'ReindexStmt':
      needs(
        12,
        '`REINDEX CONCURRENTLY`',
        isOn(options, 'concurrently'),
        reworded('`CONCURRENTLY`', /\bconcurrently\s+|\(\s*concurrently\s*\)\s*/i),
      )
      needs(14, '`REINDEX` into a tablespace', names(options).includes('tablespace'))
      break
    case 'PartitionCmd':
      needs(
        14,
        '`DETACH PARTITION … CONCURRENTLY`',
        value['concurrent'] === true,
        reworded('`CONCURRENTLY`', /\s+concurrently\b/i),
      )
      needs(11, 'a default partition', isDefault(value['bound']))
      break
    case 'CreateStmt':
      needs(11, 'a default partition', isDefault(value['partbound']))
      needs(11, '`PARTITION BY HASH`', at(value['partspec'], 'strategy') === 'PARTITION_STRATEGY_HASH')
      break
    case 'IndexStmt':
      needs(11, '`INCLUDE`', value['indexIncludingParams'] !== undefined)
      needs(15, '`NULLS NOT DISTINCT`', value['nulls_not_distinct'] === true, nullsApart)
      break
    case 'CreateFunctionStmt':
      needs(11, 'procedures', value['is_procedure'] === true)
      needs(14, 'a body without quotes', value['sql_body'] !== undefined)
      break
    case 'DropdbStmt':
      needs(13, '`DROP DATABASE … WITH (FORCE)`', names(options).includes('force'))
      break
    case 'CreateTrigStmt':
      needs(14, '`CREATE OR REPLACE TRIGGER`', value['replace'] === true, replacedTrigger)
      break
    case 'CreateStatsStmt':
      needs(14, 'statistics of expressions', JSON.stringify(value['exprs'] ?? null).includes('"expr"'))
      break
    case 'ViewStmt':
      needs(15, '`security_invoker`', names(options).includes('security_invoker'), invokedByFunction)
      break
    case 'SelectStmt':
      needs(13, '`WITH TIES`', value['limitOption'] === 'LIMIT_OPTION_WITH_TIES')
      needs(14, '`GROUP BY DISTINCT`', value['groupDistinct'] === true)
      break
    case 'CommonTableExpr':
      needs(12, '`MATERIALIZED` in a `WITH`', /^CTEMaterialize(?:Always|Never)$/.test(String(value['ctematerialized'])))
      break
    case 'ColumnDef':
      needs(14, '`COMPRESSION`', value['compression'] !== undefined, reworded('it', /\s+compression\s+[\w"]+/i))
      needs(16, '`STORAGE` of a new column', value['storage_name'] !== undefined, storageLater)
      break
    case 'AlterTableCmd': {
      const newer = subcommands[String(value['subtype'])]
      if (newer) found.push(newer)
      needs(15, '`security_invoker`', names(at(at(value['def'], 'List'), 'items')).includes('security_invoker'))
      break
    }
    case 'ATAlterConstraint':
      needs(18, '`NOT ENFORCED`', value['alterEnforceability'] === true)
      break
    case 'CopyStmt':
      needs(17, '`ON_ERROR`', names(options).includes('on_error'))
      break
    case 'MergeStmt':
      needs(15, '`MERGE`', true, merged)
      needs(17, '`RETURNING` of `MERGE`', value['returningClause'] !== undefined)
      needs(17, '`WHEN NOT MATCHED BY SOURCE`', JSON.stringify(value).includes('MERGE_WHEN_NOT_MATCHED_BY_SOURCE'))
      break
    case 'Constraint':
      ofConstraint(value, needs)
      break
    default:
      if (expressions[kind]) found.push(expressions[kind])
  }
  needs(18, '`old` and `new` in `RETURNING`', givesBothSides(value), readBefore)
  return found
}

function ofConstraint(value: Value, needs: Needs): void {
  const type = value['contype']
  needs(18, 'keys over periods', value['without_overlaps'] === true || value['fk_with_period'] === true, excluded)
  needs(
    18,
    '`NOT ENFORCED`',
    type === 'CONSTR_ATTR_NOT_ENFORCED' ||
      ((type === 'CONSTR_CHECK' || type === 'CONSTR_FOREIGN') && value['is_enforced'] !== true),
    (statement, ctx) =>
      reworded(
        '`NOT ENFORCED`',
        /\s+not\s+enforced\b/i,
        /^\s*alter\b/i.test(statement.text) ? ' NOT VALID' : '',
      )(statement, ctx),
  )
  needs(18, '`NOT NULL` as a constraint of its own', type === 'CONSTR_NOTNULL' && value['keys'] !== undefined)
  needs(18, 'a virtual column', type === 'CONSTR_GENERATED' && value['generated_kind'] === 'v', storedInstead)
  needs(12, 'a generated column', type === 'CONSTR_GENERATED' && value['generated_kind'] === 's')
  needs(15, '`NULLS NOT DISTINCT`', value['nulls_not_distinct'] === true, nullsApart)
  needs(15, 'columns behind `SET NULL` and `SET DEFAULT`', value['fk_del_set_cols'] !== undefined)
  needs(11, '`INCLUDE`', value['including'] !== undefined)
}

const subcommands: Readonly<Record<string, Syntax>> = {
  AT_DropExpression: { from: 13, words: '`DROP EXPRESSION`' },
  AT_DetachPartitionFinalize: { from: 14, words: '`DETACH PARTITION … FINALIZE`' },
  AT_SetCompression: { from: 14, words: '`SET COMPRESSION`' },
  AT_SetAccessMethod: { from: 15, words: '`SET ACCESS METHOD`' },
  AT_SetExpression: { from: 17, words: '`SET EXPRESSION`', older: expressionByTrigger },
}

const expressions: Readonly<Record<string, Syntax>> = {
  CallStmt: { from: 11, words: '`CALL`' },
  JsonIsPredicate: { from: 16, words: '`IS JSON`' },
  JsonArrayAgg: { from: 16, words: '`JSON_ARRAYAGG`' },
  JsonObjectAgg: { from: 16, words: '`JSON_OBJECTAGG`' },
  JsonTable: { from: 17, words: '`JSON_TABLE`' },
  JsonFuncExpr: { from: 17, words: '`JSON_VALUE`, `JSON_QUERY` and `JSON_EXISTS`' },
  JsonScalarExpr: { from: 17, words: '`JSON_SCALAR`' },
}

/** True for a statement that writes and gives back columns of `old` or `new`, where it calls no table so. */
function givesBothSides(value: Value): boolean {
  const returning = value['returningClause']
  if (typeof returning !== 'object' || returning === null) return false
  if (at(returning, 'options') !== undefined) return true
  const rest = JSON.stringify({ ...value, returningClause: null })
  return ['old', 'new'].some(
    (side) =>
      JSON.stringify(returning).includes(`{"fields":[{"String":{"sval":"${side}"}},`) &&
      !rest.includes(`"aliasname":"${side}"`) &&
      !rest.includes(`"relname":"${side}"`),
  )
}

function isDefault(bound: unknown): boolean {
  return at(bound, 'is_default') === true
}

function at(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Value)[name] : undefined
}

/** The names of options in parentheses. */
function names(options: unknown): readonly string[] {
  return Array.isArray(options)
    ? (options as readonly Node[]).map((option) => ('DefElem' in option ? (option.DefElem.defname ?? '') : ''))
    : []
}
