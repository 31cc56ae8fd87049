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
      title: 'What many new tables hold is told once.',
      sql: `
        create table a (id bigint generated always as identity primary key, api_key text, client_secret text);
        create table b (id bigint generated always as identity primary key, api_key text);
        create table c (id bigint generated always as identity primary key, webhook_secret text);
        create table d (id bigint generated always as identity primary key, access_token text);`,
      message: '5 columns of 4 tables (`a.api_key`, `a.client_secret`, `b.api_key`, `c.webhook_secret` and 1 more)',
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
      title: 'Code of the pull request writes it encrypted.',
      sql: `CREATE TABLE "User" ("id" INTEGER NOT NULL, "twoFactorSecret" TEXT, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));`,
      prisma: { before: '', after: 'model User {\n  id Int @id\n  twoFactorSecret String?\n}\n' },
      typescript: `
        import { PrismaClient } from '@prisma/client'
        const prisma = new PrismaClient()
        export const keep = (id: number, secret: string) => prisma.user.update({ where: { id }, data: { twoFactorSecret: encrypt(secret) } })`,
    },
    {
      title: 'The repository has a package that hashes passwords.',
      runner: 'prisma@6',
      files: {
        'package.json': '{"dependencies":{"prisma":"6.0.0","@prisma/client":"6.0.0","bcryptjs":"3.0.2"}}',
      },
      prisma: { before: '', after: 'model User {\n  id Int @id\n  password String\n}\n' },
      sql: `CREATE TABLE "User" ("id" INTEGER NOT NULL, "password" TEXT NOT NULL, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));`,
    },
    {
      title: 'A key that is wrapped is encrypted.',
      sql: `create table vaults (id bigint generated always as identity primary key, key_wrapped_by_password text not null);`,
    },
    {
      title: 'Sixty characters are what bcrypt gives.',
      sql: `create table users (id bigint generated always as identity primary key, password varchar(60) not null);`,
    },
  ],
  visit: {
    *pullRequest(ctx) {
      const fresh = ctx.steps.flatMap(({ changes }) =>
        changes.flatMap((change) => {
          if (change.kind === 'addColumn') return [{ table: change.table, column: change.to }]
          if (change.kind !== 'createTable' || change.to.persistence === 'temporary') return []
          return change.to.columns.map((column) => ({ table: change.table, column }))
        }),
      )
      const there = fresh.filter(({ table, column }) => {
        const columns = ctx.after.tables.get(table)?.columns ?? []
        return isText(column) && (columns.length === 0 || columns.some(({ name }) => name === column.name))
      })
      const open = there.filter(({ table, column }) => isNamed(column, secret) && !isHashed(column, table, ctx))
      for (const columns of together(open)) {
        const [first] = columns
        yield {
          ...placed(first, ctx),
          message: `Nothing says that ${named(columns, ctx)} ${columns.length > 1 ? 'are' : 'is'} hashed or encrypted: whoever reads ${where(columns, ctx)} or a backup has ${columns.length > 1 ? 'them' : 'it'}.`,
          help:
            columns.length > 1
              ? `Store hashes and say so in the names, \`${first.column.name}_hash\` for one.`
              : `Store a hash and say so in the name: \`${first.column.name}_hash\`.`,
        }
      }
      const tokens = there.filter(({ table, column }) => isNamed(column, token) && !isHashed(column, table, ctx))
      for (const columns of together(tokens))
        yield {
          ...placed(columns[0], ctx),
          severity: 'info',
          message: `Whoever reads ${where(columns, ctx)} or a backup can read ${named(columns, ctx)}.`,
          help: 'Hash what is only compared; encrypt what has to be sent on, and say so in the name.',
        }
    },
  },
} satisfies Rule

interface NewColumn {
  readonly table: Key
  readonly column: Column
}

/** From so many tables on what they have in common is told once. */
const manyTables = 3

/** What is told in one finding: the columns of a table, or those of many tables. */
function together(columns: readonly NewColumn[]): readonly (readonly [NewColumn, ...NewColumn[]])[] {
  const tables = [...new Set(columns.map(({ table }) => table))]
  const groups =
    tables.length > manyTables ? [columns] : tables.map((one) => columns.filter(({ table }) => table === one))
  return groups.flatMap(([first, ...more]) => (first ? [[first, ...more] as const] : []))
}

function named(columns: readonly NewColumn[], ctx: RuleContext): string {
  const tables = new Set(columns.map(({ table }) => table))
  if (tables.size === 1) return listed(columns.map(({ column }) => column.name))
  const shown = columns.slice(0, 4).map(({ table, column }) => `\`${ctx.name(table)}.${column.name}\``)
  const rest = columns.length - shown.length
  return `${columns.length} columns of ${tables.size} tables (${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''})`
}

function where(columns: readonly [NewColumn, ...NewColumn[]], ctx: RuleContext): string {
  return new Set(columns.map(({ table }) => table)).size === 1 ? `\`${ctx.name(columns[0].table)}\`` : 'these tables'
}

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

/** True where the name is one of these, and does not say itself that the value is not plain. */
function isNamed(column: Column, pattern: RegExp): boolean {
  const name = snake(column.name)
  return (
    pattern.test(name) &&
    !/hash|encrypt|cipher|crypt|digest|salt|wrapped|(?:^|_)(?:display|hint|last|masked|preview|public|redacted)_/.test(
      name,
    )
  )
}

/** True where something says that the value is not the credential itself. */
function isHashed(column: Column, table: Key, ctx: RuleContext): boolean {
  if (/(?:^|_)(?:password|passwd|passphrase)$/.test(snake(column.name)) && ctx.project.passwordHasher !== undefined)
    return true
  return isGuarded(column, table, ctx) || isWrittenHashed(column, table, ctx) || isOfAuthLibrary(table, ctx)
}

function placed({ table, column }: NewColumn, ctx: RuleContext): Pick<Problem, 'place' | 'object'> {
  const place = columnPlace(column, table, ctx)
  return { ...(place ? { place } : {}), object: `${table}.${column.name}` }
}
