import type {
  Check,
  Column,
  DomainType,
  EnumType,
  Exclusion,
  ForeignKey,
  Index,
  IndexKey,
  Key,
  OtherType,
  Policy,
  PrimaryKey,
  Schema,
  Sequence,
  SqlFunction,
  Table,
  Trigger,
  Unique,
  View,
} from '../model.ts'
import { key, schemaOf } from '../model.ts'
import { quoteIdent, quoteKey, quoteLiteral, quoteName } from './quote.ts'

/** Names in a list, in the order given. */
function nameList(names: readonly string[]): string {
  return names.map(quoteIdent).join(', ')
}

/** A column as `CREATE TABLE` and `ADD COLUMN` take it; a type that is not known is written as text and marked. */
export function columnDefinition(column: Column): string {
  const parts = [quoteIdent(column.name), column.type ?? 'text /* type not known */']
  if (column.collation) parts.push(`COLLATE ${collationName(column.collation)}`)
  if (column.generated)
    parts.push(`GENERATED ALWAYS AS (${column.generated.expression}) ${column.generated.stored ? 'STORED' : 'VIRTUAL'}`)
  else if (column.identity)
    parts.push(`GENERATED ${column.identity.toUpperCase()} AS IDENTITY${identityOptions(column)}`)
  else if (column.default !== null) parts.push(`DEFAULT ${column.default}`)
  if (!column.nullable && column.notNull?.validated !== false)
    parts.push(column.notNull ? `CONSTRAINT ${quoteIdent(column.notNull.name)} NOT NULL` : 'NOT NULL')
  return parts.join(' ')
}

/** ` (START WITH 1000)`, as it follows `AS IDENTITY`; empty where nothing differs from the defaults. */
export function identityOptions({ identityOptions: options = [] }: Column): string {
  return options.length > 0 ? ` (${options.join(' ')})` : ''
}

/** The statement that makes a column required without looking at its rows, where that is how it is: a definition of a column cannot say so. */
export function lateNotNull(table: Key, { name, notNull }: Column, defaultSchema: string): readonly string[] {
  return notNull?.validated === false
    ? [
        `ALTER TABLE ${quoteKey(table, defaultSchema)} ADD CONSTRAINT ${quoteIdent(notNull.name)} NOT NULL ${quoteIdent(name)} NOT VALID`,
      ]
    : []
}

/** A collation as its name is written; one that is already quoted or qualified stays as it is. */
export function collationName(collation: string): string {
  return collation.includes('"') ? collation : quoteIdent(collation)
}

function deferral(of: { readonly deferrable: boolean; readonly initiallyDeferred?: boolean }): string {
  return of.deferrable ? ` DEFERRABLE${of.initiallyDeferred ? ' INITIALLY DEFERRED' : ''}` : ''
}

function including(include: readonly string[]): string {
  return include.length ? ` INCLUDE (${nameList(include)})` : ''
}

/** `CONSTRAINT … PRIMARY KEY (…)`. */
export function primaryKeyDefinition(of: PrimaryKey): string {
  return `CONSTRAINT ${quoteIdent(of.name)} PRIMARY KEY (${nameList(of.columns)})${including(of.include)}${deferral(of)}`
}

/** `CONSTRAINT … UNIQUE (…)`. */
export function uniqueDefinition(of: Unique): string {
  return `CONSTRAINT ${quoteIdent(of.name)} UNIQUE${of.nullsNotDistinct ? ' NULLS NOT DISTINCT' : ''} (${nameList(of.columns)})${including(of.include)}${deferral(of)}`
}

/** `CONSTRAINT … CHECK (…)`, with `NOT VALID` where it has not been validated. */
export function checkDefinition(of: Check): string {
  return `CONSTRAINT ${quoteIdent(of.name)} CHECK (${of.expression})${of.noInherit ? ' NO INHERIT' : ''}${of.enforced ? (of.validated ? '' : ' NOT VALID') : ' NOT ENFORCED'}`
}

/** `CONSTRAINT … EXCLUDE …`. */
export function exclusionDefinition(of: Exclusion): string {
  return `CONSTRAINT ${quoteIdent(of.name)} ${of.definition}`
}

