import {
  backsConstraint,
  checkDefinition,
  commentOn,
  createDomain,
  createEnum,
  createFunction,
  createIndex,
  createPolicy,
  createSequence,
  createTable,
  createTrigger,
  createType,
  createView,
  foreignKeyDefinition,
  functionSignature,
  hasCheck,
  inlineUniques,
  inSchemaOf,
  isSystemSchema,
  lateDomainChecks,
  lateNotNull,
  ownSchemas,
  ownSequence,
  ownSequences,
  rowSecurityStatements,
  uniqueDefinition,
} from './ddl.ts'
import { diffGrants, grantStatement } from '../grants.ts'
import { objectName } from '../replay/names.ts'
import {
  emptySchema,
  key,
  nameOf,
  type DomainType,
  type Index,
  type Key,
  type OtherType,
  type Schema,
  type SqlFunction,
  type Table,
  type View,
} from '../model.ts'
import { quoteIdent, quoteKey, quoteName } from './quote.ts'

/**
 * SQL that makes the schema in an empty Postgres database, each statement ended by a semicolon, in an order that runs.
 * What is not known well enough to be written stands as a comment. Temporary tables are left out.
 */
export function printSchema(schema: Schema): string {
  return joinStatements(schemaStatements(schema))
}

/** Statements as one script; what begins with `--` is a comment and gets no semicolon. */
export function joinStatements(statements: readonly string[]): string {
  return statements.map((s) => (s.startsWith('--') ? `${s}\n` : `${s};\n`)).join('')
}

/** The statements of `printSchema`, without semicolons; what cannot be written is a line that begins with `--`. */
export function schemaStatements(schema: Schema): readonly string[] {
  const d = schema.defaultSchema
  const tables = tablesInOrder([...schema.tables.values()].filter((t) => t.persistence !== 'temporary'))
  const functions = [...schema.functions.values()].flat()
  const late = functions.filter((f) => needsTables(f, schema))
  const early = functions.filter((f) => !late.includes(f))
  const views = viewsInOrder([...schema.views.values()])
  return [
    ...ownSchemas(schema).map((s) => `CREATE SCHEMA ${quoteIdent(s)}`),
    ...[...schema.extensions.values()]
      .filter((e) => e.name !== 'plpgsql')
      .map(
        (e) =>
          `CREATE EXTENSION IF NOT EXISTS ${quoteIdent(e.name)}${e.schema && e.schema !== d && !isSystemSchema(e.schema) ? ` WITH SCHEMA ${quoteIdent(e.schema)}` : ''}`,
      ),
    ...[...schema.enums.values()].map((e) => createEnum(e, d)),
    ...typesInOrder([...schema.types.values()], [...schema.domains.values()], d),
    ...[...ownSequences(schema).values()].map((s) => createSequence(s, d)),
    ...functionStatements(early, d),
    ...tables.flatMap((t) => tableStatements(t, schema)),
    ...tables
      .filter((t) => t.partition.of)
      .reverse()
      .map((t) => attachPartition(t, d)),
    ...tables.flatMap((t) =>
      t.indexes.filter((i) => isOnParentOnly(t, i)).map((i) => createIndex(t.key, i, d, { only: true })),
    ),
    ...identitySequenceNames(schema),
    ...identitySequenceTypes(schema),
    ...[...ownSequences(schema).values()]
      .filter((s) => s.ownedBy && schema.tables.has(s.ownedBy.table))
      .map((s) => ownSequence(s, d)),
    ...tables.toReversed().flatMap((t) => foreignKeyStatements(t, d)),
    ...views.flatMap((v) => viewStatements(v, d)),
    ...late.map((f) => createFunction(f, d) ?? unknown('function', functionSignature(f, d))),
    ...tables.flatMap((t) =>
      t.triggers.flatMap((g) => [
        createTrigger(t.key, g, d),
        ...(g.enabled ? [] : [`ALTER TABLE ${quoteKey(t.key, d)} DISABLE TRIGGER ${quoteIdent(g.name)}`]),
      ]),
    ),
    ...tables.flatMap((t) => [
      ...rowSecurityStatements(t.key, { enabled: false, forced: false }, t.rowSecurity, d),
      ...t.policies.map((p) => createPolicy(t.key, p, d)),
    ]),
    ...comments(schema),
    ...diffGrants(emptySchema(), schema).map((grant) => grantStatement(grant, d)),
  ]
}

/** Gives sequences behind identities their names, where Postgres makes others. */
function identitySequenceNames(schema: Schema): readonly string[] {
  const own = ownSequences(schema)
  const isTaken = (at: Key) => own.has(at) || schema.tables.has(at) || schema.views.has(at)
  const renamed = [...schema.sequences].flatMap(([to, { ownedBy }]) => {
    const owner = ownedBy && !own.has(to) ? schema.tables.get(ownedBy.table) : undefined
    if (owner === undefined || ownedBy === null || owner.persistence === 'temporary') return []
    const from = key(owner.schema, objectName(owner.name, ownedBy.column, 'seq'))
    // Where the name is taken, Postgres finds the other one by itself.
    return from === to || isTaken(from) ? [] : [{ from, to }]
  })
  return inOrder(
    renamed,
    ({ from }) => from,
    ({ to }) => [to],
  ).map(({ from, to }) => `ALTER SEQUENCE ${quoteKey(from, schema.defaultSchema)} RENAME TO ${quoteIdent(nameOf(to))}`)
}

