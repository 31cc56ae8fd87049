import type { Step } from '../../src/step.ts'
import type { Problem, Rule, RuleContext } from '../../src/engine/rule.ts'
import { placeOf } from '../../src/location.ts'

export default {
  id: 'no-secret',
  severity: 'error',
  summary: 'A password or key in a migration is in the history of the repository for good.',
  why: 'Whoever can read the repository, a fork or a backup of it has the secret, and taking the line out later does not take it out of the history.',
  fix: 'Set it outside the migration, from the secrets of the deployment, and change the one that was written down.',
  references: ['https://www.postgresql.org/docs/current/sql-createrole.html'],
  dialects: 'all',
  sources: [],
  bad: [
    {
      sql: `create role reports login password 'h8Kd02mQ';`,
      message: 'a password',
      unproven: 'roles are of the cluster',
    },
    {
      given: `create table settings (key text primary key, value text);`,
      sql: `insert into settings (key, value) values ('payments', 'sk_live_51HCOXXAbcdefghijklmnop');`,
      message: 'a key of Stripe',
    },
    {
      given: `create table settings (key text primary key, value text);`,
      sql: `insert into settings (key, value) values ('upstream', 'postgres://app:h8Kd02mQ@db.example.com/app');`,
      message: 'a password in an address',
    },
    {
      sql: `create subscription orders connection 'host=db.example.com user=copy password=h8Kd02mQ' publication orders;`,
      message: 'a password in a connection string',
      unproven: 'another server to subscribe to',
    },
  ],
  good: [
    { sql: `create role reports login;`, unproven: 'roles are of the cluster' },
    {
      given: `create table users (id bigint primary key, password_hash text not null);`,
      sql: `update users set password_hash = '' where id = 1;`,
    },
    {
      title: 'The word is in a text that connects to nothing.',
      given: `create table notes (id bigint primary key, body text not null);`,
      sql: `update notes set body = 'use password=h8Kd02mQ' where id = 1;`,
    },
    {
      title: 'An address without a password, and one that is filled in later.',
      given: `create table settings (key text primary key, value text);`,
      sql: `insert into settings (key, value) values ('a', 'postgres://db.example.com/app'), ('b', 'postgres://app:\${PASSWORD}@db/app');`,
    },
  ],
  visit: {
    *statement({ node, inside }, ctx) {
      if (inside === 'function') return
      const options =
        'CreateRoleStmt' in node
          ? node.CreateRoleStmt.options
          : 'AlterRoleStmt' in node
            ? node.AlterRoleStmt.options
            : 'CreateUserMappingStmt' in node
              ? node.CreateUserMappingStmt.options
              : undefined
      for (const option of options ?? []) {
        if (
          !('DefElem' in option) ||
          !/^password$/i.test(option.DefElem.defname ?? '') ||
          !option.DefElem.arg ||
          !('String' in option.DefElem.arg)
        )
          continue
        const value = option.DefElem.arg.String.sval ?? ''
        if (value !== '' && !isPlaceholder(value)) yield said('a password', value, ctx.step)
      }
      const connection =
        'CreateSubscriptionStmt' in node
          ? node.CreateSubscriptionStmt.conninfo
          : 'AlterSubscriptionStmt' in node
            ? node.AlterSubscriptionStmt.conninfo
            : undefined
      const [, password = ''] = /\bpassword\s*=\s*(?:\\?')?([^\s'\\]{1,200})/i.exec(connection ?? '') ?? []
      if (password !== '' && !isPlaceholder(password))
        yield said('a password in a connection string', password, ctx.step)
      yield* keysIn(ctx)
    },
  },
} satisfies Rule

/** Secrets that are known by their form. Each pattern is linear: a fixed beginning and one run of characters. */
const forms: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\bsk_live_[A-Za-z0-9]{16,200}/g, 'a key of Stripe'],
  [/\bAKIA[0-9A-Z]{16}\b/g, 'a key of AWS'],
  [/\bgh[pousr]_[A-Za-z0-9]{36,200}/g, 'a token of GitHub'],
  [/\bxox[abpr]-[A-Za-z0-9-]{20,200}/g, 'a token of Slack'],
  [/-----BEGIN (?:RSA |EC |OPENSSH )?PRIVATE KEY-----/g, 'a private key'],
  [
    /\b(?:postgres|postgresql|mysql|mongodb|redis|amqp):\/\/[^\s:@/'"]{1,100}:([^\s:@/'"]{1,200})@/g,
    'a password in an address',
  ],
]

function* keysIn(ctx: RuleContext & { readonly step: Step }): Iterable<Problem> {
  for (const [pattern, name] of forms) {
    for (const match of ctx.step.statement.text.matchAll(pattern)) {
      if (isPlaceholder(match[1] ?? match[0])) continue
      yield said(name, match[0], ctx.step)
    }
  }
}

function isPlaceholder(value: string): boolean {
  return (
    /^(?:[*x.]+|password|secret|changeme|change_me|postgres|example|your.*)$/i.test(value) ||
    /[<{$%]|\bexample\b/i.test(value)
  )
}

function said(what: string, value: string, { statement }: Step): Problem {
  const at = statement.text.indexOf(value)
  const start = statement.start + Math.max(at, 0)
  return {
    anySize: true,
    ...(at < 0 ? {} : { place: placeOf(statement.file, start, start + value.length) }),
    message: `This writes ${what} into the history of the repository.`,
  }
}
