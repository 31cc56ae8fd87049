import type { Problem, Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Key } from '../../src/schema/model.ts'
import { accessExclusiveOn } from '../shared/locks.ts'
import { sql, sqlName } from '../shared/sql.ts'
import { doesWithoutLockTimeout, lockTimeoutBefore, settingBefore } from '../shared/timeouts.ts'
import { relationKey } from '../../src/schema/relation.ts'

export default {
  id: 'no-blocking-trigger',
  severity: 'warning',
  summary:
    'Creating or switching a trigger blocks writes while it waits, dropping one blocks reads too, and without it what it kept true is not.',
  why: `CREATE TRIGGER and ENABLE or DISABLE TRIGGER take a SHARE ROW EXCLUSIVE lock, DROP TRIGGER an ACCESS EXCLUSIVE one. DISABLE TRIGGER ALL also switches off
    the checks of foreign keys.`,
  fix: 'Set a lock_timeout of a few seconds before it.',
  references: [
    'https://www.postgresql.org/docs/current/sql-createtrigger.html',
    'https://www.postgresql.org/docs/current/sql-altertable.html',
  ],
  sources: [
    'pgfence/create-trigger',
    'pgfence/drop-trigger',
    'pgfence/enable-disable-trigger',
    'pgls/avoidCreateTrigger',
    'pgls/banDropTrigger',
    'pgls/avoidEnableDisableTrigger',
  ],
  bad: [
    {
      given: `create table users (id bigint primary key); create function touch() returns trigger language plpgsql as $$ begin return new; end $$;`,
      sql: `create trigger users_touch before update on users for each row execute function touch();`,
      severity: 'info',
      message: 'blocks writes to `users`',
    },
    {
      title: 'One that takes the place of another waits once.',
      runner: 'flyway',
      given: `create table users (id bigint primary key); create function touch() returns trigger language plpgsql as $$ begin return new; end $$; create trigger users_touch before update on users for each row execute function touch();`,
      sql: `drop trigger users_touch on users; create trigger users_touch before insert or update on users for each row execute function touch();`,
      severity: 'info',
      message: 'Dropping `users_touch` locks',
    },
    {
      given: `create table users (id bigint primary key);`,
      sql: `alter table users disable trigger all;`,
      message: 'foreign keys',
    },
  ],
  good: [
    {
      title: 'Nobody waits for long.',
      given: `create table users (id bigint primary key); create function touch() returns trigger language plpgsql as $$ begin return new; end $$;`,
      sql: `set lock_timeout = '2s'; create trigger users_touch before update on users for each row execute function touch();`,
    },
    {
      given: `create function touch() returns trigger language plpgsql as $$ begin return new; end $$;`,
      sql: `create table users (id bigint generated always as identity primary key); create trigger users_touch before update on users for each row execute function touch();`,
    },
  ],
  visit: {
    addTrigger({ table, to, place }, ctx) {
      if (waitsForNobody(table, ctx)) return
      return {
        severity: 'info',
        alike: `${place.path} ${table}`,
        message: `Creating \`${to.name}\` blocks writes to \`${ctx.name(table)}\` while it waits for running transactions, and costs each of them from then on.`,
        ...timed(ctx),
      }
    },
    dropTrigger({ table, name, place }, ctx) {
      if (waitsForNobody(table, ctx)) return
      return {
        severity: 'info',
        alike: `${place.path} ${table}`,
        message: `Dropping \`${name}\` locks out everybody who uses \`${ctx.name(table)}\` while it waits for running queries.`,
        ...timed(ctx),
      }
    },
    setTrigger({ table, name, enabled, place }, ctx) {
      if (waitsForNobody(table, ctx)) return
      return {
        severity: 'info',
        alike: `${place.path} ${table}`,
        message: `${enabled ? 'Enabling' : 'Disabling'} \`${name}\` blocks writes to \`${ctx.name(table)}\` while it waits for running transactions.`,
        ...timed(ctx),
      }
    },
    statement({ node }, ctx) {
      if (!('AlterTableStmt' in node)) return
      const { relation, cmds = [] } = node.AlterTableStmt
      const table = relationKey(relation, ctx.step.before)
      if (
        ctx.isNew(table) ||
        !cmds.some((cmd) => 'AlterTableCmd' in cmd && cmd.AlterTableCmd.subtype === 'AT_DisableTrigAll')
      )
        return
      return {
        object: table,
        anySize: true,
        message: `Disabling all triggers of \`${ctx.name(table)}\` switches off the checks of its foreign keys as well.`,
        help: `All but those of foreign keys:\n${sql(`ALTER TABLE ${sqlName(table, ctx)} DISABLE TRIGGER USER;`)}`,
      }
    },
  },
} satisfies Rule

function timed(ctx: RuleContext): Pick<Problem, 'help' | 'suggestion'> {
  if (ctx.step === null) return {}
  const { timeout, offer } = lockTimeoutBefore(ctx.step, ctx)
  return { help: `So that nobody waits for long behind it:\n${sql(timeout)}`, ...offer }
}

/** True for a new table, behind a lock that is there already, behind a timeout, and where a project has chosen to do without one. */
function waitsForNobody(table: Key, ctx: RuleContext): boolean {
  return (
    ctx.isNew(table) ||
    isLocked(table, ctx) ||
    settingBefore('lock_timeout', ctx) !== null ||
    (doesWithoutLockTimeout(ctx) && ctx.size(table) !== 'large')
  )
}

/** True where an earlier statement of the transaction keeps writers out of the table already: this one waits for nobody. */
function isLocked(table: Key, { step, transaction, isNew }: RuleContext): boolean {
  if (!step || step.transaction.block === null) return false
  return transaction
    .slice(0, transaction.indexOf(step))
    .some(({ changes }) =>
      changes.some(
        (change) =>
          accessExclusiveOn(change, isNew) === table ||
          ((change.kind === 'addTrigger' || change.kind === 'setTrigger') && change.table === table),
      ),
    )
}
