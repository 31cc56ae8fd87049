import { argument, attribute, stringValue } from './ast.ts'
import type { PrismaField } from './ast.ts'
import type { JoinTable, Model } from './datamodel.ts'

/** Pairs of lists without columns of their own: Prisma keeps these relations in a table that no model names. */
export function joinTablesOf(models: readonly Model[]): readonly JoinTable[] {
  const byName = new Map(models.map((model) => [model.block.name, model]))
  const halves = new Map<string, { readonly model: Model; readonly field: PrismaField }[]>()
  for (const model of models) {
    for (const field of model.block.fields) {
      const to = byName.get(field.type)
      if (to === undefined || !field.list) continue
      const pair = [model.block.name, to.block.name].sort()
      const id = JSON.stringify([relationName(field) ?? pair.join('To'), ...pair])
      const half = halves.get(id)
      if (half === undefined) halves.set(id, [{ model, field }])
      else half.push({ model, field })
    }
  }
  const tables: JoinTable[] = []
  for (const [id, pair] of halves) {
    const [first, second] = pair.sort(
      (x, y) => compare(x.model.block.name, y.model.block.name) || compare(x.field.name, y.field.name),
    )
    if (first === undefined || second === undefined || pair.length !== 2) continue
    const [name] = JSON.parse(id) as readonly [string]
    tables.push({
      schema: first.model.schema,
      table: `_${name}`,
      sides: [first.model, second.model],
      places: [first.field.place, second.field.place],
    })
  }
  return tables
}

function relationName(field: PrismaField): string | undefined {
  const relation = attribute(field, 'relation')
  return relation === undefined ? undefined : stringValue(argument(relation, 'name', 0))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
