import type { Rule } from '../../src/engine/rule.ts'
import { newColumns } from '../shared/columns.ts'
import { snake } from '../shared/names.ts'

export default {
  id: 'no-file-in-row',
  severity: 'info',
  summary: 'Files in a table make backups, replicas and every SELECT * carry them.',
  why: `A file in a bytea column goes through the write-ahead log, to each replica and into each backup, is sent whole with each read of the column, and cannot be served by a
    content network. It saves a second system and keeps file and row in one transaction, which for small and few files is worth it.`,
  fix: 'Keep the file in an object store, and its key, size and type in the row.',
  references: [
    'https://www.postgresql.org/docs/current/storage-toast.html',
    'https://www.postgresql.org/docs/current/datatype-binary.html',
  ],
  sources: [],
  bad: [
    {
      sql: `create table documents (id bigint generated always as identity primary key, file_data bytea not null);`,
      message: '`file_data` keeps files',
    },
    {
      prisma: { before: '', after: 'model User {\n  id BigInt @id\n  avatar Bytes?\n}\n' },
      sql: `CREATE TABLE "User" ("id" BIGINT NOT NULL, "avatar" BYTEA, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));`,
    },
    {
      drizzle: {
        before: '',
        after: `import { bigint, customType, pgTable } from 'drizzle-orm/pg-core'\nconst bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })\nexport const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey(), avatar: bytea('avatar') })`,
      },
      sql: `CREATE TABLE "users" ("id" bigint PRIMARY KEY NOT NULL, "avatar" bytea);`,
    },
  ],
  good: [
    {
      sql: `create table documents (id bigint generated always as identity primary key, file_key text not null, file_hash bytea not null, image_checksum bytea, token bytea not null);`,
    },
    {
      title: 'A picture that stands for one.',
      sql: `create table documents (id bigint generated always as identity primary key, image_blurhash bytea, file_encryption_key bytea);`,
    },
  ],
  visit: newColumns((column) => {
    if (
      column.type !== 'bytea' ||
      !/^(?:.*_)?(?:file|files|image|photo|picture|avatar|logo|video|audio|pdf|attachment|document|thumbnail|upload)(?:_(?:data|content|contents|blob|bytes|body|binary))?$/.test(
        snake(column.name),
      )
    )
      return null
    return {
      message: `\`${column.name}\` keeps files in the table: backups, replicas and the write-ahead log carry each of them.`,
      help: 'Keep the file in an object store, and its key, size and type in the row, unless the files are few and small.',
    }
  }),
} satisfies Rule
