import * as fc from 'fast-check'
import {
  emptySchema,
  emptyTable,
  key,
  type Check,
  type Column,
  type DomainType,
  type EnumType,
  type ForeignKey,
  type Index,
  type Key,
  type Policy,
  type Schema,
  type Sequence,
  type SqlFunction,
  type Table,
  type Trigger,
  type Unique,
  type View,
} from '../../src/schema/model.ts'
import { quoteIdent, quoteKey } from '../../src/schema/sql/quote.ts'
import { familyArbitrary } from './random-family.ts'

/** What one table is drawn as, before names are chosen and references are resolved. */
interface Draft {
  readonly columns: readonly {
    readonly name: string
    readonly type: number
    readonly nullable: boolean
    readonly form: 'plain' | 'default' | 'identity' | 'serial' | 'generated'
    readonly sequence: readonly string[]
    readonly comment: string | null
  }[]
  readonly primaryKey: readonly number[]
  readonly uniques: readonly { readonly columns: readonly number[]; readonly nullsNotDistinct: boolean }[]
  readonly indexes: readonly {
    readonly columns: readonly number[]
    readonly unique: boolean
    readonly descending: boolean
    readonly expression: boolean
    readonly where: boolean
    readonly include: boolean
  }[]
  readonly checks: readonly { readonly column: number; readonly limit: number; readonly validated: boolean }[]
  readonly exclusion: { readonly column: number; readonly where: boolean; readonly deferrable: boolean } | null
  readonly foreignKeys: readonly {
    readonly column: number
    readonly table: number
    readonly onDelete: number
    readonly validated: boolean
    readonly deferrable: boolean
  }[]
  readonly trigger: { readonly enabled: boolean; readonly when: boolean } | null
  readonly policy: { readonly permissive: boolean; readonly command: 'all' | 'select'; readonly column: number } | null
  readonly secured: boolean
  readonly comment: string | null
  readonly unlogged: boolean
  readonly fillfactor: number | null
  readonly granted: readonly ('select' | 'insert' | 'select (id)' | 'update')[]
  readonly further: boolean
  readonly remarks: boolean
  readonly required: 'plain' | 'named' | 'not valid'
}

const names = ['users', 'orders', 'Order Items', 'select', 'we"ird', 'a.b']
const columnNames = ['id', 'name', 'amount', 'Parent Id', 'user', 'created_at']
const enumValues = ['new', "it's", 'done', 'b\\c', 'late']

/** Types with a default as Postgres prints it; the last two are the schema's own. */
const types: readonly { readonly type: string; readonly default: string | null }[] = [
  { type: 'integer', default: '0' },
  { type: 'bigint', default: '5' },
  { type: 'text', default: "'it''s'::text" },
  { type: 'boolean', default: 'false' },
  { type: 'timestamp(3) without time zone', default: 'CURRENT_TIMESTAMP' },
  { type: 'uuid', default: 'gen_random_uuid()' },
  { type: 'numeric(10,2)', default: '1.5' },
  { type: 'character varying(20)', default: "'x'::character varying" },
  { type: 'jsonb', default: "'{}'::jsonb" },
  { type: 'text[]', default: "'{}'::text[]" },
  { type: 'status', default: "'new'::status" },
  { type: 'status[]', default: null },
  { type: 'email', default: null },
]

