import type { OptionProblem, Problem, Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Column, Key } from '../../src/schema/model.ts'
import { nameOf } from '../../src/schema/model.ts'
import type { Place } from '../../src/location.ts'
import { columnPlace } from '../shared/columns.ts'
import { singular, snake } from '../shared/names.ts'
import { inPaths, like, texts, wrongPath } from '../shared/patterns.ts'

export default {
  id: 'require-naming',
  severity: 'warning',
  summary: 'A name that does not follow the pattern of the team.',
  why: `Names that follow one pattern can be guessed, and joins and exports written without looking. \`tables\`, \`columns\`, \`indexes\`, \`foreign-keys\`,
    \`primary-keys\`, \`uniques\`, \`checks\`, \`enums\`, \`enum-values\`, and of an ORM's schema \`models\` (Prisma), \`fields\` and \`lists\` (fields that hold several) take a style, which is snake_case, camelCase, PascalCase, SCREAMING_CASE, singular or
    plural (several with +, as in snake_case+plural), or a pattern in which {table}, {column} and {columns} stand for the names and * for anything, such as
    idx_{table}_{columns}. Empty means any name.`,
  fix: 'Rename it while nothing uses it yet.',
  references: ['https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS'],
  options: {
    tables: 'snake_case',
    columns: 'snake_case',
    indexes: '',
    'foreign-keys': '',
    'primary-keys': '',
    uniques: '',
    checks: '',
    enums: '',
    'enum-values': '',
    models: '',
    fields: '',
    lists: '',
    except: [],
    paths: [],
  },
  checkOption: (name, value) =>
    name === 'paths' ? wrongPath(String(value)) : name === 'except' ? null : wrongStyle(String(value)),
  enabled: false,
  dialects: 'all',
  sources: [
    'atlas/NM102',
    'atlas/NM104',
    'schemalint/name-casing',
    'bytebase/naming.table',
    'bytebase/naming.column',
    'bytebase/naming.index.idx',
    'prisma-lint/model-name-pascal-case',
    'prisma-lint/model-name-grammatical-number',
    'prisma-lint/model-name-mapping-snake-case',
    'prisma-lint/field-name-camel-case',
    'prisma-lint/field-name-mapping-snake-case',
    'prisma-lint/enum-name-pascal-case',
    'prisma-lint/enum-value-case',
    'prisma-lint/model-name-prefix',
    'schemalint/name-inflection',
    'bytebase/naming.index.uk',
    'bytebase/naming.index.fk',
  ],
  bad: [
    {
      sql: `create table "UserAccounts" (id bigint generated always as identity primary key);`,
      message: '`UserAccounts` is not in snake_case',
    },
    {
      sql: `create table users (id bigint generated always as identity primary key, "firstName" text);`,
      message: '`firstName` is not in snake_case',
    },
    {
      options: { indexes: 'idx_{table}_{columns}' },
      sql: `create table users (id bigint generated always as identity primary key, city text); create index users_city on users (city);`,
      message: '`users_city` does not follow `idx_{table}_{columns}`',
    },
    {
      options: { tables: 'singular' },
      sql: `create table users (id bigint generated always as identity primary key);`,
      message: 'is not singular',
    },
    {
      options: { fields: 'camelCase', columns: 'snake_case', tables: 'PascalCase' },
      prisma: { before: '', after: 'model User {\n  id         BigInt @id\n  first_name String\n}\n' },
      message: '`first_name` is not in camelCase',
    },
    {
      options: { enums: 'snake_case' },
      drizzle: {
        before: '',
        after: `
          import { bigint, pgEnum, pgTable } from 'drizzle-orm/pg-core'
          export const mood = pgEnum('UserMood', ['sad', 'ok'])
          export const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey(), mood: mood('mood').notNull() })`,
      },
      message: '`UserMood` is not in snake_case',
    },
    {
      options: { models: 'PascalCase+singular', tables: 'snake_case+plural', columns: '' },
      prisma: { before: '', after: 'model app_users {\n  id BigInt @id\n\n  @@map("app_users")\n}\n' },
      message: '`app_users` is not in PascalCase',
    },
    {
      options: { 'enum-values': 'SCREAMING_CASE' },
      sql: `create type mood as enum ('SAD', 'ok');`,
      message: '`ok` is not in SCREAMING_CASE',
    },
    {
      options: { columns: '', tables: '', lists: 'plural' },
      prisma: { before: '', after: 'model User {\n  id BigInt @id\n  email String[]\n}\n' },
      message: '`email` is not plural',
    },
    {
      options: { checks: '{table}_*_check' },
      sql: `create table users (id bigint generated always as identity primary key, age int constraint adult check (age > 17));`,
      message: '`adult` does not follow',
    },
  ],
  good: [
    {
      options: { fields: 'camelCase', columns: 'snake_case', tables: 'PascalCase' },
      prisma: { before: '', after: 'model User {\n  id        BigInt @id\n  firstName String @map("first_name")\n}\n' },
    },
    {
      options: { models: 'PascalCase+singular', tables: 'snake_case+plural', 'enum-values': 'SCREAMING_CASE' },
      prisma: {
        before: '',
        after: 'enum Mood {\n  SAD\n  OK\n}\n\nmodel User {\n  id   BigInt @id\n  mood Mood\n\n  @@map("users")\n}\n',
      },
    },
    { sql: `create table user_accounts (id bigint generated always as identity primary key, first_name text);` },
    {
      options: { indexes: 'idx_{table}_{columns}', tables: 'snake_case+plural' },
      sql: `create table users (id bigint generated always as identity primary key, city text); create index idx_users_city on users (city);`,
    },
  ],
  visit: {
    *createTable({ table, to, place }, ctx) {
      if (to.persistence === 'temporary') return
      yield* judged('tables', to.name, {}, { table, place }, ctx)
      for (const column of to.columns) yield* columnNames(column, table, place, ctx)
      const model = ctx.declared?.tables.get(table)
      if (model && ctx.project.orm === 'prisma')
        yield* judged(
          'models',
          model.model ?? model.name,
          {},
          { table, place: model.declared[0] ?? place, own: true },
          ctx,
        )
      if (to.primaryKey)
        yield* judged(
          'primary-keys',
          to.primaryKey.name,
          { table: to.name, columns: to.primaryKey.columns },
          { table, place },
          ctx,
        )
      for (const unique of to.uniques)
        yield* judged('uniques', unique.name, { table: to.name, columns: unique.columns }, { table, place }, ctx)
      for (const foreignKey of to.foreignKeys)
        yield* judged(
          'foreign-keys',
          foreignKey.name,
          { table: to.name, columns: foreignKey.columns },
          { table, place },
          ctx,
        )
      for (const check of to.checks) yield* judged('checks', check.name, { table: to.name }, { table, place }, ctx)
    },
    *addColumn({ table, to, place }, ctx) {
      yield* columnNames(to, table, place, ctx)
    },
    *addCheck({ table, to, place }, ctx) {
      yield* judged('checks', to.name, { table: nameOf(table) }, { table, place }, ctx)
    },
    *createEnum({ object, to, place }, ctx) {
      yield* judged('enums', to.name, {}, { table: object, place }, ctx)
      for (const value of to.values) yield* judged('enum-values', value, {}, { table: object, place }, ctx)
    },
    *addEnumValue({ object, value, place }, ctx) {
      yield* judged('enum-values', value, {}, { table: object, place }, ctx)
    },
    *addIndex({ table, index, place }, ctx) {
      const columns = index.keys.flatMap((k) => (k.column === null ? [] : [k.column]))
      yield* judged(
        index.unique ? 'uniques' : 'indexes',
        index.name,
        { table: nameOf(table), columns },
        { table, place },
        ctx,
      )
    },
    *addUnique({ table, to, place }, ctx) {
      yield* judged('uniques', to.name, { table: nameOf(table), columns: to.columns }, { table, place }, ctx)
    },
    *addForeignKey({ table, to, place }, ctx) {
      yield* judged('foreign-keys', to.name, { table: nameOf(table), columns: to.columns }, { table, place }, ctx)
    },
  },
} satisfies Rule

