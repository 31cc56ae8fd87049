import type { Migration, Step } from '../../step.ts'
import { sourceFile } from '../../location.ts'
import type { ProjectReading } from '../../reading.ts'
import type { Rollback } from '../../report/report.ts'
import type { RoundTrip } from '../../rehearsal/types.ts'
import { joinStatements } from '../../schema/sql/schema.ts'
import { readSql } from '../../sql/read.ts'
import { rollbackStatements } from './rollback.ts'

/** The new migrations of a project, those without a way back of their own with a generated one, so that a rehearsal can try it. */
export function withWaysBack({ steps, migrations }: ProjectReading): readonly Migration[] {
  const groups = new Map<Migration, Step[]>((migrations?.fresh ?? []).map((migration) => [migration, []]))
  for (const step of steps) groups.set(step.migration, [...(groups.get(step.migration) ?? []), step])
  return [...groups].map(([migration, own]): Migration => {
    if (migration.down !== null || own.length === 0) return migration
    const path = own[0]!.statement.place.path
    const text = joinStatements(rollbackStatements({ before: own[0]!.before, after: own.at(-1)!.after, steps: own }))
    const { statements } = readSql(sourceFile(`${generated}${path}`, text), { dialect: 'postgresql' })
    return {
      ...migration,
      path,
      statements: own.map((s) => s.statement),
      down: statements.length ? { path: `${generated}${path}`, statements } : null,
    }
  })
}

const generated = 'the generated way back of '

/** The trips over ways back that the project has itself, and those over generated ones. */
export function tripsApart(
  trips: readonly RoundTrip[],
  migrations: readonly Migration[],
): { readonly own: readonly RoundTrip[]; readonly generated: readonly RoundTrip[] } {
  const names = new Set(migrations.filter((m) => m.down?.path.startsWith(generated)).map((m) => m.name))
  return { own: trips.filter((t) => !names.has(t.name)), generated: trips.filter((t) => names.has(t.name)) }
}

/** What a rehearsal says of a project's generated way back as a whole; undefined where there was none. */
export function rehearsedWayBack(trips: readonly RoundTrip[], postgres: string | null): Rollback['rehearsed'] {
  if (trips.length === 0 || postgres === null) return undefined
  const worst =
    trips.find((t) => t.result === 'differs' || t.result === 'down-fails') ?? trips.find((t) => t.result === 'unknown')
  // That a migration does not go up a second time says nothing against the way back.
  return worst
    ? {
        result: worst.result === 'down-fails' ? 'fails' : worst.result === 'differs' ? 'differs' : 'unknown',
        postgres,
        detail: worst.detail,
      }
    : { result: 'proven', postgres, detail: null }
}
