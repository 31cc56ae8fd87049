import { expect, test } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { review } from '../../src/review.ts'

type Files = Readonly<Record<string, string>>

const at = (name: string) => `src/main/resources/db/migration/${name}`
const first = {
  [at('V1__init.sql')]: 'create table users (id bigint primary key, name text);',
  [at('R__names.sql')]: 'create or replace view names as select id from users;',
}

async function rulesOf(base: Files, head: Files) {
  const { findings, notes } = await review(await changeSetOf(memoryTree(base), memoryTree(head)), {
    rules: catalog,
    rehearse: false,
  })
  return {
    findings: findings.map(({ rule, place }) => `${rule} ${place.path}`),
    notes: notes.map(({ message }) => message),
  }
}

test('a repeatable migration that is edited runs again, and is reviewed as it will run', async () => {
  const edited = (text: string) => rulesOf(first, { ...first, [at('R__names.sql')]: text })
  expect(await edited('create or replace view names as select id, name from users;')).toEqual({
    findings: [],
    notes: [],
  })
  expect((await edited('drop view names;')).findings).toContain(`no-drop-view ${at('R__names.sql')}`)
  const filled = { ...first, [at('R__names.sql')]: `update users set name = 'x' where name is null;\n` }
  const again = { ...filled, [at('R__names.sql')]: `${filled[at('R__names.sql')]}select 1;\n` }
  expect(await rulesOf(filled, again)).toEqual({ findings: [], notes: [] })
})

test('files for HSQLDB or H2 beside those for Postgres are not read as Postgres', async () => {
  const of = (name: string) => `src/main/resources/db/${name}`
  const base = {
    [of('postgresql/V1__init.sql')]: first[at('V1__init.sql')] ?? '',
    [of('hsqldb/V1__init.sql')]: 'create table users (id bigint primary key, name text);',
  }
  const { findings } = await rulesOf(base, {
    ...base,
    [of('hsqldb/V2__name.sql')]: 'alter table users alter column name varchar(255);',
  })
  expect(findings).toEqual([])
})

test('of a migration that gets another name nothing is new but the name', async () => {
  const sql = 'create index users_name on users (name);\n'
  const base = { ...first, [at('V2__name.sql')]: sql }
  const { findings } = await rulesOf(base, { ...first, [at('V3__name.sql')]: sql })
  expect(findings).toEqual([`no-edited-migration ${at('V3__name.sql')}`])
})

const vendors = {
  [at('common/V1__init.sql')]: 'create table users (id bigint primary key, name text);',
  [at('postgresql/V2__orders.sql')]:
    'create table orders (id bigint primary key, user_id bigint references users (id));',
  [at('mysql/V2__orders.sql')]: 'create table orders (id bigint primary key) engine=innodb;',
  [at('h2/V2__orders.sql')]: 'create table orders (id bigint primary key);',
}

test.each([
  ['by default', {}],
  [
    'by its locations',
    {
      'src/main/resources/application.yml':
        'spring:\n  flyway:\n    locations: classpath:db/migration/common,classpath:db/migration/{vendor}\n',
    },
  ],
])('folders of one history are read as one, %s, those for other databases left out', async (_, config) => {
  const base = { ...vendors, ...config }
  const { findings, notes } = await rulesOf(base, {
    ...base,
    [at('common/V3__email.sql')]: `set lock_timeout = '3s'; alter table users add column email text not null;`,
    [at('postgresql/V4__owner.sql')]: `set lock_timeout = '3s'; alter table users drop column name;`,
    [at('mysql/V4__owner.sql')]: 'alter table users drop column name;',
  })
  expect(findings).toEqual([
    `no-required-column-without-default ${at('common/V3__email.sql')}`,
    `no-drop-column ${at('postgresql/V4__owner.sql')}`,
  ])
  expect(notes.filter((note) => !note.includes('another database') && !note.includes('MySQL'))).toEqual([])
})

test('folders that each count from one are of several databases', async () => {
  const base = {
    [at('billing/V1__init.sql')]: 'create table users (id bigint primary key);',
    [at('shop/V1__init.sql')]: 'create table users (id bigint primary key, name text);',
  }
  const { findings, notes } = await rulesOf(base, {
    ...base,
    [at('shop/V2__drop.sql')]: `set lock_timeout = '3s'; alter table users drop column name;`,
  })
  expect({ findings, notes }).toEqual({ findings: [`no-drop-column ${at('shop/V2__drop.sql')}`], notes: [] })
})

test('what Flyway reads together is one history: folders below a location, and the locations of a setting', async () => {
  const of = (name: string) => `src/main/resources/db/${name}`
  const base = {
    [of('migration/V1__init.sql')]: 'create table users (id bigint primary key, name text);',
    [of('migration/views/V2__names.sql')]: 'create view names as select id, name from users;',
    [of('migration/mysql/V3__x.sql')]: 'alter table users modify name varchar(9);',
    [of('specific/postgresql/V4__more.sql')]: 'alter table users add column age integer;',
    'src/main/resources/application.yml':
      'spring:\n  flyway:\n    locations: classpath:/db/migration, classpath:/db/specific/{vendor}\n',
  }
  const head = { ...base, [of('migration/V5__age.sql')]: 'alter table users alter column age set not null;' }
  expect(await rulesOf(base, head)).toMatchObject({
    findings: expect.arrayContaining([`no-set-not-null-scan ${of('migration/V5__age.sql')}`]),
    notes: [],
  })
})

test('files of Flyway that nobody can parse for their placeholders are told of all the same', async () => {
  const of = (column: string) => 'alter table ${schema}.users add column ' + column + ' text;'
  const base = { 'db/postgresql/V1__a.sql': of('a'), 'db/postgresql/V2__b.sql': of('b') }
  const { notes } = await rulesOf(base, { ...base, 'db/postgresql/V3__c.sql': of('c') })
  expect(notes.map((note) => /placeholder `[^`]+`/.exec(note)?.[0])).toEqual(['placeholder `${schema}`'])
})
