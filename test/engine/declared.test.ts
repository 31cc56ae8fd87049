import { describe, expect, it } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { reviewExample } from '../example.ts'

describe('where a finding about the schema lands', () => {
  it('is the line of the policy that Drizzle declares', async () => {
    const rule = catalog.find(({ id }) => id === 'no-always-true-policy')
    if (!rule) throw new Error('no rule')
    const report = await reviewExample(
      {
        runner: 'supabase',
        drizzle: {
          before: `export {}`,
          after: `
            import { sql } from 'drizzle-orm'
            import { bigint, pgPolicy, pgTable } from 'drizzle-orm/pg-core'
            export const notes = pgTable(
              'notes',
              { id: bigint('id', { mode: 'number' }).primaryKey() },
              () => [
                pgPolicy('reads', { for: 'select', using: sql\`true\` }),
                pgPolicy('everybody', { for: 'all', using: sql\`true\` }),
              ],
            )`,
        },
        files: {
          'drizzle.config.ts': `export default { dialect: 'postgresql', out: './supabase/migrations', schema: './src/schema.ts' }`,
        },
      },
      rule,
      catalog,
    )
    const places = report.findings
      .filter((finding) => finding.rule === rule.id)
      .map(({ place }) => `${place.path}:${place.line}`)
    expect(places).toEqual(['src/schema.ts:8'])
  })
})