/** The name of a column, and that of the field which declares it. */
function* columnNames(column: Column, table: Key, place: Place, ctx: RuleContext): Iterable<Problem> {
  const at = { table, place: columnPlace(column, table, ctx) ?? place, own: true }
  yield* judged('columns', column.name, { table: nameOf(table) }, at, ctx)
  const declared = ctx.declared?.tables.get(table)?.columns.find((c) => c.name === column.name)
  if (!declared) return
  const name = declared.property ?? declared.name
  yield* judged('fields', name, { table: nameOf(table), columns: [column.name] }, at, ctx)
  if (column.type?.endsWith('[]'))
    yield* judged('lists', name, { table: nameOf(table), columns: [column.name] }, at, ctx)
}

interface Parts {
  readonly table?: string
  readonly columns?: readonly string[]
}

function* judged(
  option: string,
  name: string,
  parts: Parts,
  at: { readonly table: Key; readonly place: Place; readonly own?: boolean },
  ctx: RuleContext,
): Iterable<Problem> {
  const wanted = ctx.options[option]
  if (
    typeof wanted !== 'string' ||
    wanted === '' ||
    !inPaths(texts(ctx.options['paths']), at.place.path) ||
    texts(ctx.options['except']).some((one) => like(one, name))
  )
    return
  for (const rule of wanted.split('+')) {
    const broken = breaks(rule, name, parts)
    if (broken === null) continue
    yield {
      ...(at.own ? { place: at.place } : {}),
      object: `${at.table}.${name}`,
      message: `\`${name}\` ${broken}.`,
      help: `The policy of the team for ${option.replaceAll('-', ' ')} is \`${wanted}\`. Rename it while nothing uses it yet.`,
    }
    return
  }
}

