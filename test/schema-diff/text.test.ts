import { expect, test } from 'vitest'
import { diffSchemas } from '../../src/schema/diff/diff.ts'
import { changesToMarkdown, changesToText, codeSpan } from '../../src/schema/show/text.ts'
import { column, enumOf, enums, schema, table } from './build.ts'

const before = schema([table('users', [column('legacy_id', 'integer'), column('n', 'integer')])], {
  enums: enums(enumOf('role', ['a'])),
})
const after = schema([table('users', [column('name', 'text'), column('n', 'bigint', { nullable: false })])], {
  enums: enums(enumOf('role', ['a', 'admin'])),
})
const changes = diffSchemas(before, after)

test('changes read as short entries by object', () => {
  expect(changesToText(changes)).toBe(
    'role: + admin\nusers: − legacy_id, + name text, ~ n integer → bigint, ~ n not null\n',
  )
  expect(changesToMarkdown(changes)).toBe(
    '`role` + `admin`; `users` − `legacy_id`, + `name` text, ~ `n` integer → bigint, ~ `n` not null',
  )
  expect(changesToMarkdown(changes, 'public', 1)).toBe('`role` + `admin`; 1 more')
})

test('names can neither end their code span nor begin a line', () => {
  expect(codeSpan('a`b``c')).toBe('``` a`b``c ```')
  const odd = schema([table('x\n# y | `z', [])])
  expect(changesToMarkdown(diffSchemas(schema([]), odd))).toBe('`` x # y \\| `z `` + table with 0 columns')
  expect(changesToText(diffSchemas(schema([]), odd))).toBe('x # y | `z: + table with 0 columns\n')
})
