import { transformSync } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { withoutEnums } from '../../src/schema/drizzle/enums.ts'
import { parseTypeScript } from '../../src/typescript.ts'
import { readFiles } from './support.ts'

const files = [
  'enum A { x, y = 5, z, s = "text", t = `t`, "odd name" = 3, u = x | y, v = 1 << 4, w = y + z, m = -1 }\nglobalThis.result = A',
  '// enum in a comment\nconst enum A { // first\n  x = "a", /* , */ y\n    = "b",\n}\nconst enumeration = 1\nglobalThis.result = [A.x, A.y, enumeration]',
  'function f() {\n  enum Inner { a = 1 }\n  return Inner\n}\nenum Empty {}\ndeclare enum Gone { a }\nglobalThis.result = [f(), Empty]',
  'export enum E { a = "1", b = a }\nglobalThis.result = E',
]

describe('withoutEnums', () => {
  it.each(files)('means what TypeScript means: %.30s', (text) => {
    const { program } = parseTypeScript('a.ts', text)
    if (!program) throw new Error('does not parse')
    const written = withoutEnums(text, program)
    expect(written.split('\n')).toHaveLength(text.split('\n').length)
    expect(written).not.toMatch(/^\s*(export )?(const )?enum /m)
    const run = (source: string): unknown => {
      const code = transformSync(source, { loader: 'ts', format: 'cjs' }).code
      const scope = { result: undefined as unknown }
      // oxlint-disable-next-line no-implied-eval -- our own text above, evaluated to compare
      new Function('globalThis', 'module', 'exports', code)(scope, { exports: {} }, {})
      return scope.result
    }
    expect(run(written)).toEqual(run(text))
  })

  it('keeps an enum that doubles at every member from growing', async () => {
    const members = Array.from({ length: 40 }, (_, i) => `a${i + 1} = a${i} + a${i}`).join(', ')
    const { notes } = await readFiles({ 'schema.ts': `export enum E { a0 = 'xxxxxxxx', ${members} }` })
    expect(notes[0]?.message).toContain('could not be evaluated')
  })

  it('lets enums of TypeScript give the values of one of Postgres', async () => {
    const { schema, notes } = await readFiles({
      'schema.ts': `import { pgEnum } from 'drizzle-orm/pg-core'\nimport { pgTable } from 'drizzle-orm/pg-core'\nenum Role { Member = 'member', Admin = 'admin' }
export const role = pgEnum('role', Object.values(Role) as [string, ...string[]])\nexport const t = pgTable('t', { role: role().default(Role.Admin) })`,
    })
    expect(notes).toEqual([])
    expect(schema?.enums.get('public.role')?.values).toEqual(['member', 'admin'])
    expect(schema?.tables.get('public.t')?.columns[0]?.default).toContain("'admin'")
  })

  it('refuses files that hand countless names on to each other', async () => {
    const names = (letter: string): string =>
      Array.from({ length: 5000 }, (_, i) => `export const ${letter}${i} = 1`).join('\n')
    const chain = Object.fromEntries(
      Array.from({ length: 1500 }, (_, i) => [`f${i}.ts`, `export * from './f${i + 1}'`]),
    )
    const { notes } = await readFiles({
      ...chain,
      'f1500.ts': names('a'),
      'schema.ts': `export * from './f0'\n${names('b')}`,
    })
    expect(notes[0]?.message).toContain('too many names')
  })
})
