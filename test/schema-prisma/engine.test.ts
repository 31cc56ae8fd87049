import { describe, expect, it } from 'vitest'
import { engineDiff } from '../../src/schema/prisma/engine.ts'

const datasource = 'datasource db {\n  provider = "postgresql"\n}\n'
const user = 'model User {\n  id Int @id\n}\n'

function schema(text: string, path = 'schema.prisma') {
  return [{ path, content: datasource + text }]
}

describe('engineDiff', () => {
  it('writes the SQL of a schema', async () => {
    const answer = await engineDiff(null, schema(user), 'postgres')
    expect(answer).toMatchObject({ ok: true })
    expect(answer.ok && answer.sql).toContain('CREATE TABLE "User" (\n    "id" INTEGER NOT NULL,')
  })

  it('writes the SQL between two schemas', async () => {
    const answer = await engineDiff(
      schema(user),
      schema('model User {\n  id   Int     @id\n  name String?\n}\n'),
      'postgres',
    )
    expect(answer).toEqual({ ok: true, sql: '-- AlterTable\nALTER TABLE "User" ADD COLUMN     "name" TEXT;\n' })
  })

  it('writes SQL for SQLite', async () => {
    const answer = await engineDiff(
      null,
      [{ path: 'a', content: `datasource db {\n  provider = "sqlite"\n}\n${user}` }],
      'sqlite',
    )
    expect(answer.ok && answer.sql).toContain('CREATE TABLE "User" (\n    "id" INTEGER NOT NULL PRIMARY KEY')
  })

  it('tells file, line and message of every mistake', async () => {
    const answer = await engineDiff(
      null,
      [
        ...schema(user),
        { path: 'models/post.prisma', content: 'model Post {\n  id  Int @id\n  a   Author\n  b   Nope\n}\n' },
      ],
      'postgres',
    )
    expect(answer).toMatchObject({ ok: false })
    expect(!answer.ok && answer.problems.map((p) => [p.path, p.line])).toEqual([
      ['models/post.prisma', 3],
      ['models/post.prisma', 4],
    ])
    expect(!answer.ok && answer.problems[0]?.message).toContain('Type "Author" is neither a built-in type')
  })

  it('says that a provider is beyond the engine', async () => {
    const answer = await engineDiff(
      null,
      [{ path: 'a', content: `datasource db {\n  provider = "mysql"\n}\n${user}` }],
      'postgres',
    )
    expect(answer).toMatchObject({
      ok: false,
      problems: [{ message: expect.stringContaining('`mysql` is not a supported connector') }],
    })
  })

  it('survives a panic, again and again, and answers everything that waits', async () => {
    const nested = schema(`model A {\n  id Int @id @default(${'f('.repeat(200_000)})\n}\n`)
    const [first, second, third, fourth] = await Promise.all([
      engineDiff(null, nested, 'postgres'),
      engineDiff(null, schema(user), 'postgres'),
      engineDiff(null, nested, 'postgres'),
      engineDiff(null, schema(user), 'postgres'),
    ])
    expect(first).toMatchObject({ ok: false, problems: [{ message: expect.stringContaining('schema engine failed') }] })
    expect(third).toEqual(first)
    expect(second).toMatchObject({ ok: true })
    expect(fourth).toEqual(second)
  })
})
