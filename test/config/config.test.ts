import Ajv2020 from 'ajv/dist/2020.js'
import * as fc from 'fast-check'
import { parse, stringify } from 'yaml'
import { describe, expect, test } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { memoryTree } from '../../src/changeset/memory.ts'
import { configJsonSchema, defaultConfig, loadConfig, parseConfig } from '../../src/config.ts'

const path = '.github/schemagate.yml'
const rules = [
  'require-concurrent-index',
  'prefer-timestamptz',
  { id: 'no-too-many-indexes', options: { max: 10, tables: ['a'], strict: false } },
]
const read = (text: string, known: Parameters<typeof parseConfig>[2] = rules) => parseConfig(text, path, known)
const notes = (text: string) => read(text).notes.map(({ line, message }) => `${line}: ${message}`)

const example = `postgres: 16
fail-on: error
paths:
  include: ["**/prisma/**", "**/*.sql"]
  ignore: ["**/seed.sql", "clickhouse/**"]
projects: [{ root: packages/db, orm: prisma, runner: prisma }]
tables: { events: { rows: 40000000 }, "*": { rows: 10000 } }
large-table-rows: 1000000
small-table-rows: 10000
rules: { prefer-timestamptz: off, require-concurrent-index: warning, no-too-many-indexes: { severity: warning, max: 12 } }
comments: { inline: true, max: 30, sticky: auto }
rehearsal: { enabled: true, timeout: 30s }
drafts: true
staging: { environment: staging }
backup: { require: approval }
approvals: { author: false, permission: write, teams: [org/dba], expires: 14d }
deployed: main
`

describe('a configuration', () => {
  test('with every key is read whole', () => {
    expect(read(example)).toEqual({
      notes: [],
      extends: null,
      names: {
        path,
        tables: [
          { name: 'events', line: expect.any(Number) },
          { name: '*', line: expect.any(Number) },
        ],
        projects: [{ root: 'packages/db', line: expect.any(Number) }],
      },
      config: {
        postgres: 16,
        failOn: 'error',
        paths: { include: ['**/prisma/**', '**/*.sql'], ignore: ['**/seed.sql', 'clickhouse/**'] },
        projects: [{ root: 'packages/db', orm: 'prisma', runner: 'prisma' }],
        tables: { events: { rows: 40_000_000, source: path }, '*': { rows: 10_000, source: path } },
        largeTableRows: 1_000_000,
        smallTableRows: 10_000,
        rules: {
          'prefer-timestamptz': { severity: 'off', options: {} },
          'require-concurrent-index': { severity: 'warning', options: {} },
          'no-too-many-indexes': { severity: 'warning', options: { max: 12 } },
        },
        comments: { inline: true, max: 30, sticky: 'auto' },
        rehearsal: { enabled: true, timeout: 30_000 },
        drafts: true,
        staging: { environment: 'staging', label: null },
        backup: { require: 'approval' },
        approvals: { author: false, permission: 'write', teams: ['org/dba'], expiresDays: 14 },
        deployed: 'main',
      },
    })
  })

  test('that says nothing is the default', () => {
    for (const text of ['', '\n# nothing\n', '---\n', '{}'])
      expect(read(text)).toMatchObject({ config: defaultConfig, notes: [], extends: null })
  })

  test('reads the other ways to say things', () => {
    const {
      config,
      notes: said,
      extends: from,
    } = read(`_extends: .github
postgres: "16.4"
rules: { prefer-timestamptz: false, require-concurrent-index: on, no-too-many-indexes: { max: 3 } }
comments: { inline: no, sticky: false }
staging: off
backup: { require: "label:has backup" }
approvals: { expires: 2w, author: yes }
rehearsal: { timeout: 1.5m }
projects: [{ root: ./, runner: prisma@7.10 }, { root: a/, version: 6 }]
tables: { a: { rows: 40M }, b: { rows: 1_000_000 }, 'billing."Order"': { rows: 1.5k } }
`)
    expect(said).toEqual([])
    expect(from).toBe('.github')
    expect(config).toMatchObject({
      postgres: 16,
      comments: { inline: false, sticky: 'never' },
      staging: null,
      backup: { require: { label: 'has backup' } },
      approvals: { expiresDays: 14, author: true },
      rehearsal: { timeout: 90_000 },
      rules: {
        'prefer-timestamptz': { severity: 'off' },
        'require-concurrent-index': { severity: 'default' },
        'no-too-many-indexes': { severity: 'default', options: { max: 3 } },
      },
      projects: [
        { root: '', runner: 'prisma', version: '7.10' },
        { root: 'a', version: '6' },
      ],
      tables: { a: { rows: 40_000_000 }, b: { rows: 1_000_000 }, 'billing.Order': { rows: 1500 } },
    })
    expect(read('backup: { require: off }').config.backup).toEqual({ require: 'off' })
  })

  test('builds upon another', () => {
    const base = read(
      'fail-on: warning\nrules: { prefer-timestamptz: off }\ntables: { a: { rows: 1 } }\ncomments: { max: 3 }',
    ).config
    const { config } = parseConfig(
      'rules: { require-concurrent-index: info }\ncomments: { inline: false }',
      path,
      rules,
      base,
    )
    expect(config).toMatchObject({ failOn: 'warning', comments: { inline: false, max: 3 }, tables: { a: { rows: 1 } } })
    expect(Object.keys(config.rules)).toEqual(['prefer-timestamptz', 'require-concurrent-index'])
  })
})