/** `CONSTRAINT … FOREIGN KEY … REFERENCES …`, with `NOT VALID` where it has not been validated. */
export function foreignKeyDefinition(of: ForeignKey, defaultSchema: string): string {
  const target = quoteName(of.references.schema, of.references.table, defaultSchema)
  const columns = of.references.columns.length ? ` (${nameList(of.references.columns)})` : ''
  const match = of.match === 'simple' ? '' : ` MATCH ${of.match.toUpperCase()}`
  const onDelete = of.onDelete === 'NO ACTION' ? '' : ` ON DELETE ${of.onDelete}`
  const onUpdate = of.onUpdate === 'NO ACTION' ? '' : ` ON UPDATE ${of.onUpdate}`
  const state = of.enforced ? (of.validated ? '' : ' NOT VALID') : ' NOT ENFORCED'
  return `CONSTRAINT ${quoteIdent(of.name)} FOREIGN KEY (${nameList(of.columns)}) REFERENCES ${target}${columns}${match}${onDelete}${onUpdate}${deferral(of)}${state}`
}

/** `CREATE TABLE` with its columns, keys, checks and exclusions; indexes, foreign keys and checks not yet valid are statements of their own. */
export function createTable(
  table: Table,
  defaultSchema: string,
  options: { readonly ifNotExists?: boolean; readonly parents?: readonly Table[] } = {},
): string {
  const parents = options.parents ?? []
  const lines = [
    ...table.columns
      .filter((c) => !isFromParent(c, parents))
      // A partition gets the identity of its parent when it is attached.
      .map((c) => (table.partition.of ? { ...c, identity: null } : c))
      .map((c) => `${columnDefinition(c)}${takesDefault(c, parents) ? ' DEFAULT NULL' : ''}`),
    ...(table.primaryKey ? [primaryKeyDefinition(table.primaryKey)] : []),
    ...inlineUniques(table).map(uniqueDefinition),
    ...table.checks
      .filter((c) => c.validated && c.enforced && !(c.inherited && hasCheck(parents, c.name)))
      .map(checkDefinition),
    ...table.exclusions.map(exclusionDefinition),
  ]
  const kind = table.persistence === 'unlogged' ? 'UNLOGGED TABLE' : 'TABLE'
  const body = lines.length ? `(\n${lines.map((l) => `  ${l}`).join(',\n')}\n)` : '()'
  const inherits =
    table.inherits.length && !table.partition.of
      ? ` INHERITS (${table.inherits.map((k) => quoteKey(k, defaultSchema)).join(', ')})`
      : ''
  const partition = table.partition.by ? ` PARTITION BY ${table.partition.by}` : ''
  const storage = table.with?.length ? ` WITH (${table.with.join(', ')})` : ''
  return `CREATE ${kind}${options.ifNotExists ? ' IF NOT EXISTS' : ''} ${quoteKey(table.key, defaultSchema)} ${body}${inherits}${partition}${storage}`
}

/** True for a column that comes with the parents as it is. */
function isFromParent(column: Column, parents: readonly Table[]): boolean {
  return (
    column.inherited === true &&
    parents.some((parent) =>
      parent.columns.some(
        (other) => other.name === column.name && columnDefinition(other) === columnDefinition(column),
      ),
    )
  )
}

/** True for a column without a default that would be given that of a parent's column of its name. */
function takesDefault(column: Column, parents: readonly Table[]): boolean {
  return (
    column.default === null &&
    column.generated === null &&
    column.identity === null &&
    parents.some((parent) => parent.columns.some((other) => other.name === column.name && other.default !== null))
  )
}

/** True where a table has from its parents a check of that name. */
export function hasCheck(parents: readonly Table[], name: string): boolean {
  return parents.some((parent) => parent.checks.some((check) => check.name === name && !check.noInherit))
}

/** Uniques that `CREATE TABLE` keeps: one over the columns of another key of the same statement is silently left out by Postgres. */
export function inlineUniques(table: Table): readonly Unique[] {
  const seen = new Set(table.primaryKey ? [JSON.stringify(table.primaryKey.columns)] : [])
  return table.uniques.filter((u) => {
    const columns = JSON.stringify(u.columns)
    const fresh = !seen.has(columns)
    seen.add(columns)
    return fresh
  })
}

