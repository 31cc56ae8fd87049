import type { RangeVar } from 'libpg-query'
import type { Project } from '../project/project.ts'
import type { ProjectReading } from '../reading.ts'
import { subjectOf, tableOf, type Change } from '../schema/change.ts'
import { nameOf, type Schema, type Table } from '../schema/model.ts'
import type { Step } from '../step.ts'

/**
 * Where two projects describe one database, a change of it is told once. A schema of an ORM without migrations whose tables the migrations of another
 * project make, or change at the same time, is a picture of them, as `prisma db pull` draws it, and so is a dump in SQL: what runs stands in those
 * migrations. What a schema in SQL declares as an ORM's does too is told where the ORM has it.
 */
export function toldOnce(projects: readonly ProjectReading[]): readonly ProjectReading[] {
  return projects.map((reading) => {
    if (reading.steps.length === 0) return reading
    const others = projects.filter((other) => other !== reading && other.project.dialect === reading.project.dialect)
    if (hasMigrations(reading.project)) {
      // Migrations of an ORM's own that were left behind when another tool took over.
      const isLeft = reading.project.orm !== null && reading.generated
      const isMade = others.some((other) => other.steps.length > 0 && isPictureOf(reading, other))
      return isLeft && isMade ? { ...reading, steps: [], migrated: null } : reading
    }
    if (reading.project.orm !== null) {
      if (others.some((other) => isPictureOf(reading, other))) return { ...reading, steps: [] }
      const written = new Set(others.filter(isSqlHistory).flatMap(({ steps }) => steps.flatMap(relationOf)))
      const isWritten = (change: Change) => written.has(nameOf(tableOf(change) ?? ''))
      return { ...reading, steps: reading.steps.filter(({ changes }) => !changes.some(isWritten)) }
    }
    if (others.some((other) => isPictureOf(reading, other))) return { ...reading, steps: [] }
    const told = new Set(
      others
        .filter(({ project }) => project.orm !== null)
        .flatMap(({ steps }) => steps.flatMap(({ changes }) => changes.map(idOf))),
    )
    return {
      ...reading,
      steps: reading.steps.filter(
        ({ changes }) => changes.length === 0 || !changes.every((change) => told.has(idOf(change))),
      ),
    }
  })
}

/** False for a project that only declares what is there. */
function hasMigrations({ migrations }: Project): boolean {
  return migrations !== null && migrations.files?.length !== 0
}

function isSqlHistory({ project }: ProjectReading): boolean {
  return project.orm === null && hasMigrations(project)
}

/** The name of the table that a statement is about, whatever the schema it is in. */
function relationOf({ statement }: Step): readonly string[] {
  const [{ relation } = {}] = Object.values(statement.node) as readonly { readonly relation?: RangeVar }[]
  return relation?.relname === undefined ? [] : [relation.relname]
}

function isPictureOf({ declared, declaredBefore }: ProjectReading, other: ProjectReading): boolean {
  const drawn = [...((declaredBefore ?? declared)?.tables.values() ?? [])]
  const made = isSqlHistory(other) ? other.migrated?.after : undefined
  if (made === undefined || drawn.length === 0) return false
  return drawn.filter((table) => hasAlike(made, table)).length * 2 >= drawn.length
}

/** True where a schema has the table, whatever the schema it is in, with most of its columns. */
function hasAlike({ tables }: Schema, table: Table): boolean {
  return [...tables.values()].some(
    (other) =>
      other.name === table.name &&
      table.columns.filter(({ name }) => other.columns.some((column) => column.name === name)).length * 2 >=
        table.columns.length,
  )
}

/** What a change is about and whether it comes or goes, alike for an index and the constraint that it backs. */
function idOf(change: Change): string {
  const verb = /^(?:add|create)/.test(change.kind) ? 'add' : change.kind.startsWith('drop') ? 'drop' : change.kind
  const table = tableOf(change)
  return [verb, table === undefined ? '' : nameOf(table), subjectOf(change)].join('\0')
}