/** Gives sequences behind identities their types, where those are not the types of their columns: `LIKE` makes them so. */
function identitySequenceTypes(schema: Schema): readonly string[] {
  const own = ownSequences(schema)
  return [...schema.sequences].flatMap(([at, { type, ownedBy }]) => {
    const column =
      ownedBy && !own.has(at)
        ? schema.tables.get(ownedBy.table)?.columns.find(({ name }) => name === ownedBy.column)
        : undefined
    return column === undefined || column.type === null || column.type === type
      ? []
      : [
          `ALTER SEQUENCE ${quoteKey(at, schema.defaultSchema)} AS ${type}${(column.identityOptions ?? []).map((option) => ` ${option}`).join('')}`,
        ]
  })
}

/** One table with its indexes and the checks that are not valid, before any partition is attached and without foreign keys. */
export function tableStatements(table: Table, { tables, defaultSchema }: Schema): readonly string[] {
  const parents = table.inherits.flatMap((parent) => tables.get(parent) ?? [])
  const name = quoteKey(table.key, defaultSchema)
  const inline = inlineUniques(table)
  const late = comesBeforeParents(table, parents)
  return [
    ...(late
      ? [
          createTable({ ...table, inherits: [] }, defaultSchema),
          ...table.inherits.map((parent) => `ALTER TABLE ${name} INHERIT ${quoteKey(parent, defaultSchema)}`),
        ]
      : [createTable(table, defaultSchema, { parents })]),
    ...table.uniques.filter((u) => !inline.includes(u)).map((u) => `ALTER TABLE ${name} ADD ${uniqueDefinition(u)}`),
    ...table.columns.flatMap((c) => lateNotNull(table.key, c, defaultSchema)),
    ...table.checks
      .filter((c) => (!c.validated || !c.enforced) && !(c.inherited && hasCheck(parents, c.name)))
      .map((c) => `ALTER TABLE ${name} ADD ${checkDefinition(c)}`),
    ...table.indexes
      .filter((i) => !backsConstraint(table, i) && !isOnParentOnly(table, i))
      .map((i) => createIndex(table.key, i, defaultSchema)),
  ]
}

/** True for a table whose columns stand before those of its parents: it was there before it inherited from them. */
function comesBeforeParents(table: Table, parents: readonly Table[]): boolean {
  if (table.partition.of || parents.length === 0) return false
  const inherited = new Set(parents.flatMap((parent) => parent.columns.map(({ name }) => name)))
  const own = table.columns.filter(({ name }) => !inherited.has(name)).map(({ name }) => name)
  const made = [...inherited, ...own]
  return table.columns.some(({ name }, i) => made[i] !== name)
}

/** True for an index that a partitioned table has and its partitions have not all. */
function isOnParentOnly(table: Table, index: Index): boolean {
  return table.partition.by !== null && !index.valid
}

/** The foreign keys that the database knows, as statements of their own. */
export function foreignKeyStatements(table: Table, defaultSchema: string): readonly string[] {
  return table.foreignKeys
    .filter((f) => !f.clientOnly)
    .map((f) => `ALTER TABLE ${quoteKey(table.key, defaultSchema)} ADD ${foreignKeyDefinition(f, defaultSchema)}`)
}

/** `ALTER TABLE parent ATTACH PARTITION child bound`, for a table that is one. */
export function attachPartition(table: Table, defaultSchema: string): string {
  const of = table.partition.of
  return of
    ? `ALTER TABLE ${quoteKey(of.parent, defaultSchema)} ATTACH PARTITION ${quoteKey(table.key, defaultSchema)} ${of.bound}`
    : unknown('partition', table.name)
}

/** A view with the indexes of a materialized one. */
function viewStatements(view: View, defaultSchema: string): readonly string[] {
  const of = key(view.schema, view.name)
  const created = createView(view, defaultSchema)
  if (created === null) return [unknown('view', quoteName(view.schema, view.name, defaultSchema))]
  return [created, ...view.indexes.map((i) => createIndex(of, i, defaultSchema))]
}

/** Functions; the bodies of those in SQL are not checked, because what they read comes later. */
function functionStatements(functions: readonly SqlFunction[], defaultSchema: string): readonly string[] {
  const statements = functions.map(
    (f) => createFunction(f, defaultSchema) ?? unknown('function', functionSignature(f, defaultSchema)),
  )
  return functions.some((f) => f.language === 'sql') ? ['SET check_function_bodies = false', ...statements] : statements
}

