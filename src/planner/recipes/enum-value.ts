import { createEnum } from '../../schema/sql/ddl.ts'
import { nameOf, type Column, type EnumType, type Table } from '../../schema/model.ts'
import { quoteIdent, quoteKey, quoteLiteral } from '../../schema/sql/quote.ts'
import { jobNameOf, plainUpdate, walkingKey, type BackfillJob } from '../backfill/backfill.ts'
import { fieldName } from './orm-code.ts'
import { deploy, fill, migration, type Recipe, type RecipeStep, type RecipeContext } from './recipe.ts'
import type { SyncedPair } from './sync.ts'
import { newName, replaceColumn } from './replace-column.ts'
import { validated } from './constraints.ts'

/** A value goes from an enum: a new type without it takes over, column by column. */
export function removeEnumValueRecipe(
  type: EnumType,
  after: EnumType,
  values: readonly string[],
  uses: readonly { readonly table: Table; readonly column: Column; readonly job?: BackfillJob | null }[],
  ctx: RecipeContext,
): Recipe {
  const d = ctx.defaultSchema
  const list = values.map(quoteLiteral).join(', ')
  const fresh: EnumType = { ...after, name: `${type.name}_v2`, declared: [] }
  const freshName = quoteKey(`${fresh.schema}.${fresh.name}`, d)
  const columns = uses.map(({ table, column, job: written }, i): readonly RecipeStep[] => {
    const name = quoteKey(table.key, d)
    const c = quoteIdent(column.name)
    const job: BackfillJob = {
      ...plainUpdate,
      name: jobNameOf(nameOf(table.key), `${column.name}_values`),
      table: table.key,
      place: ctx.place,
      reason: `Rows that hold \`${values.join('`, `')}\` get another value.`,
      key: walkingKey(table),
      target: name,
      alias: nameOf(table.key),
      set: `${c} = NULL /* write the value that takes the place of ${values.join(', ').replaceAll('*/', '')} here */`,
      from: null,
      where: `${c}::text IN (${list})`,
      verify: `SELECT count(*) AS rows_left FROM ${name} WHERE ${c}::text IN (${list})`,
      valueKnown: false,
    }
    const next: Column = {
      ...column,
      name: newName(table, column.name, 'v2'),
      type: freshName,
      property: fieldName(column),
      default: column.default?.replace(/::.*$/, `::${freshName}`) ?? null,
    }
    const pair: SyncedPair = {
      from: column.name,
      to: next.name,
      forth: `$::text::${freshName}`,
      back: `$::text::${column.type}`,
    }
    const check = quoteIdent(`${table.name}_${column.name}_values`.slice(0, 60))
    return [
      fill('Change the rows that hold it', written ?? job),
      migration(
        'Keep it from coming back',
        'expand',
        validated(
          name,
          `CONSTRAINT ${check} CHECK (${c}::text NOT IN (${list})) NOT VALID`,
          `${table.name}_${column.name}_values`.slice(0, 60),
        ),
        null,
      ),
      ...replaceColumn(
        { ...table, checks: [] },
        column,
        next,
        pair,
        `${c}::text::${freshName}`,
        i === 0 ? [createEnum(fresh, d)] : [],
        ctx,
      ),
    ]
  })
  // All columns go through each stage together, so that the code changes once.
  const steps = (columns[0] ?? []).flatMap((_, stage) => columns.flatMap((own) => own[stage] ?? []))
  return {
    kind: 'remove-enum-value',
    title: `Remove \`${values.join('`, `')}\` from \`${type.name}\``,
    place: ctx.place,
    shortcut:
      'On tables that are small enough to be rewritten under a lock, the type can be made again in one migration once no row holds the value.',
    steps: [
      deploy(
        'Deploy code that does not write the value any more',
        `No code writes \`${values.join('`, `')}\`; reading still allows for it.`,
      ),
      ...steps,
      migration(
        'Drop the old type',
        'contract',
        [`DROP TYPE ${quoteKey(`${type.schema}.${type.name}`, d)}`],
        ctx.orm === 'prisma'
          ? `@@map(${JSON.stringify(fresh.name)})`
          : ctx.orm === 'drizzle'
            ? `pgEnum(${JSON.stringify(fresh.name)}, …)`
            : null,
      ),
    ],
    cautions: [`The type is called \`${fresh.name}\` from now on; the ORM maps the enum to it.`],
  }
}
