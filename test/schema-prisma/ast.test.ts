import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { argument, attribute, parsePrisma } from '../../src/schema/prisma/ast.ts'

describe('parsePrisma', () => {
  it('gives fields, attributes and values with their places', async () => {
    const text = [
      '/// People who sign in.',
      'model User { // everybody',
      '  id    Int      @id @default(autoincrement()) // "the" key',
      '  /// Shown to others.',
      '  name  String?  @db.VarChar(80) @map("full_name") /// never empty',
      '  place Unsupported("point")?',
      '  posts Post[]   @relation("author", onDelete: Cascade)',
      '',
      '  @@index([name(sort: Desc, ops: raw("text_ops")), id], type: Gin, map: "by_name")',
      '  @@map("users")',
      '}',
    ].join('\r\n')
    const { blocks, problems } = await parsePrisma('a.prisma', text)
    expect(problems).toEqual([])
    expect(blocks).toHaveLength(1)
    const [user] = blocks
    expect(user).toMatchObject({
      kind: 'model',
      name: 'User',
      documentation: 'People who sign in.',
      place: { path: 'a.prisma', line: 2, column: 1, endLine: 2, endColumn: 10 },
    })
    expect(
      user?.fields.map((f) => [f.name, f.type, f.optional, f.list, f.place.line, f.place.column, f.place.endColumn]),
    ).toEqual([
      ['id', 'Int', false, false, 3, 3, 46],
      ['name', 'String', true, false, 5, 3, 50],
      ['place', 'Unsupported', true, false, 6, 3, 29],
      ['posts', 'Post', false, true, 7, 3, 55],
    ])
    expect(user?.fields[1]?.documentation).toBe('Shown to others.\nnever empty')
    expect(user?.fields[2]?.unsupported).toBe('point')
    expect(user?.fields[1]?.attributes.map((a) => a.name)).toEqual(['db.VarChar', 'map'])
    expect(user?.attributes.map((a) => [a.name, a.place.line])).toEqual([
      ['index', 9],
      ['map', 10],
    ])
    const index = user === undefined ? undefined : attribute(user, 'index')
    expect(index && argument(index, 'map')).toEqual({ kind: 'string', text: 'by_name' })
    expect(index && argument(index, 'fields', 0)).toMatchObject({
      kind: 'list',
      items: [
        { kind: 'call', name: 'name' },
        { kind: 'word', text: 'id' },
      ],
    })
  })

  it('reads enums, datasources and generators', async () => {
    const { blocks } = await parsePrisma(
      'a.prisma',
      `
datasource db {
  provider   = "postgresql"
  extensions = [pgcrypto, uuid(map: "uuid-ossp")]
}
generator client {
  provider = env("GENERATOR")
}
enum Role {
  ADMIN @map("admin")
  USER // most
  @@map("roles")
}
`,
    )
    expect(blocks.map((b) => [b.kind, b.name])).toEqual([
      ['datasource', 'db'],
      ['generator', 'client'],
      ['enum', 'Role'],
    ])
    expect(blocks[0]?.settings.get('extensions')).toMatchObject({
      place: { line: 4, column: 3, endColumn: 49 },
      value: { kind: 'list' },
    })
    expect(blocks[2]?.values.map((v) => [v.name, v.place.line])).toEqual([
      ['ADMIN', 10],
      ['USER', 11],
    ])
    expect(blocks[2]?.attributes.map((a) => a.name)).toEqual(['map'])
  })

  it('passes over block comments and what they hold', async () => {
    const { blocks, problems } = await parsePrisma(
      'a.prisma',
      '/**\n * The model state is kept here: { x }\n */\nmodel A {\n  id Int @id /* model B { */\n  /* two\n  lines */\n  url String @default("/* http://x */")\n}\n',
    )
    expect(problems).toEqual([])
    expect(blocks.map((b) => b.fields.map((f) => [f.name, f.place.line]))).toEqual([
      [
        ['id', 5],
        ['url', 8],
      ],
    ])
  })

  it('loses no more than the line that it cannot read', async () => {
    const { blocks, problems } = await parsePrisma(
      'a.prisma',
      'model A {\n  id Int @id\n  @@unique([address.street])\n  name String\n}\nmodel { }\nmodel B {\n  id Int @id\n}\n',
    )
    expect(problems.map((p) => p.place.line)).toEqual([3, 6])
    expect(blocks.map((b) => [b.name, b.fields.map((f) => f.name)])).toEqual([
      ['A', ['id', 'name']],
      ['B', ['id']],
    ])
  })

  it('stays upright whatever the text', async () => {
    const texts = [
      '',
      '\0\x01\xff'.repeat(1000),
      '}'.repeat(5000),
      'model A {'.repeat(2000),
      '"'.repeat(5001),
      `model A {\n x Int @default(${'['.repeat(100_000)}\n}`,
      '/*',
      '//',
      'model A {\n' + '@'.repeat(3000),
      '{'.repeat(30),
    ]
    for (const text of texts) {
      const document = await parsePrisma('a.prisma', text)
      for (const problem of document.problems) expect(problem.place.line).toBeGreaterThan(0)
    }
  })

  it('runs no configuration file that lies in the working directory', () => {
    const folder = mkdtempSync(join(tmpdir(), 'schemagate-'))
    const mark = 'the configuration was run'
    writeFileSync(join(folder, 'prisma-ast.config.js'), `console.log(${JSON.stringify(mark)}); module.exports = {}`)
    const parser = fileURLToPath(new URL('../../src/schema/prisma/parser.ts', import.meta.url))
    const tsx = fileURLToPath(new URL('../../node_modules/tsx/dist/cli.mjs', import.meta.url))
    writeFileSync(
      join(folder, 'main.mts'),
      `import { blockParser } from ${JSON.stringify(parser)}\nconst parse = await blockParser()\nconsole.log(parse('enum A {\\n  B\\n}').list.length)\n`,
    )
    try {
      const out = execFileSync(process.execPath, [tsx, 'main.mts'], { cwd: folder, encoding: 'utf8' })
      expect(out).toBe('1\n')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