/** Parents before the tables that inherit from them or are their partitions; otherwise in the order given. */
export function tablesInOrder(tables: readonly Table[]): readonly Table[] {
  return inOrder(
    tables,
    (t) => t.key,
    (t) => [...t.inherits, ...(t.partition.of ? [t.partition.of.parent] : [])],
  )
}

/** Views after the views that they read. */
export function viewsInOrder(views: readonly View[]): readonly View[] {
  return inOrder(
    views,
    (v) => key(v.schema, v.name),
    (v) => v.reads.map((r) => r.table),
  )
}

/** Stable topological order; what stands in a circle keeps its place. */
export function inOrder<T>(
  items: readonly T[],
  keyOf: (item: T) => Key,
  needs: (item: T) => readonly Key[],
): readonly T[] {
  const byKey = new Map(items.map((item) => [keyOf(item), item]))
  const done = new Set<Key>()
  const result: T[] = []
  for (const item of items) {
    const stack: { item: T; open: boolean }[] = [{ item, open: false }]
    while (stack.length) {
      const top = stack.pop()!
      const k = keyOf(top.item)
      if (top.open) {
        result.push(top.item)
        continue
      }
      if (done.has(k)) continue
      done.add(k)
      stack.push({ item: top.item, open: true })
      for (const need of needs(top.item).toReversed()) {
        const other = byKey.get(need)
        if (other !== undefined && !done.has(need)) stack.push({ item: other, open: false })
      }
    }
  }
  return result
}

function typesInOrder(types: readonly OtherType[], domains: readonly DomainType[], d: string): readonly string[] {
  const all = [
    ...types.map((t) => ({
      key: key(t.schema, t.name),
      name: quoteName(t.schema, t.name, d),
      text: t.definition ?? '',
      sql: [createType(t, d) ?? unknown('type', quoteName(t.schema, t.name, d))],
    })),
    ...domains.map((t) => ({
      key: key(t.schema, t.name),
      name: quoteName(t.schema, t.name, d),
      text: t.base ?? '',
      sql: [createDomain(t, d), ...lateDomainChecks(t, d)],
    })),
  ]
  return inOrder(
    all,
    (t) => t.key,
    (t) => all.filter((o) => o !== t && mentions(t.text, o.name)).map((o) => o.key),
  ).flatMap((t) => t.sql)
}

/** True where a piece of SQL has a name in it that is not part of a longer one. */
export function mentions(sql: string, name: string): boolean {
  for (let at = sql.indexOf(name); at >= 0; at = sql.indexOf(name, at + 1)) {
    if (!/[\w$]/.test(sql[at - 1] ?? ' ') && !/[\w$]/.test(sql[at + name.length] ?? ' ')) return true
  }
  return false
}

/** True for a function whose signature names a table or view, or whose body Postgres resolves when it is created. */
export function needsTables(of: SqlFunction, schema: Schema): boolean {
  const signature = `${of.arguments.join(' ')} ${of.returns ?? ''}`
  if (of.language === 'sql' && /\bbegin\s+atomic\b/i.test(of.definition ?? '')) return true
  return [...schema.tables.keys(), ...schema.views.keys()].some((k) =>
    mentions(signature, quoteKey(k, schema.defaultSchema)),
  )
}

function comments(schema: Schema): readonly string[] {
  const d = schema.defaultSchema
  const on = (what: string, comment: string | null | undefined) => (comment ? [commentOn(what, comment)] : [])
  return [
    ...[...schema.enums.values()].flatMap((e) => on(`TYPE ${quoteName(e.schema, e.name, d)}`, e.comment)),
    ...[...schema.tables.values()].filter((t) => t.persistence !== 'temporary').flatMap((t) => tableComments(t, d)),
  ]
}

/** The comments of a table and of all that belongs to it. */
export function tableComments(table: Table, defaultSchema: string): readonly string[] {
  const name = quoteKey(table.key, defaultSchema)
  const on = (what: string, comment: string | null | undefined) => (comment ? [commentOn(what, comment)] : [])
  const constraints = [
    ...(table.primaryKey ? [table.primaryKey] : []),
    ...table.uniques,
    ...table.checks,
    ...table.exclusions,
    ...table.foreignKeys.filter((f) => !f.clientOnly),
  ]
  return [
    ...on(`TABLE ${name}`, table.comment),
    ...table.columns.flatMap((c) => on(`COLUMN ${name}.${quoteIdent(c.name)}`, c.comment)),
    ...constraints.flatMap((c) => on(`CONSTRAINT ${quoteIdent(c.name)} ON ${name}`, c.comment)),
    ...table.indexes.flatMap((i) => on(`INDEX ${inSchemaOf(table.key, i.name, defaultSchema)}`, i.comment)),
  ]
}

/** The comment line for an object that is there but cannot be written. */
export function unknown(what: string, name: string): string {
  return `-- ${what} ${name.replaceAll(/[\r\n]+/g, ' ')}: not known well enough to be written here`
}
