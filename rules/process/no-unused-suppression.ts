import type { Rule } from '../../src/engine/rule.ts'

export default {
  id: 'no-unused-suppression',
  severity: 'warning',
  summary: 'A suppression that silences nothing hides the next finding that it was never meant for.',
  why: `The statement below it was changed, or the rule is misspelt. Left where it is, the comment will silence a finding that nobody has
    looked at.`,
  fix: 'Remove the comment, or correct the name of the rule.',
  references: [],
  dialects: 'all',
  sources: [],
  bad: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `
        -- schemagate-ignore no-drop-table: agreed with the owners
        alter table users add column name text;`,
      message: 'silences nothing',
    },
    {
      title: 'A name that no rule has.',
      given: `create table users (id bigint primary key);`,
      sql: `
        -- schemagate-ignore no-dorp-table: agreed with the owners
        alter table users add column name text;`,
      message: 'is no rule',
    },
    {
      title: 'A word that is none of ours.',
      given: `create table users (id bigint primary key);`,
      sql: `
        -- schemagate-ingore prefer-timestamptz: agreed with the owners
        alter table users add column name text;`,
      message: '`schemagate-ingore` silences nothing',
    },
  ],
  good: [
    {
      title: 'A comment that only speaks of the product.',
      given: `create table users (id bigint primary key);`,
      rows: { users: 500 },
      sql: `
        -- schemagate explained this; Schemagate: see the docs
        alter table users add column name text;`,
    },
    {
      title: 'A suppression that silences something is listed in the check, not found.',
      given: `create table users (id bigint primary key, email text, org_id bigint);`,
      sql: `
        create table notes (id bigint primary key, body text);
        create index notes_id_body on notes (id, body);
        -- schemagate-ignore no-redundant-index: serves index-only scans
        create index notes_id on notes (id);`,
    },
  ],
  visit: {
    suppression(suppression) {
      if (suppression.state === 'misspelt') {
        const { misspelt = '', place } = suppression
        return {
          place,
          message: `\`${misspelt}\` silences nothing: a suppression begins with \`schemagate-ignore\`, or with \`schemagate-ignore-file\`.`,
        }
      }
      const names = suppression.idle.map((id) => `\`${id}\``).join(', ')
      if (suppression.state === 'unknown-rule') {
        return {
          place: suppression.place,
          message:
            suppression.rules.length === 0
              ? 'This suppression names no rule, so it silences nothing.'
              : `${names} is no rule, so this suppression silences nothing.${(suppression.meant ?? '').replaceAll('"', '`')}`,
        }
      }
      if (suppression.state !== 'unused') return
      return { place: suppression.place, message: `The suppression of ${names} silences nothing here.` }
    },
  },
} satisfies Rule