describe('a mistake', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    [
      'postgres: 16\n\nrules:\n  require-concurent-index: error\n',
      [
        '4: rules: unknown rule "require-concurent-index". Did you mean "require-concurrent-index"? It was passed over.',
      ],
    ],
    [
      'staging: { label: x, environmenq: y }',
      ['1: staging.environmenq: unknown key. Did you mean "environment"? It was passed over.'],
    ],
    ['drafts: true\nfail_on: error', ['2: fail_on: unknown key. Did you mean "fail-on"? It was passed over.']],
    ['fail-on: warn', ['1: fail-on: "warn" is not one of error, warning, never. The default was used.']],
    ['postgres: 9', ['1: postgres: 9 is less than 10. The default was used.']],
    [
      'paths:\n  include:\n    - "db/**"\n    - 3\n  ignor: [x]',
      [
        '4: paths.include.1: 3 is no text. It was passed over.',
        '5: paths.ignor: unknown key. Did you mean "ignore"? It was passed over.',
      ],
    ],
    [
      'paths: { include: ["!x"] }',
      ['1: paths.include.0: "!x" begins with "!"; name such files under "ignore". It was passed over.'],
    ],
    [
      'projects:\n  - root: a\n    runner: prism\n  - orm: prisma',
      [
        '3: projects.0.runner: "prism" is no runner. Did you mean "prisma"? It was passed over.',
        '4: projects.1.root: it is missing. It was passed over.',
      ],
    ],
    [
      'projects: [{ root: ../x }]',
      ['1: projects.0.root: "../x" is no path inside the repository. It was passed over.'],
    ],
    [
      'rules:\n  no-too-many-indexes:\n    severity: loud\n    mx: 1\n    max: many',
      [
        '3: rules.no-too-many-indexes.severity: "loud" is not one of error, warning, info, off. It was passed over.',
        '4: rules.no-too-many-indexes.mx: unknown option. Did you mean "max"? It was passed over.',
        '5: rules.no-too-many-indexes.max: "many" is no number. The default was used.',
      ],
    ],
    ['rehearsal: { timeout: 30 }', ['1: rehearsal.timeout: 30 is no duration: write 30s. It was passed over.']],
    ['rehearsal: { timeout: 2h }', ['1: rehearsal.timeout: "2h" is not between 1s and 10m. It was passed over.']],
    ['staging: {}', ['1: staging.environment: it is missing. It was passed over.']],
    ['approvals: { teams: [dba] }', ['1: approvals.teams.0: "dba" is no team: write org/team. It was passed over.']],
    [
      'tables: { a: { rows: lots, byte: 1 } }',
      [
        '1: tables.a.rows: "lots" is no number of rows: write 40000000 or 40M. It was passed over.',
        '1: tables.a.byte: unknown key. There is rows. It was passed over.',
      ],
    ],
    [
      'small-table-rows: 5M',
      ['1: small-table-rows: a table of 5000000 rows would be small and large at once. The defaults were used.'],
    ],
    ['tables: { a: 5 }', ['1: tables.a: 5 is no group of keys: write { rows: 40M }. It was passed over.']],
    [
      'tables: { a: { row: 5 } }',
      [
        '1: tables.a.rows: it is missing. It was passed over.',
        '1: tables.a.row: unknown key. Did you mean "rows"? It was passed over.',
      ],
    ],
    ['rehearsal: off', ['1: rehearsal: "off" is no group of keys: write { enabled: false }. The default was used.']],
    ['deployed: ""', ['1: deployed: "" is empty. The default was used.']],
    ['comments: 3', ['1: comments: 3 is no group of keys. The default was used.']],
    ['- a\n- b', ['1: the file has to hold keys and values. The defaults were used.']],
    ['a: 1\na: 2', ['2: not YAML: Map keys must be unique. The defaults were used.']],
    [
      'drafts: true\nrules: {\n',
      [
        '3: not YAML: Flow map in block collection must be sufficiently indented and end with a }. The defaults were used.',
      ],
    ],
  ]
  test.each(cases)('%j', (text, expected) => {
    expect(notes(text)).toEqual(expected)
    for (const note of read(text).notes) expect(note).toMatchObject({ kind: 'unparsed', blocking: false, path })
  })

  test('leaves the rest as it is', () => {
    const { config } = read(
      'fail-on: loud\npostgres: 17\ncomments: { max: 1000, inline: false }\nrules: { nothing: error, prefer-timestamptz: info }',
    )
    expect(config).toMatchObject({
      failOn: 'error',
      postgres: 17,
      comments: { max: 30, inline: false },
      rules: { 'prefer-timestamptz': { severity: 'info' } },
    })
    expect(Object.keys(config.rules)).toEqual(['prefer-timestamptz'])
  })

  test('of any kind is a note, never an exception', () => {
    const keys = fc.constantFrom(
      'postgres',
      'fail-on',
      'paths',
      'projects',
      'tables',
      'rules',
      'comments',
      'rehearsal',
      'staging',
      'backup',
      'approvals',
      'deployed',
      '_extends',
      '__proto__',
      'x',
    )
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 3 },
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(fc.oneof(keys, fc.constantFrom('root', 'rows', 'severity', 'require')), tie('any'), {
          maxKeys: 3,
        }),
      ),
    })).any
    fc.assert(
      fc.property(fc.dictionary(keys, value, { maxKeys: 4 }), (data) => {
        const { config } = read(JSON.stringify(data))
        expect(Object.keys(config)).toEqual(Object.keys(defaultConfig))
        expect(config.smallTableRows).toBeLessThan(config.largeTableRows)
      }),
    )
    fc.assert(
      fc.property(fc.string(), (text) => {
        read(text)
      }),
    )
  })

  test('that would grow without end is refused', () => {
    const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\n${['b', 'c', 'd', 'e', 'f'].map((name, i) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdef'[i]}`).join(', ')}]`).join('\n')}\n`
    expect(notes(bomb)).toEqual([expect.stringMatching(/^1: not YAML: Excessive alias count/)])
    expect(notes('#'.repeat(200_001))).toEqual(['1: the file is larger than 200 kB. The defaults were used.'])
  })
})

