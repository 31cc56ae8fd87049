import { beforeAll, describe, expect, it } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { drizzleImports, drizzleShop, large, pool, prismaShop, sqlShop } from '../../rules/shared/query-examples.ts'
import type { Example, Rule } from '../../src/engine/rule.ts'
import { loadParser } from '../../src/sql/parser.ts'
import { reviewExample } from '../example.ts'

import { drizzle } from './shapes/drizzle.ts'
import { prisma } from './shapes/prisma.ts'
import { sql } from './shapes/sql.ts'

beforeAll(() => loadParser())

const rule = catalog.find((r) => r.id === 'no-query-in-loop') as Rule & { group: 'queries' }

async function said(example: Example): Promise<string[]> {
  const report = await reviewExample(example, rule, catalog)
  return [
    ...new Set(
      report.findings
        .filter((f) => f.group === 'queries' || f.group === 'operations')
        .map((f) => `${f.severity} ${f.rule}`),
    ),
  ]
}

describe.each([
  ['Prisma', prisma, prismaShop, ''],
  ['Drizzle', drizzle, drizzleShop, `${drizzleImports}\n`],
  ['SQL', sql, sqlShop, `${pool}\n`],
] as const)('%s', (_, shapes, shop, head) => {
  it.each(shapes)('%s', async (_title, code, ...rules) => {
    const found = await said({ ...shop, rows: large, typescript: head + code })
    for (const wanted of rules) expect(found.map((f) => f.replace(/^\w+ /, ''))).toContain(wanted)
    expect(found.filter((f) => !f.startsWith('info ')).filter((f) => !rules.includes(f.replace(/^\w+ /, '')))).toEqual(
      [],
    )
  })
})
