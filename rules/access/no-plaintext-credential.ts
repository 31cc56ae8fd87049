import type { Problem, Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Column, Key } from '../../src/schema/model.ts'
import { columnPlace, commentBeside } from '../shared/columns.ts'
import { snake } from '../shared/names.ts'
import { listed } from '../shared/query-words.ts'

export default {
  id: 'no-plaintext-credential',
  severity: 'warning',
  summary: 'A column whose name says password or card number holds it for whoever reads the table or a backup.',
  why: `Reports, support tools, logs of queries and backups all show it. A password needs only to be compared, so a hash of it is enough; a token that is only
    compared can be hashed as well, and what has to be sent on can be encrypted by the application. A name such as password_hash says which it is.`,
  fix: 'Store a hash and call the column password_hash, or encrypt it and call it so.',
  references: ['https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html'],
  dialects: 'all',
  sources: ['splinter/0023_sensitive_columns_exposed'],
  bad: [
    {
      sql: `create table users (id bigint generated always as identity primary key, password text not null);`,
      message: 'that `password` is hashed',
    },
    {
      given: `create table users (id bigint primary key);`,
      sql: `set lock_timeout = '5s'; alter table users add column card_number text;`,
    },
    {
      sql: `create table links (id bigint generated always as identity primary key, api_key text, refresh_token text);`,
      message: '`api_key` and `refresh_token`',
      severity: 'info',
    },
    {
      prisma: { before: '', after: 'model User {\n  id Int @id\n  password String\n}\n' },
      sql: `CREATE TABLE "User" ("id" INTEGER NOT NULL, "password" TEXT NOT NULL, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));`,
    },
    {
      drizzle: {
        before: '',
        after: `import { bigint, pgTable, text } from 'drizzle-orm/pg-core'\nexport const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey(), password: text('password').notNull() })`,
      },
      sql: `CREATE TABLE "users" ("id" bigint PRIMARY KEY NOT NULL, "password" text NOT NULL);`,
    },
  ],
  good: [
    {
      sql: `create table users (id bigint generated always as identity primary key, password_hash text not null, token_hash bytea, api_key_encrypted bytea, encrypted_secret text);`,
    },
    {
      title: 'Facts about a password.',
      sql: `create table users (id bigint generated always as identity primary key, password_changed_at timestamptz, has_password boolean not null default false, token_count bigint not null default 0);`,
    },
    {
      title: 'A comment, or a salt beside it, says what it is.',
      sql: `
        create table shares (
          id bigint generated always as identity primary key,
          -- bcrypt
          password text
        );
        create table users (id bigint generated always as identity primary key, password text not null, salt text not null);`,
    },
    {
      title: 'An auth library hashes it.',
      drizzle: {
        before: '',
        after: `
          import { pgTable, text } from 'drizzle-orm/pg-core'
          export const account = pgTable('account', { id: text('id').primaryKey(), accountId: text('account_id').notNull(), providerId: text('provider_id').notNull(), accessToken: text('access_token'), password: text('password') })`,
      },
    },
    {
      title: 'What is shown of a secret is not the secret.',
      sql: `create table hooks (id bigint generated always as identity primary key, display_secret_key text, redacted_api_key text);`,
    },
    {
      title: 'Sixty characters are what bcrypt gives.',
      sql: `create table users (id bigint generated always as identity primary key, password varchar(60) not null);`,
    },
  ],
  visit: {
    *createTable({ table, to }, ctx) {
      if (to.persistence !== 'temporary') yield* readable(to.columns, table, ctx)
    },
    *addColumn({ table, to }, ctx) {
      yield* readable([to], table, ctx)
    },
  },
} satisfies Rule

function isText(column: Column): boolean {
  return (
    /^(?:text|character varying|character)/.test(column.type ?? '') &&
    !/\((?:32|40|60|64|72|97|128)\)/.test(column.type ?? '') &&
    column.generated === null
  )
}

const secret = /(?:^|_)(?:password|passwd|passphrase|card_number|credit_card|cvv|cvc|ssn|social_security_number)$/
const token =
  /(?:^|_)(?:api_key|secret_key|private_key|client_secret|api_secret|access_token|refresh_token|totp_secret|two_factor_secret|webhook_secret)$/

/** True where a comment beside or above the declaration says that the value is not plain, or a salt stands beside it. */
function isGuarded(column: Column, table: Key, ctx: RuleContext): boolean {
  const after = ctx.after.tables.get(table)
  if (after?.columns.some((other) => /(?:^|_)salt$/.test(snake(other.name)))) return true
  return /\b(?:hash|bcrypt|argon|scrypt|pbkdf|encrypt|cipher|aes)/i.test(commentBeside(column, table, ctx))
}

/** True for the table of accounts that Better Auth and Auth.js write: their library hashes the password in it. */
function isOfAuthLibrary(table: Key, ctx: RuleContext): boolean {
  const names = new Set(ctx.after.tables.get(table)?.columns.map((column) => snake(column.name)))
  return (
    (['provider_id', 'provider', 'provider_account_id'].some((name) => names.has(name)) && names.has('account_id')) ||
    (names.has('access_token') && names.has('refresh_token') && names.has('id_token'))
  )
}

/** True where code that was read writes a hash or cipher into the column. */
function isWrittenHashed(column: Column, table: Key, ctx: RuleContext): boolean {
  return ctx.queries.some(
    (query) =>
      query.tables.some((t) => t.table === table) && /hash|crypt|argon|cipher/i.test(query.values?.[column.name] ?? ''),
  )
}

function* readable(columns: readonly Column[], table: Key, ctx: RuleContext): Iterable<Problem> {
  const named = (pattern: RegExp) =>
    columns.filter((column) => {
      const name = snake(column.name)
      return (
        isText(column) &&
        pattern.test(name) &&
        !/hash|encrypt|cipher|crypt|digest|salt|(?:^|_)(?:display|hint|last|masked|preview|public|redacted)_/.test(name)
      )
    })
  const plain = named(secret).filter(
    (column) => !isGuarded(column, table, ctx) && !isWrittenHashed(column, table, ctx) && !isOfAuthLibrary(table, ctx),
  )
  for (const column of plain)
    yield {
      ...placed(column, table, ctx),
      message: `Nothing says that \`${column.name}\` is hashed or encrypted: whoever reads \`${ctx.name(table)}\` or a backup has it.`,
      help: `Store a hash and say so in the name: \`${column.name}_hash\`.`,
    }
  const tokens = isOfAuthLibrary(table, ctx) ? [] : named(token).filter((column) => !isGuarded(column, table, ctx))
  const [first] = tokens
  if (!first) return
  yield {
    ...placed(first, table, ctx),
    severity: 'info',
    message: `${listed(tokens.map((column) => column.name))} can be read by whoever reads \`${ctx.name(table)}\` or a backup.`,
    help: 'Hash what is only compared; encrypt what has to be sent on, and say so in the name.',
  }
}

function placed(column: Column, table: Key, ctx: RuleContext): Pick<Problem, 'place' | 'object'> {
  const place = columnPlace(column, table, ctx)
  return { ...(place ? { place } : {}), object: `${table}.${column.name}` }
}
