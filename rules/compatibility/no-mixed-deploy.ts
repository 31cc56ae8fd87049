import type { Rule } from '../../src/engine/rule.ts'
import { phasesOf } from '../shared/phases.ts'
import { at } from '../shared/query-words.ts'

export default {
  id: 'no-mixed-deploy',
  severity: 'info',
  summary:
    'What has to run before the new code and what has to wait until the old code is gone cannot share one deploy.',
  why: `New code fails without the column that it needs, old code fails without the one that is dropped. Whichever moment the migration runs at, one of the two is running.
    What breaks old code has a finding of its own, which is why this is off.`,
  fix: 'Leave what takes something away to a pull request of its own, after the new code is out.',
  references: ['https://www.prisma.io/docs/guides/data-migration'],
  enabled: false,
  once: 'review',
  sources: [],
  bad: [
    {
      given: `create table users (id bigint primary key, name text);`,
      sql: `alter table users add column full_name text; alter table users drop column name;`,
      message: 'The new code needs `full_name`',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key, name text);`,
      sql: `alter table users add column full_name text; alter table users alter column name set default '';`,
      unproven: 'others speak of the rest',
    },
    {
      title: 'What is new is known to no code.',
      sql: `create table users (id bigint primary key, name text); alter table users drop column name;`,
      unproven: 'others speak of the rest',
    },
  ],
  visit: {
    *pullRequest(ctx) {
      const changes = phasesOf(ctx)
      const before = changes.find(({ change, phase }) => phase === 'expand' && change.kind === 'addColumn')
      const after = changes.find(({ phase }) => phase === 'contract')
      if (before?.change.kind !== 'addColumn' || after === undefined) return
      yield {
        place: after.change.place,
        anySize: true,
        message: `The new code needs \`${before.change.to.name}\` (\`${at(before.change.place)}\`), and this has to wait until the old code is gone: ${after.because}.`,
        help: 'Put it into a pull request of its own, for after the deploy. `schemagate plan`, or `/schemagate plan` in the pull request, writes both in their order.',
      }
    },
  },
} satisfies Rule
