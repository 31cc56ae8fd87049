import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memoryTree } from '../../src/changeset/memory.ts'
import { buildSandboxScript, sandboxScripts } from '../../src/schema/drizzle/sandbox.ts'
import type { SandboxLimits } from '../../src/schema/drizzle/sandbox.ts'
import { readDrizzleSchema } from '../../src/schema/drizzle.ts'
import { projectOf, readFiles } from './support.ts'

const good = `import { pgTable, integer } from 'drizzle-orm/pg-core'\nexport const a = pgTable('a', { id: integer().primaryKey() })\n`
const short = { milliseconds: 1500, bytes: 64 * 1024 * 1024 }

async function reasonOf(text: string, limits?: SandboxLimits): Promise<string> {
  const { schema, notes, from } = await readFiles({ 'schema.ts': text }, {}, limits)
  expect(schema).toBeNull()
  expect(from).toBeNull()
  expect(notes).toHaveLength(1)
  expect(notes[0]).toMatchObject({ kind: 'unread', blocking: true, path: 'schema.ts' })
  return notes[0]?.message ?? ''
}

describe('a hostile schema', () => {
  const folder = mkdtempSync(join(tmpdir(), 'schemagate-test-'))
  const mark = join(folder, 'ran')
  afterAll(() => rmSync(folder, { recursive: true }))
  beforeAll(async () => {
    await readFiles({ 'schema.ts': good })
  })

  it.each([
    ['loops', 'for (;;);'],
    [
      'loops in a promise',
      'const again = () => { Promise.resolve().then(again) }; again(); await new Promise(() => {})',
    ],
    ['searches without end in native code', `'a'.repeat(5e6).indexOf('a'.repeat(2e6) + 'b')`],
    ['walks an endless list in native code', '[].indexOf.call({ length: 2 ** 53 - 1 }, 1)'],
    ['backtracks', `/^(a+)+$/.test('a'.repeat(40) + 'b')`],
    [
      'sorts in circles',
      'const list = Array.from({ length: 1e6 }, Math.random); for (;;) list.sort(() => Math.random() - 0.5)',
    ],
  ])('that %s ends at the deadline', async (_, code) => {
    expect(await reasonOf(`${good};\n${code}`, short)).toContain('longer than 1.5 seconds')
  })

  it('that leaves holes in its memory takes no more of it than it may hold', async () => {
    const before = process.memoryUsage.rss()
    let most = before
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 10)
    const code = 'const lists = []; for (;;) lists.push(new Array(1e5).fill("x".repeat(100)))'
    expect(await reasonOf(`${good};\n${code}`, { ...short, milliseconds: 15_000 })).toContain('out of memory')
    clearInterval(watch)
    expect(most - before).toBeLessThan(3 * short.bytes)
  })

  it.each([
    ['takes all memory', `let text = 'x'; for (;;) text += text`, /out of memory|longer|too long/],
    ['takes all memory in one list', 'new Array(1e8).fill(0)', /out of memory|longer/],
    ['calls itself', 'const f = (n: number): number => f(n + 1) + 1; f(0)', /stack overflow|recursion/],
    [
      'nests objects',
      'let o: unknown = {}; for (let i = 0; i < 1e6; i++) o = { o }; JSON.stringify(o)',
      /stack overflow|out of memory|longer/,
    ],
    ['nests calls in a getter', 'const o = { get x(): unknown { return this.x } }; String(o.x)', /stack overflow/],
  ])('that %s ends with a note', async (_, code, reason) => {
    expect(await reasonOf(`${good};\n${code}`, reason.source.includes('longer') ? short : undefined)).toMatch(reason)
  })

  it.each([
    [
      'node:fs',
      `import fs from 'node:fs'; fs.writeFileSync(MARK, 'x'); require('fs').writeFileSync(MARK, 'x'); (await import('node:fs')).writeFileSync(MARK, 'x')`,
    ],
    [
      'child_process',
      `import { execSync, spawn } from 'child_process'; execSync('touch ' + MARK); spawn('touch', [MARK]).on('exit', () => {})`,
    ],
    ['process', `process.binding('fs').open(MARK); process.mainModule?.require('fs').writeFileSync(MARK, 'x')`],
    [
      'the constructor of a function',
      `const run = (() => {}).constructor('return this')(); try { run.process.mainModule.require('fs').writeFileSync(MARK, 'x') } catch {}`,
    ],
    [
      'std and os of QuickJS',
      `const g = globalThis as any; try { g.std.open(MARK, 'w').puts('x'); g.os.exec(['touch', MARK]) } catch {}`,
    ],
    [
      'the network',
      `import net from 'node:net'; import https from 'https'; net.connect(80, 'localhost'); https.get('https://localhost'); fetch('https://localhost'); new WebSocket('wss://localhost')`,
    ],
  ])('that reaches for %s gets an answer and touches nothing', async (_, code) => {
    const { schema } = await readFiles({ 'schema.ts': `${good}\nconst MARK = ${JSON.stringify(mark)};\n${code}` })
    expect([...(schema?.tables.keys() ?? [])]).toEqual(['public.a'])
    expect(existsSync(mark)).toBe(false)
  })

  it('sees no variable of the environment and no file beside it', async () => {
    const { schema, notes } = await readFiles({
      'schema.ts': `import { pgTable, integer, text } from 'drizzle-orm/pg-core'\nimport own from '${join(process.cwd(), 'package.json')}'\nimport { version } from '../../../../../../../../${join(process.cwd(), 'package.json')}'
export const a = pgTable('a', { home: text().default(process.env.PATH), v: text().default(version), o: text().default(own.name), path: integer() })`,
    })
    expect(schema?.tables.get('public.a')?.columns.map((it) => it.default)).toEqual([null, null, null, null])
    expect(notes).toHaveLength(3)
    expect(JSON.stringify(notes)).not.toContain(process.env.PATH)
  })

  it('cannot spoil what others read by changing what is built in', async () => {
    await readFiles({
      'schema.ts': `${good}\nObject.prototype.toJSON = () => 1; Array.prototype.map = () => []; JSON.stringify = () => '{}'; WeakMap.prototype.get = () => { throw 1 }; delete (globalThis as any).Object`,
    })
    const { schema, notes } = await readFiles({ 'schema.ts': `${good}\n// read again` })
    expect(notes).toEqual([])
    expect(schema?.tables.size).toBe(1)
    expect(({} as { toJSON?: unknown }).toJSON).toBeUndefined()
  })

  it.each([
    [
      'text',
      `globalThis.__schemagateResult = 'x'; Object.defineProperty(globalThis, '__schemagateResult', { get: () => '{"tables":[{"name":1}]}', set() {} })`,
      'no schema',
    ],
    [
      'much',
      `Object.defineProperty(globalThis, '__schemagateResult', { get: () => '['.repeat(1e6), set() {} })`,
      'no schema',
    ],
    [
      'a loop',
      `Object.defineProperty(globalThis, '__schemagateResult', { get() { for (;;); }, set() {} })`,
      'longer than',
    ],
    [
      'an object',
      `Object.defineProperty(globalThis, '__schemagateResult', { get: () => ({ toString() { for (;;); } }), set() {} })`,
      'without a result',
    ],
  ])('that hands out %s of its own is refused', async (_, code, reason) => {
    expect(await reasonOf(`${good};\n${code}`, reason === 'longer than' ? short : undefined)).toContain(reason)
  })

  it.each([
    ['throws', 'throw new Error("told you")', 'told you'],
    [
      'throws what loops as text',
      'throw { toString() { for (;;); }, get message(): string { for (;;); } }',
      'longer than',
    ],
    ['does not parse', 'export const = 1', 'does not parse'],
    ['nests without end', '('.repeat(20_000), 'nested more than'],
    ['waits for ever', 'await new Promise(() => {})', 'never comes'],
    ['imports what its own file has not', `import { gone } from './schema'; gone()`, 'No matching export'],
  ])('that %s gives a note', async (_, code, reason) => {
    expect(await reasonOf(`${good};\n${code}`, reason === 'longer than' ? short : undefined)).toContain(reason)
  })

  it('that comes in hundreds costs the time of three', async () => {
    const tree = memoryTree(
      Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`s${i}.ts`, `${good};\nfor (;;) ${i}`])),
    )
    const reads: string[] = []
    for (let i = 0; i < 200; i++)
      reads.push(
        (await readDrizzleSchema(tree, projectOf({ schemaFiles: [`s${i}.ts`] }), { ...short, milliseconds: 300 }))
          .notes[0]?.message ?? '',
      )
    expect(reads.filter((it) => it.includes('longer than'))).toHaveLength(3)
    expect(reads.filter((it) => it.includes('3 schemas of this commit ran out of time already'))).toHaveLength(197)
  })

  it('says the line at which it fails', async () => {
    const { notes } = await readFiles({
      'schema.ts': `import './deep/other'\n${good}`,
      'deep/other.ts': `const a: number = 1\n\nfunction fail(): never {\n  throw new TypeError('here')\n}\nif (a) fail()`,
    })
    expect(notes[0]).toMatchObject({ path: 'deep/other.ts', line: 4 })
    expect(notes[0]?.message).toContain('TypeError: here')
  })

  it('that imports thousands of files is refused', async () => {
    const files: Record<string, string> = { 'schema.ts': `${good}\nimport './f0'` }
    for (let i = 0; i < 2500; i++) files[`f${i}.ts`] = `import './f${i + 1}'\nexport {}`
    expect((await readFiles(files)).notes[0]?.message).toContain('more than 2000 files')
  })

  it('that is huge is refused', async () => {
    const files: Record<string, string> = {
      'schema.ts': `${good}\n${Array.from({ length: 12 }, (_, i) => `import './f${i}'`).join('\n')}`,
    }
    for (let i = 0; i < 12; i++) files[`f${i}.ts`] = `export const text = ${JSON.stringify('x'.repeat(1_000_000))}`
    expect((await readFiles(files)).notes[0]?.message).toContain('larger than 8 MB')
  })

  it('falls back to the latest snapshot, with a note that does not block', async () => {
    const snapshot = (name: string): string =>
      JSON.stringify({
        version: '7',
        dialect: 'postgresql',
        tables: {
          x: { name, schema: '', columns: { id: { name: 'id', type: 'integer', primaryKey: true, notNull: true } } },
        },
      })
    const tree = memoryTree({
      'schema.ts': 'throw 1',
      'drizzle/meta/0000_snapshot.json': snapshot('old'),
      'drizzle/meta/0001_snapshot.json': snapshot('current'),
      'drizzle/meta/0002_snapshot.json': snapshot('not_in_journal'),
      'drizzle/meta/_journal.json': JSON.stringify({
        version: '7',
        dialect: 'postgresql',
        entries: [
          { idx: 0, tag: '0000_a', when: 1 },
          { idx: 1, tag: '0001_b', when: 2 },
        ],
      }),
    })
    const { schema, notes, from } = await readDrizzleSchema(
      tree,
      projectOf({ migrations: { folder: 'drizzle', layout: 'drizzle' } }),
    )
    expect(from).toBe('snapshot')
    expect([...(schema?.tables.keys() ?? [])]).toEqual(['public.current'])
    expect(schema?.tables.get('public.current')?.declared).toMatchObject([
      { path: 'drizzle/meta/0001_snapshot.json', source: 'drizzle' },
    ])
    expect(notes).toMatchObject([{ kind: 'unread', blocking: false }])
    expect(notes[0]?.message).toContain('latest snapshot is read instead')
  })
})

describe('the scripts of the sandbox', () => {
  it('hold Drizzle and nothing of the host', async () => {
    for (const name of sandboxScripts.filter((it) => it !== 'drizzle-worker'))
      expect(await buildSandboxScript(name)).not.toMatch(/node:|process\.binding|require\("/)
  })
})