const draftArbitrary: fc.Arbitrary<Draft> = fc.record({
  columns: fc.uniqueArray(
    fc.record({
      name: fc.constantFrom(...columnNames),
      type: fc.nat(types.length - 1),
      nullable: fc.boolean(),
      form: fc.constantFrom(
        'plain' as const,
        'plain' as const,
        'default' as const,
        'identity' as const,
        'serial' as const,
        'generated' as const,
      ),
      sequence: fc.constantFrom(
        [],
        ['START WITH 1000'],
        ['INCREMENT BY 5', 'MINVALUE 10', 'CYCLE'],
        ['INCREMENT BY -1', 'CACHE 20'],
      ),
      comment: fc.option(fc.constantFrom('one', "it's"), { freq: 8 }),
    }),
    { selector: (c) => c.name, minLength: 1, maxLength: 5 },
  ),
  primaryKey: fc.array(fc.nat(4), { maxLength: 2 }),
  uniques: fc.array(
    fc.record({ columns: fc.array(fc.nat(4), { minLength: 1, maxLength: 2 }), nullsNotDistinct: fc.boolean() }),
    { maxLength: 1 },
  ),
  indexes: fc.array(
    fc.record({
      columns: fc.array(fc.nat(4), { minLength: 1, maxLength: 2 }),
      unique: fc.boolean(),
      descending: fc.boolean(),
      expression: fc.boolean(),
      where: fc.boolean(),
      include: fc.boolean(),
    }),
    { maxLength: 2 },
  ),
  checks: fc.array(fc.record({ column: fc.nat(4), limit: fc.nat(2), validated: fc.boolean() }), { maxLength: 1 }),
  foreignKeys: fc.array(
    fc.record({
      column: fc.nat(4),
      table: fc.nat(3),
      onDelete: fc.nat(2),
      validated: fc.boolean(),
      deferrable: fc.boolean(),
    }),
    { maxLength: 2 },
  ),
  exclusion: fc.option(fc.record({ column: fc.nat(4), where: fc.boolean(), deferrable: fc.boolean() }), { freq: 3 }),
  trigger: fc.option(fc.record({ enabled: fc.boolean(), when: fc.boolean() }), { freq: 3 }),
  policy: fc.option(
    fc.record({
      permissive: fc.boolean(),
      command: fc.constantFrom('all' as const, 'select' as const),
      column: fc.nat(4),
    }),
    { freq: 3 },
  ),
  secured: fc.boolean(),
  comment: fc.option(fc.constantFrom('A table', 'b\\c'), { freq: 4 }),
  unlogged: fc.boolean(),
  fillfactor: fc.option(fc.constantFrom(70, 90), { freq: 3 }),
  granted: fc.subarray(['select', 'insert', 'select (id)', 'update'] as const),
  further: fc.boolean(),
  remarks: fc.boolean(),
  required: fc.constantFrom('plain' as const, 'plain' as const, 'named' as const, 'not valid' as const),
})

/** A schema that Postgres takes: tables in two schemas, and an enum, a domain, views, sequences, a function, triggers and policies around them. */
export const schemaArbitrary: fc.Arbitrary<Schema> = fc
  .record({
    tables: fc.uniqueArray(
      fc.record({
        name: fc.constantFrom(...names),
        schema: fc.constantFrom('public', 'public', 'Bill ing'),
        draft: draftArbitrary,
      }),
      { selector: (t) => t.name, maxLength: 4 },
    ),
    enumValues: fc.shuffledSubarray(enumValues, { minLength: 1 }),
    domain: fc.record({ limit: fc.integer({ min: 1, max: 2 }), nullable: fc.boolean() }),
    views: fc.array(fc.record({ table: fc.nat(3), materialized: fc.boolean(), second: fc.boolean() }), {
      maxLength: 2,
    }),
    family: familyArbitrary,
  })
  .map(({ tables, enumValues, domain, views, family }) => {
    const schema = assemble(tables, enumValues, domain, views)
    return { ...schema, tables: new Map([...schema.tables, ...family.map((table) => [table.key, table] as const)]) }
  })

function assemble(
  drafts: readonly { readonly name: string; readonly schema: string; readonly draft: Draft }[],
  values: readonly string[],
  domain: { readonly limit: number; readonly nullable: boolean },
  views: readonly { readonly table: number; readonly materialized: boolean; readonly second: boolean }[],
): Schema {
  const sequences = new Map<Key, Sequence>()
  const status: EnumType = {
    schema: 'public',
    name: 'status',
    values: values.includes('new') ? values : ['new', ...values],
    declared: [],
  }
  const email: DomainType = {
    schema: 'public',
    name: 'email',
    base: 'text',
    nullable: domain.nullable,
    default: null,
    declared: [],
    checks: [{ name: 'email_check', expression: `length(VALUE) > ${domain.limit}`, validated: true }],
  }
  const plain = drafts.map((d) => tableOf(d.schema, d.name, d.draft, sequences))
  const withKeys = plain.map((table, i) => ({ ...table, foreignKeys: foreignKeysOf(table, drafts[i]!.draft, plain) }))
  const tables = new Map(withKeys.map((t) => [t.key, t]))
  const base = emptySchema()
  const touch: SqlFunction = {
    schema: 'public',
    name: 'touch',
    kind: 'function',
    arguments: [],
    returns: 'trigger',
    language: 'plpgsql',
    volatility: 'volatile',
    securityDefiner: false,
    settings: [],
    body: '\nBEGIN\n  RETURN NEW;\nEND\n',
    declared: [],
  }
  return {
    ...base,
    schemas: new Set(['public', ...(drafts.some((d) => d.schema !== 'public') ? ['Bill ing'] : [])]),
    tables,
    enums: new Map([[key('public', 'status'), status]]),
    domains: new Map([[key('public', 'email'), email]]),
    views: viewsOf(views, withKeys),
    sequences,
    functions: new Map([[key('public', 'touch'), [touch]]]),
  }
}

