import { columnDefinition } from '../../schema/sql/ddl.ts'
import type { Column, Table } from '../../schema/model.ts'
import { quoteIdent, quoteKey } from '../../schema/sql/quote.ts'
import type { BackfillJob } from '../backfill/backfill.ts'
import { fieldChange, fieldName } from './orm-code.ts'
import { deploy, fill, migration, type Recipe, type RecipeContext } from './recipe.ts'

/** A column becomes NOT NULL, or comes so. */
export function notNullRecipe(
  table: Table,
  column: Column,
  job: BackfillJob | null,
  added: boolean,
  ctx: RecipeContext,
): Recipe {
  const name = quoteKey(table.key, ctx.defaultSchema)
  return {
    kind: 'not-null',
    title: `Make \`${table.name}.${column.name}\` NOT NULL`,
    place: ctx.place,
    shortcut: null,
    steps: [
      ...(added
        ? [
            migration(
              'Add the column, nullable',
              'expand',
              [`ALTER TABLE ${name} ADD COLUMN ${columnDefinition({ ...column, nullable: true })}`],
              fieldChange(ctx.orm, [{ ...column, nullable: true }], []),
            ),
          ]
        : []),
      deploy(
        'Deploy code that always writes a value',
        `Every insert and update of \`${table.name}\` sets \`${fieldName(column)}\`; reading still allows for NULL.`,
      ),
      ...(job ? [fill('Give a value to the rows that have none', job)] : []),
      migration(
        'Make it NOT NULL without a scan under the strongest lock',
        'contract',
        notNullStatements(table, column.name, ctx.defaultSchema),
        fieldChange(ctx.orm, [{ ...column, nullable: false }], []),
      ),
    ],
    cautions: [],
  }
}

/** `SET NOT NULL` without a scan under the strongest lock: a validated check lets Postgres skip it. */
export function notNullStatements(table: Pick<Table, 'key' | 'name'>, column: string, d: string): readonly string[] {
  const name = quoteKey(table.key, d)
  const check = quoteIdent(`${table.name}_${column}_not_null`.slice(0, 60))
  const c = quoteIdent(column)
  return [
    `ALTER TABLE ${name} ADD CONSTRAINT ${check} CHECK (${c} IS NOT NULL) NOT VALID`,
    `ALTER TABLE ${name} VALIDATE CONSTRAINT ${check}`,
    `ALTER TABLE ${name} ALTER COLUMN ${c} SET NOT NULL`,
    `ALTER TABLE ${name} DROP CONSTRAINT ${check}`,
  ]
}
