import type { Rule } from '../../src/engine/rule.ts'

export default {
  id: 'no-expired-suppression',
  severity: 'warning',
  summary: 'A suppression that has expired, or whose day is none, silences nothing.',
  why: `Whoever wrote it set a day on which somebody should look again, and the day has passed. A day that is not on the calendar never comes, so the comment is not obeyed.`,
  fix: 'Mend what it silenced, or give it a new reason and a new day.',
  references: [],
  dialects: 'all',
  sources: [],
  bad: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `
        -- schemagate-ignore no-drop-table: until the release until=2020-01-31
        alter table users add column name text;`,
      message: 'expired on 2020-01-31',
    },
    {
      given: `create table users (id bigint primary key);`,
      sql: `
        -- schemagate-ignore no-drop-table: until the release until=2099-02-30
        alter table users add column name text;`,
      message: '`2099-02-30` is no date',
    },
  ],
  good: [
    {
      title: 'A day that is still to come.',
      sql: `
        create table notes (id bigint primary key, body text);
        -- schemagate-ignore no-redundant-index: measured, see the decision until=2099-12-31
        create index notes_id on notes (id);`,
    },
  ],
  visit: {
    suppression(suppression) {
      if (suppression.state === 'without-day')
        return {
          place: suppression.place,
          message: `\`${suppression.noDay ?? ''}\` is no date, so this suppression silences nothing.`,
          help: 'Write the last day on which it holds as `until=YYYY-MM-DD`, or leave it out.',
        }
      if (suppression.state !== 'expired') return
      return {
        place: suppression.place,
        message: `This suppression expired on ${suppression.until ?? ''} and silences nothing any more.`,
      }
    },
  },
} satisfies Rule