function tableOf(schema: string, name: string, draft: Draft, sequences: Map<Key, Sequence>): Table {
  const columns: Column[] = []
  for (const c of draft.columns) {
    const { type, default: value } = types[c.type]!
    const base: Column = {
      name: c.name,
      type,
      nullable: c.nullable,
      default: null,
      generated: null,
      identity: null,
      declared: [],
      ...(c.comment ? { comment: c.comment } : {}),
    }
    const numbers = columns.find((o) => o.type === 'integer' && !o.generated)
    if (c.form === 'default') columns.push({ ...base, default: value })
    else if (c.form === 'identity')
      columns.push({
        ...base,
        type: 'bigint',
        nullable: false,
        identity: 'by default',
        identityOptions: c.sequence,
      })
    else if (c.form === 'serial') {
      const sequence = `${name}_${c.name}_seq`
      sequences.set(key(schema, sequence), {
        schema,
        name: sequence,
        type: 'integer',
        options: c.sequence,
        ownedBy: { table: key(schema, name), column: c.name },
        declared: [],
      })
      const spelled = quoteKey(key(schema, sequence)).replaceAll("'", "''")
      columns.push({ ...base, type: 'integer', nullable: false, default: `nextval('${spelled}'::regclass)` })
    } else if (c.form === 'generated' && numbers) {
      columns.push({
        ...base,
        type: 'integer',
        generated: { expression: `(${quoteIdent(numbers.name)} * 2)`, stored: true },
      })
    } else columns.push(base)
  }
  const at = (list: readonly number[]) => [...new Set(list.map((i) => columns[i % columns.length]!.name))]
  const sortable = (list: readonly number[]) =>
    at(list).filter((n) => columns.find((c) => c.name === n)!.type !== 'jsonb')
  const primaryKey = sortable(draft.primaryKey).filter((n) => columns.find((c) => c.name === n)!.type !== 'email')
  const uniques = draft.uniques
    .map((u) => ({ ...u, names: sortable(u.columns) }))
    .filter((u) => u.names.length)
    .map((u, i): Unique => ({
      name: `${name}_u${i}`,
      columns: u.names,
      include: [],
      nullsNotDistinct: u.nullsNotDistinct,
      deferrable: false,
      declared: [],
    }))
  const checked = draft.checks.flatMap((c): Check[] => {
    const column = columns.filter((o) => o.type === 'integer')[c.column]
    return column
      ? [
          {
            name: `${name}_c`,
            expression: `(${quoteIdent(column.name)} > ${c.limit})`,
            validated: c.validated,
            enforced: true,
            noInherit: false,
            declared: [],
          },
        ]
      : []
  })
  const numbers = columns.filter((c) => c.type === 'integer')
  const excluded = draft.exclusion && numbers[draft.exclusion.column % Math.max(1, numbers.length)]
  const exclusions =
    draft.exclusion && excluded
      ? [
          {
            name: `${name}_x`,
            columns: [excluded.name],
            definition: `EXCLUDE USING btree (${quoteIdent(excluded.name)} WITH =)${draft.exclusion.where ? ` WHERE ((${quoteIdent(excluded.name)} > 1))` : ''}${draft.exclusion.deferrable ? ' DEFERRABLE' : ''}`,
            declared: [],
          },
        ]
      : []
  const text = columns.filter((c) => c.type === 'text')
  const policyColumn = draft.policy && text[draft.policy.column % Math.max(1, text.length)]
  const policy: Policy | null =
    draft.policy && policyColumn
      ? {
          name: `${name} p`,
          command: draft.policy.command,
          permissive: draft.policy.permissive,
          roles: ['public'],
          using: `(${quoteIdent(policyColumn.name)} = 'a'::text)`,
          check: null,
          declared: [],
        }
      : null
  const watched = columns.find((c) => c.type === 'integer' && !c.generated)
  const trigger: Trigger | null = draft.trigger
    ? {
        name: `${name} t`,
        timing: 'before',
        events: ['update'],
        forEach: 'row',
        function: key('public', 'touch'),
        enabled: draft.trigger.enabled,
        declared: [],
        columns: draft.trigger.when && watched ? [watched.name] : [],
        when: draft.trigger.when && watched ? `(old.${quoteIdent(watched.name)} > 1)` : null,
      }
    : null
  const comment = draft.remarks ? { comment: "told's" } : {}
  const grants = draft.granted
    .filter((privilege) => privilege !== 'select (id)' || columns.some((c) => c.name === 'id'))
    .toSorted()
  // The first column that may be NULL, and is not needed by a key or generated, is required under a name of its own.
  const free = columns.find((c) => c.nullable && !primaryKey.includes(c.name) && !c.generated)
  const named = (c: Column): Column =>
    c === free && draft.required !== 'plain'
      ? { ...c, nullable: false, notNull: { name: `${name} ${c.name} nn`, validated: draft.required === 'named' } }
      : c
  return {
    ...emptyTable(schema, name),
    ...(draft.fillfactor === null ? {} : { with: [`fillfactor=${draft.fillfactor}`] }),
    ...(grants.length > 0
      ? { grants: [{ role: 'app role', privileges: grants, grantable: draft.further ? grants.slice(0, 1) : [] }] }
      : {}),
    columns: columns.map((c) => (primaryKey.includes(c.name) ? { ...c, nullable: false } : named(c))),
    primaryKey: primaryKey.length
      ? { name: `${name}_pkey`, columns: primaryKey, include: [], deferrable: false, declared: [] }
      : null,
    uniques: uniques.map((u) => ({ ...u, ...comment })),
    indexes: draft.indexes
      .flatMap((x, i) => indexOf(`${name}_i${i}`, x, sortable(x.columns), columns))
      .map((x) => ({ ...x, ...comment, ...(draft.fillfactor === 90 ? { with: ['fillfactor=60'] } : {}) })),
    checks: checked.map((c) => ({ ...c, ...comment })),
    exclusions: exclusions.map((x) => ({ ...x, ...comment })),
    triggers: trigger ? [trigger] : [],
    policies: policy ? [policy] : [],
    rowSecurity: { enabled: draft.secured, forced: draft.secured && draft.unlogged },
    persistence: draft.unlogged ? 'unlogged' : 'permanent',
    comment: draft.comment,
  }
}

