import { beforeAll, expect, it } from 'vitest'
import { loadParser } from '../../src/sql/parser.ts'
import { schemaOf, table } from './support.ts'

beforeAll(() => loadParser())

const users = 'CREATE TABLE users (id int PRIMARY KEY, note text);'
const block = (body: string) => `DO $$ DECLARE busy boolean := true; BEGIN ${body} END $$;`

const column = (sql: string, name: string) => {
  const known = table(schemaOf(users + sql), 'public.users')
  const { type, nullable } = known.columns.find((each) => each.name === name)!
  return { complete: known.complete, type, nullable }
}

it('knows of branches what they agree on', () => {
  const either = block(`IF (SELECT count(*) FROM users) > 0 THEN ALTER TABLE users ADD size bigint NOT NULL DEFAULT 0;
    ELSE ALTER TABLE users ADD size int NOT NULL, ALTER note SET NOT NULL; END IF;`)
  expect(column(either, 'size')).toEqual({ complete: false, type: null, nullable: true })
  expect(column(either, 'note')).toEqual({ complete: false, type: 'text', nullable: true })
  expect(column(either, 'id')).toEqual({ complete: false, type: 'integer', nullable: false })
})

it('is certain again where a statement of every run says so', () => {
  const maybe = block('IF busy THEN ALTER TABLE users ADD size int; END IF;')
  expect(column(maybe, 'size')).toEqual({ complete: false, type: null, nullable: true })
  expect(column(`${maybe} ALTER TABLE users ALTER size TYPE bigint, ALTER size SET NOT NULL;`, 'size')).toEqual({
    complete: false,
    type: 'bigint',
    nullable: false,
  })
})

it('takes a question about what exists for a guard, whose statements leave what they say', () => {
  const guard = block(`IF NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE column_name = 'size')
    THEN ALTER TABLE users ADD size int NOT NULL; END IF;`)
  expect(column(guard, 'size')).toEqual({ complete: true, type: 'integer', nullable: false })
})

it('knows neither that a table is there nor that it is gone', () => {
  const dropped = schemaOf(`${users}${block('IF busy THEN DROP TABLE users; CREATE TABLE fresh (id int); END IF;')}`)
  expect(table(dropped, 'public.users').complete).toBe(false)
  expect(table(dropped, 'public.fresh').complete).toBe(false)
})

it('leaves names where they are under a search path that another program fills in', () => {
  expect(table(schemaOf(`SET search_path = '{{.Schema}}'; ${users}`), 'public.users').complete).toBe(true)
})
