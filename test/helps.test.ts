import { beforeAll, describe, expect, it } from 'vitest'
import { catalog } from '../rules/index.ts'
import { sourceFile } from '../src/location.ts'
import { loadParser } from '../src/sql/parser.ts'
import { readSql } from '../src/sql/read.ts'
import { reviewExample } from './example.ts'

const groups = new Set(['locking', 'data-loss', 'compatibility', 'transactions'])

/** What ends in the statement itself because there is no other way: the drop of a later pull request, a constraint without a concurrent form. */
const lastResort = new Set(['no-drop-column', 'no-exclusion-constraint', 'no-table-rewrite-setting'])

beforeAll(loadParser)

describe('the SQL of a help', () => {
  it.each(catalog.filter(({ group }) => groups.has(group)).map((rule) => [rule.id, rule] as const))(
    'is not what its rule warns of: %s',
    async (_, rule) => {
      for (const example of rule.bad) {
        if (example.sql === undefined) continue
        const { findings } = await reviewExample({ ...example, rehearse: false }, rule, catalog)
        for (const { help } of findings.filter((each) => each.rule === rule.id)) {
          const blocks = [...help.matchAll(/```sql\n(.*?)```/gs)].map((match) => sourceFile('help.sql', match[1] ?? ''))
          const read = blocks.map((block) => readSql(block))
          const sql = read.flatMap(({ statements }) =>
            statements.flatMap(({ inside, kind, text }) =>
              inside === null && kind !== 'SelectStmt' ? [`${text};`] : [],
            ),
          )
          if (sql.length === 0 || lastResort.has(rule.id)) continue
          const { given, rows, postgres, alone } = example
          const again = await reviewExample(
            {
              sql,
              runner: 'psql',
              ...(given ? { given } : {}),
              ...(rows ? { rows } : {}),
              ...(postgres ? { postgres } : {}),
              ...(alone ? { alone } : {}),
            },
            rule,
            catalog,
          )
          expect(
            again.findings
              .filter((each) => each.rule === rule.id && each.severity !== 'info')
              .map(({ message }) => `${message} ${help}`),
          ).toEqual([])
        }
      }
    },
  )
})
