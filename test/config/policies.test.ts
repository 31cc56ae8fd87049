import { describe, expect, test } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { parseConfig } from '../../src/config.ts'
import { review } from '../../src/review.ts'

const read = (text: string) => parseConfig(text, '.github/schemagate.yml', catalog)
const notes = (text: string) => read(text).notes.map((note) => `${note.line}: ${note.message}`)

describe('a mistake in a policy is told with its line', () => {
  test.each([
    [
      'rules:\n  require-naming:\n    tables: snake_cas\n',
      '3: rules.require-naming.tables: "snake_cas" is neither a style (snake_case, camelCase, PascalCase, SCREAMING_CASE, singular, plural) nor a pattern with * or {columns}. Did you mean "snake_case"? The default was used.',
    ],
    [
      'rules:\n  require-naming:\n    indexes: idx_{tabel}_{columns}\n',
      '3: rules.require-naming.indexes: "idx_{tabel}_{columns}" holds {tabel}, which stands for nothing: there are {table}, {column} and {columns}. The default was used.',
    ],
    [
      'rules:\n  require-naming:\n    indexes: idx_{table\n',
      '3: rules.require-naming.indexes: "idx_{table" has a brace without its other half. The default was used.',
    ],
    [
      'rules:\n  require-naming:\n    table: snake_case\n',
      '3: rules.require-naming.table: unknown option. Did you mean "tables"? It was passed over.',
    ],
    [
      'rules:\n  require-columns:\n    columns: [created_at, "org_id:uiud"]\n',
      '3: rules.require-columns.columns.1: "org_id:uiud" is no type of Postgres. Did you mean "uuid"? It was passed over.',
    ],
    [
      'rules:\n  require-columns:\n    columns: created_at\n',
      '3: rules.require-columns.columns: "created_at" is no list of texts. The default was used.',
    ],
    [
      'rules:\n  require-columns:\n    columns:\n      - created_at\n      - ""\n',
      '5: rules.require-columns.columns.1: "" names no column: write org_id or org_id:uuid. It was passed over.',
    ],
    [
      'rules:\n  require-columns:\n    columns: [a]\n    paths: [/srv/db]\n',
      '4: rules.require-columns.paths.0: "/srv/db" has to be a path inside the repository, such as db/billing/ or **/*.prisma. It fits no file.',
    ],
    [
      'rules:\n  no-forbidden-type:\n    forbidden:\n      - varchar*\n      - jsno\n',
      '5: rules.no-forbidden-type.forbidden.1: "jsno" is no type of Postgres. Did you mean "json"? It was passed over.',
    ],
    [
      'rules:\n  no-forbidden-type:\n    forbidden: [serial]\n',
      '3: rules.no-forbidden-type.forbidden.0: "serial" is a default and no type: the rule prefer-identity speaks of it. It was passed over.',
    ],
    [
      'rules:\n  require-column-type:\n    columns: ["*_id"]\n',
      '3: rules.require-column-type.columns.0: "*_id" has to be a name and a type: write *_id:uuid. It was passed over.',
    ],
    [
      'rules:\n  no-wide-index:\n    columns: -1\n',
      '3: rules.no-wide-index.columns: -1 is no number from 0 up. The default was used.',
    ],
    [
      'rules:\n  require-decision:\n    directory: ../adr\n',
      '3: rules.require-decision.directory: "../adr" has to be a path inside the repository, such as db/billing/ or **/*.prisma. The default was used.',
    ],
    [
      'rules:\n  require-naming:\n    - tables: snake_case\n    - tables: PascelCase\n      paths: [app/]\n',
      '4: rules.require-naming.1.tables: "PascelCase" is neither a style (snake_case, camelCase, PascalCase, SCREAMING_CASE, singular, plural) nor a pattern with * or {columns}. Did you mean "PascalCase"? The default was used.',
    ],
    [
      'rules:\n  require-naming:\n    - tables: snake_case\n    - severity: loud\n',
      '4: rules.require-naming.1.severity: "loud" is not one of error, warning, info, off. It was passed over.',
    ],
  ])('%s', (text, expected) => {
    expect(notes(text)).toEqual([expected])
  })

  test('and none where there is none', () => {
    expect(
      notes(`rules:
  require-naming: { tables: snake_case+plural, indexes: "idx_{table}_{columns}", except: [_prisma_migrations] }
  require-columns: { columns: [created_at, "org_id:uuid", "kind:my_enum"], paths: ["**/*.prisma", db/] }
  require-column-type: { columns: ["*_at:timestamptz(3)", "is_*:bool"] }
  no-forbidden-type: [{ forbidden: [varchar*, "timestamp", "char(*)"] }, { severity: error, allowed: [text, bigint], paths: [billing/] }]
`),
    ).toEqual([])
  })
})

describe('a policy', () => {
  const sql = (name: string) => `create table "${name}" (id bigint generated always as identity primary key);`
  const found = async (config: string) => {
    const base = memoryTree({ '.github/schemagate.yml': config, 'db/migrations/1.sql': 'select 1;' })
    const head = memoryTree({
      '.github/schemagate.yml': config,
      'db/migrations/1.sql': 'select 1;',
      'db/migrations/2.sql': sql('Users'),
      'db/migrations/3_billing.sql': sql('bills'),
    })
    const report = await review(await changeSetOf(base, head), { rules: catalog, rehearse: false })
    return report.findings
      .filter((finding) => finding.rule === 'require-naming')
      .map((finding) => `${finding.severity} ${finding.message}`)
  }

  test('holds for its paths, several for theirs', async () => {
    expect(await found('rules: { require-naming: on }')).toEqual(['warning `Users` is not in snake_case.'])
    expect(await found('rules: { require-naming: { paths: ["**/*billing*"] } }')).toEqual([])
    expect(await found('rules: { require-naming: { paths: [/db] } }'), 'for none with a wrong path').toEqual([])
    expect(
      await found(
        'rules:\n  require-naming:\n    - { tables: PascalCase, paths: ["**/2.sql"] }\n    - { severity: error, tables: PascalCase, paths: ["**/*billing*"] }\n',
      ),
    ).toEqual(['error `bills` is not in PascalCase.'])
  })
})