function indexOf(
  name: string,
  draft: Draft['indexes'][number],
  columns: readonly string[],
  all: readonly Column[],
): readonly Index[] {
  const text = all.find((c) => c.type === 'text')
  const plain = (column: string) => ({
    column,
    expression: null,
    descending: draft.descending,
    nullsFirst: draft.descending,
    opclass: null,
    collation: null,
  })
  const keys =
    draft.expression && text
      ? [
          {
            column: null,
            expression: `lower(${quoteIdent(text.name)})`,
            descending: false,
            nullsFirst: false,
            opclass: null,
            collation: null,
          },
        ]
      : columns.map(plain)
  if (!keys.length) return []
  const included = all.find((c) => !columns.includes(c.name))
  return [
    {
      name,
      keys,
      include: draft.include && included ? [included.name] : [],
      unique: draft.unique,
      nullsNotDistinct: false,
      method: 'btree',
      where: draft.where && text ? `(${quoteIdent(text.name)} <> ''::text)` : null,
      valid: true,
      declared: [],
    },
  ]
}

function foreignKeysOf(table: Table, draft: Draft, all: readonly Table[]): readonly ForeignKey[] {
  const seen = new Set<string>()
  return draft.foreignKeys.flatMap((f, i): ForeignKey[] => {
    const target = all[f.table % all.length]!
    const targetColumn = target.columns.find(
      (c) => target.primaryKey?.columns.length === 1 && target.primaryKey.columns[0] === c.name,
    )
    const column = table.columns.filter((c) => c.type === targetColumn?.type && !c.generated)[f.column]
    // Unlogged and permanent tables do not mix in a foreign key.
    if (!column || !targetColumn || table.persistence !== target.persistence || seen.has(column.name)) return []
    seen.add(column.name)
    return [
      {
        name: `${table.name}_f${i}`,
        columns: [column.name],
        references: { schema: target.schema, table: target.name, columns: [targetColumn.name] },
        onDelete: (['NO ACTION', 'CASCADE', 'SET NULL'] as const)[f.onDelete]!,
        onUpdate: 'NO ACTION',
        match: 'simple',
        validated: f.validated,
        enforced: true,
        deferrable: f.deferrable,
        declared: [],
      },
    ]
  })
}

function viewsOf(
  drafts: readonly { readonly table: number; readonly materialized: boolean; readonly second: boolean }[],
  tables: readonly Table[],
): ReadonlyMap<Key, View> {
  const views = new Map<Key, View>()
  drafts.forEach((draft, i) => {
    const table = tables[draft.table % Math.max(1, tables.length)]
    if (!table) return
    const below = draft.second ? [...views.values()][0] : undefined
    const columns = below?.columns ?? table.columns.slice(0, 2).map((c) => c.name)
    const from = below ? key(below.schema, below.name) : table.key
    views.set(key('public', `v${i}`), {
      schema: 'public',
      name: `v${i}`,
      materialized: draft.materialized,
      columns,
      definition: ` SELECT ${columns.map(quoteIdent).join(',\n    ')}\n   FROM ${quoteKey(from)}`,
      reads: [{ table: from, columns }],
      indexes: [],
      securityInvoker: false,
      declared: [],
    })
  })
  return views
}
