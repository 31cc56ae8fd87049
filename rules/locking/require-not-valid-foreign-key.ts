import type { Rule } from '../../src/engine/rule.ts'
import { foreignKeyDefinition } from '../../src/schema/sql/ddl.ts'
import { key } from '../../src/schema/model.ts'
import { separateDeploy } from '../shared/deploys.ts'
import { beginsFilled } from '../shared/foreign-keys.ts'
import { isPartitioned, keyByPartition, partitionsHaveKey, partitionsOf } from '../shared/partitions.ts'
import { droppedTwin, renameInstead } from '../shared/replaced.ts'
import { addColumnSql, ident, sql, sqlName } from '../shared/sql.ts'
import { addNotValid } from '../shared/suggest.ts'

export default {
  id: 'require-not-valid-foreign-key',
  severity: 'error',
  summary: 'A foreign key that is checked at once blocks writes to both tables while every row is read.',
  why: `ADD FOREIGN KEY takes a SHARE ROW EXCLUSIVE lock on both tables and reads the referencing table from end to end before it lets go.
    With NOT VALID it takes the same locks for a moment only; VALIDATE CONSTRAINT then reads the rows while writes go on.`,
  fix: 'Add the constraint NOT VALID, and validate it in a later transaction.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES'],
  sources: [
    'squawk/adding-foreign-key-constraint',
    'squawk/constraint-missing-not-valid',
    'pgfence/add-constraint-fk-no-not-valid',
    'eugene/E1',
    'eugene/E4',
    'strong_migrations/add_foreign_key',
    'strong_migrations/add_reference',
    'diesel-guard/AddForeignKeyCheck',
    'pgsafe/add-fk-without-not-valid',
    'pgls/addingForeignKeyConstraint',
    'pgls/constraintMissingNotValid',
  ],
  claims: [
    { lock: 'ShareRowExclusiveLock', rewrites: false, scans: true },
    { lock: 'AccessExclusiveLock', rewrites: false, scans: true },
  ],
  bad: [
    {
      given: `
        create table users (id bigint primary key);
        create table orders (id bigint primary key, user_id bigint);`,
      sql: `alter table orders add constraint orders_user_id_fkey foreign key (user_id) references users (id);`,
      message: 'blocks writes to `orders` and `users`',
    },
    {
      title: 'Nobody waits for a referenced table that the pull request creates.',
      given: `create table orders (id bigint primary key, user_id bigint);`,
      sql: `
        create table users (id bigint primary key);
        alter table orders add constraint orders_user_id_fkey foreign key (user_id) references users (id);`,
      message: 'blocks writes to `orders` until',
    },
    {
      title: 'Also inside a DO block, as older drizzle-kit writes it.',
      given: `
        create table users (id bigint primary key);
        create table orders (id bigint primary key, user_id bigint);`,
      sql: `
        do $$ begin
          alter table orders add constraint orders_user_id_fkey foreign key (user_id) references users (id);
        exception when duplicate_object then null;
        end $$;`,
    },
    {
      title: 'The same key under another name keeps what was checked, where it is renamed.',
      given: `
        create table users (id bigint primary key);
        create table orders (id bigint primary key, user_id bigint, constraint orders_user_temp_fk foreign key (user_id) references users (id));`,
      sql: `
        alter table orders drop constraint orders_user_temp_fk;
        alter table orders add constraint orders_user_id_fkey foreign key (user_id) references users (id);`,
    },
    {
      title: 'Below PostgreSQL 18 a partitioned table takes none NOT VALID; its partitions do.',
      given: `
        create table users (id bigint primary key);
        create table events (id bigint, user_id bigint, at date not null) partition by range (at);
        create table events_2020 partition of events for values from ('2020-01-01') to ('2021-01-01');`,
      sql: `alter table events add constraint events_user foreign key (user_id) references users (id);`,
      message: 'blocks writes to `events` and `users`',
    },
    {
      title: 'A default that is written out has every row checked, be it NULL.',
      given: `
        create table users (id bigint primary key);
        create table orders (id bigint primary key);`,
      sql: `alter table orders add column user_id bigint default null references users (id);`,
    },
  ],
  good: [
    {
      given: `
        create table users (id bigint primary key);
        create table orders (id bigint primary key, user_id bigint);
        create index orders_user_id on orders (user_id);`,
      sql: `alter table orders add constraint orders_user_id_fkey foreign key (user_id) references users (id) not valid;`,
    },
    {
      title: 'A table made in the same pull request holds no rows.',
      given: `create table users (id bigint primary key);`,
      sql: `
        create table orders (id bigint primary key, user_id bigint);
        create index on orders (user_id);
        alter table orders add foreign key (user_id) references users (id);`,
    },
    {
      title: 'Behind a CREATE TABLE that cannot succeed the table is new wherever the statement is reached.',
      given: `
        create table users (id bigint primary key);
        create table orders (id bigint primary key, user_id bigint);
        create index orders_user_id on orders (user_id);`,
      sql: `
        create table orders (id bigint primary key, user_id bigint);
        alter table orders add constraint orders_user_id_fkey foreign key (user_id) references users (id);`,
      unproven: 'the first statement fails',
    },
    {
      title: 'What every partition has already is taken over, and no row is read.',
      given: `
        create table users (id bigint primary key);
        create table events (id bigint, user_id bigint, at date not null) partition by range (at);
        create table events_2020 partition of events for values from ('2020-01-01') to ('2021-01-01');
        create index on events (user_id);
        alter table events_2020 add constraint events_user foreign key (user_id) references users (id);`,
      sql: `alter table events add constraint events_user foreign key (user_id) references users (id);`,
    },
    {
      title: 'A new nullable column holds nothing to check: Postgres skips the scan.',
      given: `
        create table users (id bigint primary key);
        create table orders (id bigint primary key);`,
      sql: `
        alter table orders add column user_id bigint references users (id);
        create index concurrently orders_user_id on orders (user_id);`,
      runner: 'psql',
    },
  ],
  visit: {
    addForeignKey({ table, to, inline }, ctx) {
      if (!to.validated || !to.enforced || ctx.isNew(table)) return
      const parent = key(to.references.schema, to.references.table)
      const whole = isPartitioned(table, ctx)
      const partitions = whole && ctx.step ? partitionsOf(table, ctx.step.before) : []
      if (whole && ((ctx.postgres < 18 && partitions.length === 0) || partitionsHaveKey(partitions, to))) return
      if (inline && (!ctx.step || !beginsFilled(ctx.step, to.columns[0] ?? ''))) return
      const name = sqlName(table, ctx)
      const add = `ALTER TABLE ${name} ADD ${foreignKeyDefinition({ ...to, validated: false }, ctx.before.defaultSchema)};`
      const column = inline
        ? ctx.step?.changes.find((each) => each.kind === 'addColumn' && to.columns.includes(each.to.name))
        : undefined
      const first = column?.kind === 'addColumn' ? [addColumnSql(table, column.to, ctx)] : []
      // Before the deploy a column that comes with it cannot be asked.
      const isThere = !ctx.isNew(parent) && to.columns.every((each) => !ctx.isNewColumn(table, each))
      const isAlone = parent === table || ctx.isNew(parent)
      const waits = `${inline ? 'reads and writes' : 'writes'} to \`${ctx.name(table)}\`${isAlone ? '' : inline ? `, and writes to \`${ctx.name(parent)}\`,` : ` and \`${ctx.name(parent)}\``}`
      const twin = droppedTwin(table, { type: 'foreignKey', is: to }, ctx)
      const message = `Checking \`${to.name}\` blocks ${waits} until every row of \`${ctx.name(table)}\` is read.`
      if (whole && !inline && ctx.postgres >= 11 && ctx.postgres < 18)
        return { message, help: keyByPartition(table, to, ctx) }
      if (whole && ctx.postgres < 18) return
      if (twin !== null) return { message, help: renameInstead(table, twin, to.name, ctx) }
      return {
        message,
        help: `Add ${inline ? 'the column first, then the foreign key' : 'it'} without looking at the rows:\n${sql(...first, add)}\nand validate it ${separateDeploy(ctx)}:\n${sql(`ALTER TABLE ${name} VALIDATE CONSTRAINT ${ident(to.name)};`)}${isThere ? `\nRows that would fail:\n${sql(orphans(table, parent, to, ctx))}` : ''}`,
        ...(inline ? {} : addNotValid(ctx.step)),
      }
    },
  },
} satisfies Rule

function orphans(
  table: string,
  parent: string,
  to: { columns: readonly string[]; references: { columns: readonly string[] } },
  ctx: Parameters<typeof sqlName>[1],
): string {
  const referenced =
    to.references.columns.length > 0
      ? to.references.columns
      : (ctx.after.tables.get(parent)?.primaryKey?.columns ?? to.columns)
  const pairs = to.columns.map((column, i) => `p.${ident(referenced[i] ?? column)} = c.${ident(column)}`).join(' AND ')
  const present = to.columns.map((column) => `c.${ident(column)} IS NOT NULL`).join(' AND ')
  return `SELECT c.* FROM ${sqlName(table, ctx)} c WHERE ${present} AND NOT EXISTS (SELECT FROM ${sqlName(parent, ctx)} p WHERE ${pairs}) LIMIT 20;`
}
