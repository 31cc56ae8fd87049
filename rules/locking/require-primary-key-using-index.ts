import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { nameOf, type Column, type Key } from '../../src/schema/model.ts'
import { numberedInBatches } from '../shared/batches.ts'
import { notNullRecipe } from '../shared/not-null.ts'
import { outsideTransaction } from '../shared/outside-transaction.ts'
import { indexByPartition, isOnly, isPartitioned } from '../shared/partitions.ts'
import { freeIndexName } from '../shared/replaced.ts'
import { addColumnSql, ident, idents, rowsSentence, sql, sqlName, tableAt } from '../shared/sql.ts'

export default {
  id: 'require-primary-key-using-index',
  severity: 'error',
  summary:
    'A primary key that builds its own index locks everybody out until the index is built and every row is read.',
  why: `ADD PRIMARY KEY takes an ACCESS EXCLUSIVE lock, builds a unique index under it, and reads every row where a column of the key may be
    NULL. Nobody reads or writes meanwhile.`,
  fix: 'Make the columns NOT NULL and build a unique index CONCURRENTLY first, then add the key USING INDEX, which takes a moment.',
  references: [
    'https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX',
  ],
  sources: [
    'squawk/adding-serial-primary-key-field',
    'pgfence/add-pk-without-using-index',
    'atlas/PG104',
    'diesel-guard/AddPrimaryKeyCheck',
    'pgsafe/add-primary-key-without-index',
    'pgls/addingPrimaryKeyConstraint',
  ],
  claims: { lock: 'AccessExclusiveLock' },
  bad: [
    {
      given: `create table events (id bigint not null);`,
      sql: `alter table events add primary key (id);`,
      message: 'locks out everybody who uses `events`',
    },
    {
      title: 'Where a column of the key may be NULL, it is made NOT NULL first.',
      given: `create table members (team_id bigint not null, user_id bigint);`,
      sql: `alter table members add primary key (team_id, user_id);`,
    },
    {
      given: `create table events (at timestamptz not null);`,
      sql: `alter table events add column id bigserial primary key;`,
    },
    {
      title: 'A partitioned table gets it partition by partition.',
      given: `create table events (id bigint not null, at date not null) partition by range (at); create table events_2020 partition of events for values from ('2020-01-01') to ('2021-01-01');`,
      sql: `alter table events add primary key (id, at);`,
    },
  ],
  good: [
    {
      given: `create table events (id bigint not null); create unique index events_pkey on events (id);`,
      sql: `alter table events add constraint events_pkey primary key using index events_pkey;`,
    },
    { sql: `create table events (id bigint not null); alter table events add primary key (id);` },
  ],
  visit: {
    addPrimaryKey({ table, to, usingIndex, inline }, ctx) {
      if (usingIndex !== null || ctx.isNew(table)) return
      if (isPartitioned(table, ctx) && isOnly(ctx)) return
      const name = sqlName(table, ctx)
      const key = to.name || `${nameOf(table)}_pkey`
      const index = ident(freeIndexName(key, table, ctx))
      const include = to.include.length > 0 ? ` INCLUDE (${idents(to.include)})` : ''
      const message = `Building the primary key \`${to.name}\` locks out everybody who uses \`${ctx.name(table)}\` until it is done.`
      if (isPartitioned(table, ctx) && !inline)
        return {
          message,
          help: indexByPartition(
            table,
            { name: key, type: 'PRIMARY KEY', definition: `(${idents(to.columns)})${include}` },
            ctx,
          ),
        }
      const deferred = to.deferrable ? ` DEFERRABLE${to.initiallyDeferred === true ? ' INITIALLY DEFERRED' : ''}` : ''
      const { added, nullable, isKnown } = columnsOf(table, to.columns, ctx)
      const duplicates = `SELECT ${idents(to.columns)}, count(*) FROM ${name} GROUP BY ${idents(to.columns)} HAVING count(*) > 1 LIMIT 20;`
      const later = to.columns.some((column) => ctx.isNewColumn(table, column))
      const outside = outsideTransaction(ctx, { later })
      const steps = [
        ...(inline ? added.map((column) => addedAlone(table, column, ctx)) : []),
        ...nullable.map(
          (column) =>
            `${isKnown ? `\`${column}\` may be NULL` : `Where \`${column}\` may be NULL, make it NOT NULL first`}. ${notNullRecipe(table, column, ctx)}`,
        ),
        `Build the index of the key; ${outside.how}:\n${sql(`CREATE UNIQUE INDEX CONCURRENTLY ${index} ON ${name} (${idents(to.columns)})${include};`)}`,
        `Then${later && outside.never ? ', in a later migration,' : ''} let the key take it over:\n${sql(`ALTER TABLE ${name} ADD CONSTRAINT ${ident(key)} PRIMARY KEY USING INDEX ${index}${deferred};`)}`,
        ...(inline ? [] : [`Rows that would fail:\n${sql(duplicates)}`]),
      ]
      return {
        message,
        help: `${rowsSentence(table, ctx)}${steps.join('\n')}`,
      }
    },
  },
} satisfies Rule

/** The columns of the key that the pull request adds, and those that may hold a NULL; of a table that is not known each one may. */
function columnsOf(
  table: Key,
  columns: readonly string[],
  ctx: RuleContext,
): { readonly added: readonly Column[]; readonly nullable: readonly string[]; readonly isKnown: boolean } {
  const added = ctx.steps
    .flatMap(({ changes }) => changes)
    .flatMap((change) =>
      change.kind === 'addColumn' && change.table === table && columns.includes(change.to.name) ? [change.to] : [],
    )
  const known = tableAt(table, ctx)
  const isNullable = (name: string) => {
    const column = known?.columns.find((each) => each.name === name) ?? added.find((each) => each.name === name)
    return column ? column.nullable || isNumbered(column) : ctx.alone
  }
  return { added, nullable: columns.filter(isNullable), isKnown: known?.complete === true || !ctx.alone }
}

const isNumbered = ({ identity, default: value }: Column) => identity !== null || value?.startsWith('nextval(') === true

/** How to add a column of the key that others do not wait for: one that numbers the rows is filled in batches. */
function addedAlone(table: Key, column: Column, ctx: RuleContext): string {
  return isNumbered(column)
    ? `Number new rows at once and old rows in batches:\n${sql(...numberedInBatches(table, column, ctx))}`
    : `Add the column without PRIMARY KEY, and give every row a value of its own:\n${sql(addColumnSql(table, { ...column, nullable: true }, ctx))}`
}
