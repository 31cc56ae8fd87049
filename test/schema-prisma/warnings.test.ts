import { describe, expect, it } from 'vitest'
import { sourceFile } from '../../src/location.ts'
import { readMigrationLock } from '../../src/schema/prisma/lock.ts'
import { readPrismaWarnings } from '../../src/schema/prisma/warnings.ts'

function header(...lines: readonly string[]): string {
  return [
    '/*',
    '  Warnings:',
    '',
    ...lines.map((line) => `  - ${line}`),
    '',
    '*/',
    '-- AlterTable',
    'ALTER TABLE "a" DROP COLUMN "b";',
  ].join('\n')
}

function read(text: string) {
  return readPrismaWarnings(sourceFile('m.sql', text))
}

describe('readPrismaWarnings', () => {
  it.each([
    [
      'You are about to drop the column `name` on the `users` table. All the data in the column will be lost.',
      { kind: 'dropColumn', table: 'users', columns: ['name'] },
    ],
    [
      'You are about to drop the column `name` on the `users` table, which still contains 3 non-null values.',
      { kind: 'dropColumn', table: 'users', columns: ['name'] },
    ],
    [
      'You are about to drop the `users` table. If the table is not empty, all the data it contains will be lost.',
      { kind: 'dropTable', table: 'users', columns: [] },
    ],
    [
      'You are about to alter the column `n` on the `t` table. The data in that column could be lost. The data in that column will be cast from `Text` to `VarChar(10)`.',
      { kind: 'castColumn', table: 't', columns: ['n'], types: { from: 'Text', to: 'VarChar(10)' } },
    ],
    [
      'You are about to alter the column `n` on the `t` table. The data in that column will be cast from `Text` to `Integer`. This cast may fail. Please make sure the data in the column can be cast.',
      { kind: 'castMayFail', table: 't', columns: ['n'], types: { from: 'Text', to: 'Integer' } },
    ],
    [
      'The `n` column on the `t` table would be dropped and recreated. This will lead to data loss if there is data in the column.',
      { kind: 'recreateColumn', table: 't', columns: ['n'] },
    ],
    [
      'Changed the type of `n` on the `t` table. No cast exists, the column would be dropped and recreated, which cannot be done if there is data, since the column is required.',
      { kind: 'recreateRequiredColumn', table: 't', columns: ['n'] },
    ],
    [
      'The primary key for the `t` table will be changed. If it partially fails, the table could be left without primary key constraint.',
      { kind: 'changePrimaryKey', table: 't', columns: [] },
    ],
    [
      'A unique constraint covering the columns `[a,b]` on the table `t` will be added. If there are existing duplicate values, this will fail.',
      { kind: 'addUnique', table: 't', columns: ['a', 'b'] },
    ],
    [
      'The values [INITIAL,RETRY] on the enum `Reason` will be removed. If these variants are still used in the database, this will fail.',
      { kind: 'removeEnumValues', table: null, enum: { name: 'Reason', values: ['INITIAL', 'RETRY'] } },
    ],
    [
      'Added the required column `n` to the `t` table without a default value. This is not possible if the table is not empty.',
      { kind: 'addRequiredColumn', table: 't', columns: ['n'] },
    ],
    [
      'The required column `n` was added to the `t` table with a prisma-level default value. This is not possible if the table is not empty. Please add this column as optional, then populate it before making it required.',
      { kind: 'addRequiredColumnWithClientDefault', table: 't', columns: ['n'] },
    ],
    [
      'Made the column `n` on table `t` required. This step will fail if there are existing NULL values in that column.',
      { kind: 'makeRequired', table: 't', columns: ['n'] },
    ],
    [
      'Changed the column `n` on the `t` table from a scalar field to a list field. If there are non-null values in that column, this step will fail.',
      { kind: 'scalarToList', table: 't', columns: ['n'] },
    ],
    ['THIS IS BREAKING', { kind: 'other', table: null, columns: [] }],
  ])('reads %s', (line, expected) => {
    expect(read(header(line))).toEqual([expect.objectContaining({ ...expected, message: line })])
  })

  it('knows the line of each bullet', () => {
    const warnings = read(header('You are about to drop the `a` table. If', 'You are about to drop the `b` table. If'))
    expect(warnings.map((w) => [w.table, w.place.line, w.place.column, w.place.endLine])).toEqual([
      ['a', 4, 3, 4],
      ['b', 5, 3, 5],
    ])
  })

  it('is silent without a header', () => {
    expect(
      read('-- AlterTable\nALTER TABLE a ADD b int;\n/*\n  Warnings:\n\n  - You are about to drop the `a` table.\n*/'),
    ).toEqual([])
    expect(read('/* a comment\n - You are about to drop the `a` table. */ SELECT 1;')).toEqual([])
    expect(read('')).toEqual([])
  })

  it('reads a header that is never closed', () => {
    expect(read('/*\n  Warnings:\n\n  - You are about to drop the `a` table.').map((w) => w.table)).toEqual(['a'])
  })
})

describe('readMigrationLock', () => {
  const lock = (text: string) => readMigrationLock(sourceFile('migration_lock.toml', text))

  it('reads the provider and its line', () => {
    expect(lock('# Please do not edit\n# It should be added\nprovider = "postgresql"\n')).toMatchObject({
      provider: 'postgresql',
      dialect: 'postgresql',
      place: { line: 3, column: 1, endColumn: 23 },
    })
    expect(lock("provider='mysql'")).toMatchObject({ provider: 'mysql', dialect: 'mysql' })
  })

  it('tells an unknown provider from none', () => {
    expect(lock('provider = "oracle"')).toMatchObject({ provider: 'oracle', dialect: null })
    expect(lock('provider = "constructor"')).toMatchObject({ dialect: null })
    expect(lock('version = 1\n')).toBeNull()
    expect(lock('provider =\n')).toBeNull()
  })
})