describe('loading', () => {
  test('brings the file, its text and the sizes of tables', async () => {
    const loaded = await loadConfig(
      memoryTree({
        [path]: 'tables: { users: { rows: 5 } }\nnothing: 1\n',
        '.github/schemagate-stats.json':
          '[{"jsonb_pretty": "{\\"date\\": \\"2026-11-20\\", \\"tables\\": {\\"users\\": {\\"rows\\": 7}, \\"events\\": {\\"rows\\": 12000000, \\"bytes\\": 4096}, \\"bad\\": {}}}"}]',
      }),
      rules,
    )
    expect(loaded.config.tables).toEqual({
      users: { rows: 5, source: path },
      events: { rows: 12_000_000, bytes: 4096, source: '.github/schemagate-stats.json of 2026-11-20' },
    })
    expect(loaded.text).toContain('users')
    expect(loaded.notes.map(({ path: at, line, message }) => `${at}:${line}: ${message}`)).toEqual([
      '.github/schemagate.yml:2: nothing: unknown key. It was passed over.',
      '.github/schemagate-stats.json:1: tables.bad: "rows" has to be a number. It was passed over.',
    ])
  })

  test('a tree without them has the defaults', async () => {
    expect(await loadConfig(memoryTree({}), rules)).toEqual({
      config: defaultConfig,
      notes: [],
      text: null,
      path: null,
      extends: null,
      names: null,
    })
    expect((await loadConfig(memoryTree({ '.github/schemagate-stats.json': '{}' }), rules)).notes).toHaveLength(1)
    expect((await loadConfig(memoryTree({ '.github/schemagate-stats.json': '[1' }), rules)).notes[0]?.message).toMatch(
      /^not JSON/,
    )
    expect((await loadConfig(memoryTree({ [path]: '\0' }), rules)).notes).toMatchObject([
      { kind: 'unread', message: 'The configuration is binary. The defaults were used.' },
    ])
  })
})

describe('the JSON Schema', () => {
  test('and the parser say the same of every option of every rule', () => {
    const whole = new Ajv2020.Ajv2020({ strict: false }).compile(configJsonSchema(catalog))
    const differing = catalog.flatMap(({ id, options = {} }) =>
      Object.entries(options).flatMap(([name, value]) =>
        [value, 'no such word', '', '*', [], [1], [''], 3, -1, true, null, {}].flatMap((given) => {
          const config = { rules: { [id]: { [name]: given } } }
          // A column without its type is a text like any other for a schema.
          if (id === 'require-column-type' && Array.isArray(given)) return []
          return whole(config) === (read(stringify(config), catalog).notes.length === 0) ? [] : [config]
        }),
      ),
    )
    expect(differing).toEqual([])
  })

  const validate = new Ajv2020.Ajv2020({ strict: false }).compile(configJsonSchema(rules))

  test('takes what is right', () => {
    expect(validate(parse(example)), JSON.stringify(validate.errors)).toBe(true)
    expect(validate({})).toBe(true)
  })
  test.each([
    'fail_on: error',
    'rules: { nothing: error }',
    'rules: { no-too-many-indexes: { mx: 1 } }',
    'comments: { max: -1 }',
    'postgres: 9',
    'backup: { require: maybe }',
    'tables: { a: { rows: lots } }',
    'postgres: 20',
    'projects: [{ root: /x }]',
    'projects: [{ root: ., runner: liquibose }]',
    'rehearsal: { timeout: 30sec }',
    'staging: {}',
    'rules: { no-too-many-indexes: { max: -1 } }',
    '_extends: "https://example.com"',
  ])('refuses %s', (text) => {
    expect(validate(parse(text))).toBe(false)
    expect(read(text).notes.length).toBeGreaterThan(0)
  })
})
