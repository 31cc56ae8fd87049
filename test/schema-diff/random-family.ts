import * as fc from 'fast-check'
import { emptyTable, key, type Check, type Column, type Index, type Key, type Table } from '../../src/schema/model.ts'

/** How a partitioned table is split, and the bounds of partitions that fit beside each other. */
const splits = [
  {
    by: 'RANGE (moment)',
    bounds: ['FOR VALUES FROM (0) TO (10)', 'FOR VALUES FROM (10) TO (20)', 'FOR VALUES FROM (20) TO (MAXVALUE)'],
    byDefault: true,
  },
  { by: 'RANGE (moment, id)', bounds: ["FOR VALUES FROM (MINVALUE, MINVALUE) TO (5, '7')"], byDefault: true },
  { by: 'LIST (kind)', bounds: ["FOR VALUES IN ('a')", "FOR VALUES IN ('b', 'it''s')"], byDefault: true },
  { by: 'LIST (lower(kind))', bounds: ["FOR VALUES IN ('a')"], byDefault: true },
  {
    by: 'HASH (id)',
    bounds: ['FOR VALUES WITH (modulus 2, remainder 0)', 'FOR VALUES WITH (modulus 2, remainder 1)'],
    byDefault: false,
  },
] as const

interface Partitions {
  readonly split: number
  /** Which of the bounds have a partition. */
  readonly kept: readonly boolean[]
  readonly byDefault: boolean
}

interface FamilyDraft {
  readonly partitions: Partitions
  /** The first partition is split again. */
  readonly further: Partitions | null
  /** A partition that stands alone for now. */
  readonly detached: boolean
  readonly note: boolean
  readonly amount: 'none' | 'nullable' | 'required'
  readonly keyed: boolean
  readonly indexed: boolean
  readonly checked: boolean
}

interface HeirsDraft {
  readonly checked: boolean
  readonly note: boolean
  /** For each of two heirs: not there, on its own with the same columns, an heir, or an heir with a column of its own. */
  readonly heirs: readonly ('none' | 'alone' | 'heir' | 'richer')[]
}

const partitionsArbitrary = fc.record({
  split: fc.nat(splits.length - 1),
  kept: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
  byDefault: fc.boolean(),
})

/** A partitioned table with its partitions, one of them perhaps partitioned again; none at times. */
const partitionedArbitrary: fc.Arbitrary<readonly Table[]> = fc
  .option(
    fc.record({
      partitions: partitionsArbitrary,
      further: fc.option(partitionsArbitrary),
      detached: fc.boolean(),
      note: fc.boolean(),
      amount: fc.constantFrom('none' as const, 'nullable' as const, 'required' as const),
      keyed: fc.boolean(),
      indexed: fc.boolean(),
      checked: fc.boolean(),
    }),
    { freq: 3 },
  )
  .map((draft) => (draft === null ? [] : partitioned(draft)))

/** A table and those that inherit from it. */
const heirsArbitrary: fc.Arbitrary<readonly Table[]> = fc
  .option(
    fc.record({
      checked: fc.boolean(),
      note: fc.boolean(),
      heirs: fc.array(fc.constantFrom('none' as const, 'alone' as const, 'heir' as const, 'richer' as const), {
        minLength: 2,
        maxLength: 2,
      }),
    }),
    { freq: 3 },
  )
  .map((draft) => (draft === null ? [] : heirs(draft)))

/** Tables that belong together: partitions and heirs. */
export const familyArbitrary: fc.Arbitrary<readonly Table[]> = fc
  .tuple(partitionedArbitrary, heirsArbitrary)
  .map((lists) => lists.flat())

const column = (name: string, type: string, nullable = true, more: Partial<Column> = {}): Column => ({
  name,
  type,
  nullable,
  default: null,
  generated: null,
  identity: null,
  declared: [],
  ...more,
})

const check = (name: string, expression: string): Check => ({
  name,
  expression,
  validated: true,
  enforced: true,
  noInherit: false,
  declared: [],
})

function partitioned(draft: FamilyDraft): readonly Table[] {
  const columns = [
    column('id', 'bigint', false),
    column('moment', 'integer', false),
    column('kind', 'text', false),
    ...(draft.note ? [column('note', 'text')] : []),
    ...(draft.amount === 'none' ? [] : [column('amount', 'integer', draft.amount === 'nullable', { default: '0' })]),
  ]
  // A key needs the columns of the split, which an expression has none of.
  const chosen = [draft.partitions, ...(draft.further ? [draft.further] : [])]
  const keyed = draft.keyed && chosen.every(({ split }) => !splits[split]!.by.includes('lower'))
  const index = (table: string): Index => ({
    name: `${table}_kind_id_idx`,
    keys: ['kind', 'id'].map((name) => ({
      column: name,
      expression: null,
      descending: false,
      nullsFirst: false,
      opclass: null,
      collation: null,
    })),
    include: [],
    unique: false,
    nullsNotDistinct: false,
    method: 'btree',
    where: null,
    valid: true,
    declared: [],
  })
  const made = (name: string, by: string | null, of: { parent: Key; bound: string } | null): Table => ({
    ...emptyTable('public', name),
    columns,
    primaryKey: keyed
      ? { name: `${name}_pkey`, columns: ['id', 'moment', 'kind'], include: [], deferrable: false, declared: [] }
      : null,
    indexes: draft.indexed ? [index(name)] : [],
    checks: draft.checked ? [check('events_check', '(moment > 0)')] : [],
    partition: { by, of },
  })
  const below = (parent: string, { split, kept, byDefault }: Partitions, further: Partitions | null): Table[] => {
    const { bounds, byDefault: may } = splits[split]!
    const all = [...bounds.filter((_, i) => kept[i]), ...(byDefault && may ? ['DEFAULT'] : [])]
    return all.flatMap((bound, i) => {
      const name = `${parent}_${bound === 'DEFAULT' ? 'rest' : bounds.indexOf(bound as never)}`
      const again = i === 0 ? further : null
      const table = made(name, again ? splits[again.split]!.by : null, { parent: key('public', parent), bound })
      return again ? [table, ...below(name, again, null)] : [table]
    })
  }
  return [
    made('events', splits[draft.partitions.split]!.by, null),
    ...below('events', draft.partitions, draft.further),
    ...(draft.detached ? [made('events_old', null, null)] : []),
  ]
}

function heirs(draft: HeirsDraft): readonly Table[] {
  const columns = [
    column('id', 'integer', false),
    column('name', 'text'),
    ...(draft.note ? [column('note', 'text')] : []),
  ]
  const checks = draft.checked ? [check('things_check', '(id > 0)')] : []
  const parent: Table = { ...emptyTable('public', 'things'), columns, checks }
  return [
    parent,
    ...draft.heirs.flatMap((form, i): readonly Table[] => {
      if (form === 'none') return []
      const table: Table = { ...emptyTable('public', `heir ${i}`), columns, checks }
      if (form === 'alone') return [table]
      const own = columns.map((each) => ({ ...each, inherited: true }))
      return [
        {
          ...table,
          checks: checks.map((each) => ({ ...each, inherited: true })),
          columns: form === 'richer' ? [...own, column('extra', 'integer', true, { default: '1' })] : own,
          inherits: [parent.key],
        },
      ]
    }),
  ]
}
