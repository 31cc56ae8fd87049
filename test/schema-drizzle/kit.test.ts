import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sourceFile } from '../../src/location.ts'
import type { Project } from '../../src/project/project.ts'
import { readDrizzleSnapshot } from '../../src/schema/drizzle.ts'
import { emptySchema } from '../../src/schema/model.ts'
import { replayHistory } from '../../src/schema/replay.ts'
import { loadParser } from '../../src/sql/parser.ts'
import { readSql } from '../../src/sql/read.ts'
import { comparable, readFiles } from './support.ts'

/** Schemas with the snapshot and the SQL that drizzle-kit 0.31.11 (1.0.0-rc.5 for v1) made of them. */
function kit(name: string, file: string): string {
  return readFileSync(new URL(`kit/${name}/${file}`, import.meta.url), 'utf8')
}

const cases: readonly (readonly [string, Partial<Project>])[] = [
  ['postgres', {}],
  ['casing', { settings: { casing: 'snake_case' } }],
  ['mysql', { dialect: 'mysql' }],
  ['sqlite', { dialect: 'sqlite' }],
  ['v1', { settings: { drizzleLayout: 'folders' } }],
]

describe.each(cases)('the TypeScript of %s', (name, change) => {
  it("is the schema of drizzle-kit's snapshot", async () => {
    const typescript = await readFiles({ 'schema.ts': kit(name, 'schema.ts') }, change)
    const snapshot = await readDrizzleSnapshot(kit(name, 'snapshot.json'), 'snapshot.json')
    const told = change.dialect === undefined ? [] : ['dialect']
    expect([typescript, snapshot].map(({ notes }) => notes.map(({ kind }) => kind))).toEqual([told, told])
    expect(typescript.from).toBe('typescript')
    expect(typescript.schema?.tables.size).toBeGreaterThan(1)
    expect(comparable(typescript.schema)).toEqual(comparable(snapshot.schema))
  })
})

describe.each(cases.filter(([, change]) => change.dialect === undefined))('the TypeScript of %s', (name, change) => {
  it("is the schema of drizzle-kit's SQL", async () => {
    await loadParser()
    const typescript = await readFiles({ 'schema.ts': kit(name, 'schema.ts') }, change)
    const sql = readSql(sourceFile('migration.sql', kit(name, 'migration.sql')))
    expect(sql.problems).toEqual([])
    const { schema, notes } = replayHistory(
      emptySchema(),
      [{ name, path: 'migration.sql', statements: sql.statements, down: null, isNew: false }],
      { postgres: 18, source: 'migrations', alone: true },
    )
    expect(notes).toEqual([])
    expect(comparable(typescript.schema)).toEqual(comparable(schema))
  })
})