function indexKey(of: IndexKey): string {
  const parts = [of.column !== null ? quoteIdent(of.column) : `(${of.expression ?? ''})`]
  if (of.collation) parts.push(`COLLATE ${collationName(of.collation)}`)
  if (of.opclass) parts.push(of.opclass)
  if (of.descending) parts.push('DESC')
  if (of.nullsFirst !== of.descending) parts.push(of.nullsFirst ? 'NULLS FIRST' : 'NULLS LAST')
  return parts.join(' ')
}

/** `CREATE INDEX`; concurrently, or without the partitions, where asked. */
export function createIndex(
  table: Key,
  index: Index,
  defaultSchema: string,
  options: { readonly concurrently?: boolean; readonly only?: boolean } = {},
): string {
  const head = `CREATE ${index.unique ? 'UNIQUE ' : ''}INDEX ${options.concurrently ? 'CONCURRENTLY ' : ''}${quoteIdent(index.name)} ON ${options.only ? 'ONLY ' : ''}${quoteKey(table, defaultSchema)}`
  const method = index.method === 'btree' ? '' : ` USING ${quoteIdent(index.method)}`
  const storage = index.with?.length ? ` WITH (${index.with.join(', ')})` : ''
  const where = index.where === null ? '' : ` WHERE ${index.where}`
  return `${head}${method} (${index.keys.map(indexKey).join(', ')})${including(index.include)}${index.nullsNotDistinct ? ' NULLS NOT DISTINCT' : ''}${storage}${where}`
}

/** `CREATE TYPE … AS ENUM`. */
export function createEnum(of: EnumType, defaultSchema: string): string {
  return `CREATE TYPE ${quoteName(of.schema, of.name, defaultSchema)} AS ENUM (${of.values.map(quoteLiteral).join(', ')})`
}

/** `CREATE DOMAIN`; checks not yet valid are added afterwards, see `lateDomainChecks`. */
export function createDomain(of: DomainType, defaultSchema: string): string {
  const checks = of.checks
    .filter((c) => c.validated)
    .map((c) => ` CONSTRAINT ${quoteIdent(c.name)} CHECK (${c.expression})`)
    .join('')
  return `CREATE DOMAIN ${quoteName(of.schema, of.name, defaultSchema)} AS ${of.base ?? 'text /* type not known */'}${of.default === null ? '' : ` DEFAULT ${of.default}`}${of.nullable ? '' : ' NOT NULL'}${checks}`
}

/** The statements that add a domain's checks that have not been validated. */
export function lateDomainChecks(of: DomainType, defaultSchema: string): readonly string[] {
  return of.checks
    .filter((c) => !c.validated)
    .map(
      (c) =>
        `ALTER DOMAIN ${quoteName(of.schema, of.name, defaultSchema)} ADD CONSTRAINT ${quoteIdent(c.name)} CHECK (${c.expression}) NOT VALID`,
    )
}

/** `CREATE TYPE` of a composite, range or base type; null where its definition is not known. */
export function createType(of: OtherType, defaultSchema: string): string | null {
  const name = quoteName(of.schema, of.name, defaultSchema)
  if (of.form === 'shell') return `CREATE TYPE ${name}`
  return of.definition ? `CREATE TYPE ${name} ${of.definition}` : null
}

/** `CREATE SEQUENCE`; its owner is set once the table is there. */
export function createSequence(of: Sequence, defaultSchema: string): string {
  const type = of.type === 'bigint' ? '' : ` AS ${of.type}`
  return `CREATE SEQUENCE ${quoteName(of.schema, of.name, defaultSchema)}${type}${of.options?.length ? ` ${of.options.join(' ')}` : ''}`
}

/** `ALTER SEQUENCE … OWNED BY`. */
export function ownSequence(of: Sequence, defaultSchema: string): string {
  const owner = of.ownedBy ? `${quoteKey(of.ownedBy.table, defaultSchema)}.${quoteIdent(of.ownedBy.column)}` : 'NONE'
  return `ALTER SEQUENCE ${quoteName(of.schema, of.name, defaultSchema)} OWNED BY ${owner}`
}

