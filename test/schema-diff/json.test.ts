import { expect, test } from 'vitest'
import { schemaToJson } from '../../src/schema/show/json.ts'
import { at, column, enumOf, enums, foreignKey, index, schema, table } from './build.ts'

test('JSON of a schema: columns in their order, the rest sorted, a unique index behind a constraint under uniques only', () => {
  const users = table(
    'users',
    [
      column('id', 'uuid', { nullable: false, default: 'gen_random_uuid()', declared: [at(13)] }),
      column('email', 'text'),
    ],
    {
      primaryKey: { name: 'users_pkey', columns: ['id'], include: [], deferrable: false, declared: [] },
      uniques: [
        {
          name: 'users_email_key',
          columns: ['email'],
          include: [],
          nullsNotDistinct: false,
          deferrable: false,
          declared: [],
        },
      ],
      indexes: [
        index('z', ['email']),
        index('users_email_key', ['email'], { unique: true }),
        index('users_pkey', ['id'], { unique: true }),
        index('a', ['org_id'], { include: ['id'], method: 'hash' }),
      ],
      foreignKeys: [foreignKey('users_org_id_fkey', ['org_id'], 'organizations', { onDelete: 'CASCADE' })],
      checks: [{ name: 'c', expression: '(1 < 2)', validated: true, enforced: true, noInherit: false, declared: [] }],
      declared: [at(12)],
    },
  )
  const json = JSON.parse(
    JSON.stringify(
      schemaToJson(schema([users, table('a', [])], { enums: enums(enumOf('role', ['member', 'admin'])) }), [
        { kind: 'unread', blocking: false, path: 'x', line: 1, message: 'm' },
      ]),
    ),
  ) as { tables: { name: string }[] }
  expect(json.tables.map((t) => t.name)).toEqual(['a', 'users'])
  expect(json).toMatchObject({
    dialect: 'postgresql',
    enums: [{ schema: 'public', name: 'role', values: ['member', 'admin'] }],
    views: [],
    notes: [{ kind: 'unread' }],
  })
  expect(json.tables[1]).toEqual({
    schema: 'public',
    name: 'users',
    columns: [
      {
        name: 'id',
        type: 'uuid',
        nullable: false,
        default: 'gen_random_uuid()',
        generated: null,
        identity: null,
        declared: [{ path: 'prisma/schema.prisma', line: 13, source: 'prisma' }],
      },
      { name: 'email', type: 'text', nullable: true, default: null, generated: null, identity: null, declared: [] },
    ],
    primaryKey: { name: 'users_pkey', columns: ['id'], declared: [] },
    uniques: [{ name: 'users_email_key', columns: ['email'], declared: [] }],
    indexes: [
      { name: 'a', columns: ['org_id'], include: ['id'], unique: false, method: 'hash', where: null, declared: [] },
      { name: 'z', columns: ['email'], include: [], unique: false, method: 'btree', where: null, declared: [] },
    ],
    foreignKeys: [
      {
        name: 'users_org_id_fkey',
        columns: ['org_id'],
        references: { schema: 'public', table: 'organizations', columns: ['id'] },
        onDelete: 'CASCADE',
        onUpdate: 'NO ACTION',
        declared: [],
      },
    ],
    checks: [{ name: 'c', expression: '(1 < 2)', declared: [] }],
    exclusions: [],
    declared: [{ path: 'prisma/schema.prisma', line: 12, source: 'prisma' }],
    complete: true,
  })
})
