import type { Rule } from '../../src/engine/rule.ts'
import type { Place } from '../../src/location.ts'
import { shopSql, prismaShop } from '../shared/query-examples.ts'
import { at } from '../shared/query-words.ts'
import { enumValueInSteps } from '../shared/renames.ts'
import { placesIn, runsNow } from '../shared/uses.ts'

const recreate = `
  CREATE TYPE "Plan_new" AS ENUM ('free');
  ALTER TABLE "users" ALTER COLUMN "plan" DROP DEFAULT;
  ALTER TABLE "users" ALTER COLUMN "plan" TYPE "Plan_new" USING ("plan"::text::"Plan_new");
  ALTER TYPE "Plan" RENAME TO "Plan_old";
  ALTER TYPE "Plan_new" RENAME TO "Plan";
  DROP TYPE "Plan_old";
  ALTER TABLE "users" ALTER COLUMN "plan" SET DEFAULT 'free';`

export default {
  id: 'no-used-enum-value-drop',
  severity: 'error',
  summary: 'A value of an enum is taken away or renamed that code of the repository still writes or asks for.',
  why: 'Postgres refuses a value that the type does not have, in WHERE as in an insert: each of these queries fails with the first call after the migration.',
  fix: 'Take the value out of the code first, deploy that, and change the type in a later pull request.',
  references: ['https://www.postgresql.org/docs/current/datatype-enum.html'],
  ofCode: true,
  sources: [],
  bad: [
    {
      given: shopSql,
      sql: recreate,
      runner: 'prisma',
      prisma: { before: prismaShop.prisma.before, after: prismaShop.prisma.after.replace('    paid\n', '') },
      files: {
        'src/upgrade.ts': `export const upgrade = (id: string) => prisma.user.update({ where: { id }, data: { plan: 'paid' } })`,
      },
      message: '`paid`',
    },
    {
      given: shopSql,
      sql: `ALTER TYPE "Plan" RENAME VALUE 'paid' TO 'pro';`,
      files: {
        'src/upgrade.ts': `import { Pool } from 'pg'\n  const pool = new Pool({ max: 5, connectionTimeoutMillis: 100, statement_timeout: 1000 })\n  export const paying = (id: string) => pool.query("SELECT id FROM users WHERE id = $1 AND plan = 'paid'", [id])`,
      },
    },
  ],
  good: [
    {
      given: shopSql,
      sql: `ALTER TYPE "Plan" RENAME VALUE 'paid' TO 'pro';`,
      files: {
        'src/upgrade.ts': `import { Pool } from 'pg'\n  const pool = new Pool({ max: 5, connectionTimeoutMillis: 100, statement_timeout: 1000 })\n  export const free = (id: string) => pool.query("SELECT id FROM users WHERE id = $1 AND plan = 'free'", [id])`,
      },
      unproven: 'others speak of the rename itself',
    },
  ],
  visit: {
    *schema(_, ctx) {
      for (const [key, before] of ctx.before.enums) {
        const after = ctx.after.enums.get(key)
        if (after === undefined) continue
        for (const value of before.values.filter((v) => !after.values.includes(v))) {
          const places: { use: { place: Place } }[] = []
          for (const query of ctx.queries) {
            if (!runsNow(query)) continue
            const isEnum = (table: string, column: string | null): boolean => {
              const type = ctx.before.tables
                .get(table)
                ?.columns.find((c) => c.name === column)
                ?.type?.replaceAll('"', '')
              return type === before.name || type === `${before.schema}.${before.name}` || type === `${before.name}[]`
            }
            for (const use of query.columns ?? [])
              if (use.values?.includes(value) === true && isEnum(use.table, use.column)) places.push({ use })
          }
          if (places.length === 0) continue
          const list = places
            .slice(0, 20)
            .map(({ use }) => `- \`${at(use.place)}\``)
            .join('\n')
          const step = ctx.steps.find((s) => s.changes.some((c) => 'object' in c && c.object === key))
          const [to] = (step?.changes ?? []).flatMap((change) =>
            change.kind === 'renameEnumValue' && change.object === key && change.from === value ? [change.to] : [],
          )
          yield {
            anySize: true,
            object: `${key}.${value}`,
            ...(step === undefined ? {} : { place: step.statement.place }),
            message: `\`${value}\` is ${to ? 'renamed in' : 'taken out of'} \`${before.name}\`, but code still uses it: ${placesIn(places)}.`,
            help: to
              ? `${enumValueInSteps(key, value, to, { ...ctx, step: step ?? null })}\n\nCode of the old value:\n\n${list}`
              : `Take the value out of these places first:\n\n${list}`,
          }
        }
      }
    },
  },
} satisfies Rule