/** `CREATE VIEW` or `CREATE MATERIALIZED VIEW`; null where its query is not known. */
export function createView(
  of: View,
  defaultSchema: string,
  options: { readonly orReplace?: boolean } = {},
): string | null {
  const definition = viewQuery(of)
  if (definition === null) return null
  // With a star, names that were right once would go to other columns.
  const columns = of.columns?.length && !selectsStar(of) ? ` (${nameList(of.columns)})` : ''
  const query = trimmedQuery(definition)
  const name = quoteName(of.schema, of.name, defaultSchema)
  if (of.materialized) return `CREATE MATERIALIZED VIEW ${name}${columns} AS\n${query}`
  return `CREATE ${options.orReplace ? 'OR REPLACE ' : ''}VIEW ${name}${columns}${of.securityInvoker ? ' WITH (security_invoker = true)' : ''} AS\n${query}`
}

/** True where a view takes all columns of a table as they are when it is made, so that its text makes another view once columns have come or gone. */
export function selectsStar(of: Pick<View, 'definition' | 'expanded'>): boolean {
  const definition = viewQuery(of)
  return definition !== null && /(?:\bselect\s+|,\s*|\w\s*\.\s*|"\s*\.\s*)\*\s*(?:,|\bfrom\b)/i.test(definition)
}

/** A view's query as Postgres keeps it, as far as that is known. */
export function viewQuery({ definition, expanded }: Pick<View, 'definition' | 'expanded'>): string | null {
  return definition === null ? null : (expanded ?? definition)
}

/** A view's query without white space around it and without its semicolon. */
export function trimmedQuery(definition: string): string {
  return definition.trim().replace(/;$/, '').trimEnd()
}

/** `name(argument types)` as `DROP FUNCTION` and `ALTER FUNCTION` take it. */
export function functionSignature(of: SqlFunction, defaultSchema: string): string {
  return `${quoteName(of.schema, of.name, defaultSchema)}(${of.arguments.map((a) => a ?? 'unknown').join(', ')})`
}

/** `CREATE [OR REPLACE] FUNCTION` or `PROCEDURE`; null where it is not known well enough to be written again. */
export function createFunction(
  of: SqlFunction,
  defaultSchema: string,
  options: { readonly orReplace?: boolean } = {},
): string | null {
  const start = options.orReplace ? 'CREATE OR REPLACE' : 'CREATE'
  if (of.definition)
    return of.definition
      .trim()
      .replace(/;$/, '')
      .replace(/^create(\s+or\s+replace)?\b/i, start)
  if (of.body === null || of.arguments.length > 0 || of.language === 'c' || of.language === 'internal') return null
  const tag = dollarTag(of.body)
  const returns = of.kind === 'function' && of.returns ? ` RETURNS ${of.returns}` : ''
  const settings = of.settings.map((s) => ` SET ${s.replace('=', ' TO ').replace(/ TO $/, " TO ''")}`).join('')
  const volatility = of.kind === 'function' && of.volatility !== 'volatile' ? ` ${of.volatility.toUpperCase()}` : ''
  return (
    `${start} ${of.kind.toUpperCase()} ${functionSignature(of, defaultSchema)}${returns} LANGUAGE ${quoteIdent(of.language)}${volatility}` +
    `${of.securityDefiner ? ' SECURITY DEFINER' : ''}${settings} AS ${tag}${of.body}${tag}`
  )
}

/** A dollar quote that does not occur in a text. */
export function dollarTag(text: string): string {
  if (!text.includes('$')) return '$$'
  let n = 0
  while (text.includes(`$body${n || ''}`)) n++
  return `$body${n || ''}$`
}

/** `CREATE TRIGGER`. */
export function createTrigger(table: Key, of: Trigger, defaultSchema: string): string {
  const events = of.events
    .map((e) => (e === 'update' && of.updateOf?.length ? `UPDATE OF ${nameList(of.updateOf)}` : e.toUpperCase()))
    .join(' OR ')
  const constraint = of.constraint ? 'CONSTRAINT ' : ''
  const deferred = of.constraint?.deferrable
    ? ` DEFERRABLE${of.constraint.initiallyDeferred ? ' INITIALLY DEFERRED' : ''}`
    : ''
  const transition = of.transition
    ? ` REFERENCING${of.transition.old ? ` OLD TABLE AS ${quoteIdent(of.transition.old)}` : ''}${of.transition.new ? ` NEW TABLE AS ${quoteIdent(of.transition.new)}` : ''}`
    : ''
  const when = of.when ? ` WHEN (${of.when})` : ''
  const call = `${quoteKey(of.function, defaultSchema)}(${(of.arguments ?? []).map(quoteLiteral).join(', ')})`
  return (
    `CREATE ${constraint}TRIGGER ${quoteIdent(of.name)} ${of.timing.toUpperCase()} ${events} ON ${quoteKey(table, defaultSchema)}${deferred}${transition}` +
    ` FOR EACH ${of.forEach.toUpperCase()}${when} EXECUTE FUNCTION ${call}`
  )
}

/** `CREATE POLICY`. */
export function createPolicy(table: Key, of: Policy, defaultSchema: string): string {
  const roles = of.roles.length ? ` TO ${roleList(of.roles)}` : ''
  return (
    `CREATE POLICY ${quoteIdent(of.name)} ON ${quoteKey(table, defaultSchema)}${of.permissive ? '' : ' AS RESTRICTIVE'}${of.command === 'all' ? '' : ` FOR ${of.command.toUpperCase()}`}` +
    `${roles}${of.using === null ? '' : ` USING (${of.usingText ?? of.using})`}${of.check === null ? '' : ` WITH CHECK (${of.checkText ?? of.check})`}`
  )
}

/** Roles as a policy takes them; the three words that stand for a role are not quoted. */
export function roleList(roles: readonly string[]): string {
  return roles
    .map((role) => (/^(current_user|session_user|current_role)$/i.test(role) ? role.toUpperCase() : quoteIdent(role)))
    .join(', ')
}

/** The statements that bring row security from one state to another. */
export function rowSecurityStatements(
  table: Key,
  from: Table['rowSecurity'],
  to: Table['rowSecurity'],
  defaultSchema: string,
): readonly string[] {
  const name = quoteKey(table, defaultSchema)
  return [
    ...(from.enabled === to.enabled
      ? []
      : [`ALTER TABLE ${name} ${to.enabled ? 'ENABLE' : 'DISABLE'} ROW LEVEL SECURITY`]),
    ...(from.forced === to.forced
      ? []
      : [`ALTER TABLE ${name} ${to.forced ? 'FORCE' : 'NO FORCE'} ROW LEVEL SECURITY`]),
  ]
}

/** `COMMENT ON …`; null takes the comment away. */
export function commentOn(what: string, comment: string | null): string {
  return `COMMENT ON ${what} IS ${comment === null ? 'NULL' : quoteLiteral(comment)}`
}

/** The sequences that are objects of their own: those behind identity columns come and go with the column. */
export function ownSequences(schema: Schema): ReadonlyMap<Key, Sequence> {
  const isIdentity = ({ ownedBy }: Sequence) =>
    ownedBy !== null &&
    (schema.tables.get(ownedBy.table)?.columns.some((c) => c.name === ownedBy.column && c.identity !== null) ?? false)
  return new Map([...schema.sequences].filter(([, s]) => !isIdentity(s)))
}

/** The schemas that a schema's objects need beside those that every database has. */
export function ownSchemas(schema: Schema): readonly string[] {
  return [...schema.schemas].filter((s) => s !== 'public' && !isSystemSchema(s)).toSorted()
}

/** True for the schemas that belong to Postgres itself. */
export function isSystemSchema(name: string): boolean {
  return name === 'information_schema' || name.startsWith('pg_')
}

/** The key that a foreign key points at. */
export function targetOf(of: ForeignKey): Key {
  return key(of.references.schema, of.references.table)
}

/** True where an index is there because a constraint of the table is. */
export function backsConstraint(table: Table, index: Index): boolean {
  return (
    table.primaryKey?.name === index.name ||
    table.uniques.some((u) => u.name === index.name) ||
    table.exclusions.some((e) => e.name === index.name)
  )
}

/** Schema and name of a key, quoted, for objects that share the table's schema. */
export function inSchemaOf(table: Key, name: string, defaultSchema: string): string {
  return quoteName(schemaOf(table), name, defaultSchema)
}