const styles: Readonly<Record<string, RegExp>> = {
  snake_case: /^[a-z0-9_]+$/,
  camelCase: /^[a-z][A-Za-z0-9]*$/,
  PascalCase: /^[A-Z][A-Za-z0-9]*$/,
  SCREAMING_CASE: /^[A-Z0-9_]+$/,
}

const words = [...Object.keys(styles), 'singular', 'plural']

/** What is wrong with a style: a word that is none, or a name in braces that stands for nothing. */
function wrongStyle(wanted: string): OptionProblem | null {
  if (wanted === '') return null
  for (const part of wanted.split('+')) {
    const braces = /\{([^{}]*)\}/g
    const wrong = [...part.matchAll(braces)].find(([, name = '']) => !['table', 'column', 'columns'].includes(name))
    if (wrong)
      return { words: `holds ${wrong[0]}, which stands for nothing: there are {table}, {column} and {columns}` }
    if (/[{}]/.test(part.replaceAll(braces, ''))) return { words: 'has a brace without its other half' }
    if (!words.includes(part) && !part.includes('*') && !part.includes('{'))
      return { words: `is neither a style (${words.join(', ')}) nor a pattern with * or {columns}`, among: words }
  }
  return null
}

/** What a name breaks, as the end of a sentence; null where it is as wanted. */
function breaks(rule: string, name: string, parts: Parts): string | null {
  const style = styles[rule]
  if (style) return style.test(name) ? null : `is not in ${rule}`
  const last = snake(name).split('_').at(-1) ?? ''
  if (rule === 'singular') return singular(last) === last ? null : 'is not singular'
  if (rule === 'plural') return singular(last) === last ? 'is not plural' : null
  const columns = (parts.columns ?? []).join('_')
  const pattern = rule
    .replaceAll('{table}', parts.table ?? name)
    .replaceAll('{columns}', columns)
    .replaceAll('{column}', parts.columns?.[0] ?? '')
  return like(pattern, name) ? null : `does not follow \`${rule}\``
}
