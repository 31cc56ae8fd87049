import type { Rule } from '../../src/engine/rule.ts'

export default {
  id: 'require-suppression-reason',
  severity: 'warning',
  summary: 'A suppression without a reason has no effect.',
  why: 'Nobody who reads the line later can tell whether it was decided or waved through, so it is not obeyed.',
  fix: 'Write the reason after a colon: `-- schemagate-ignore RULE: why it is right here`.',
  references: [],
  dialects: 'all',
  sources: [],
  bad: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `
        -- schemagate-ignore no-drop-table
        alter table users add column name text;`,
      message: 'has no reason',
    },
    {
      given: `create table users (id bigint primary key);`,
      sql: `
        -- schemagate-ignore
        alter table users add column name text;`,
      message: 'neither rule nor reason',
    },
  ],
  good: [
    {
      sql: `
        create table notes (id bigint primary key, body text);
        -- schemagate-ignore no-redundant-index: measured, see the decision
        create index notes_id on notes (id);`,
    },
  ],
  visit: {
    suppression(suppression) {
      if (suppression.state !== 'without-reason') return
      const { place, rules } = suppression
      return {
        place,
        message:
          rules.length === 0
            ? 'This suppression has neither rule nor reason, so it has no effect.'
            : `The suppression of ${rules.map((id) => `\`${id}\``).join(', ')} has no reason, so it has no effect.`,
        help: `Write the reason after a colon: \`${place.path.endsWith('.sql') ? '--' : '//'} schemagate-ignore ${rules.length === 0 ? 'RULE' : rules.join(', ')}: why it is right here\`.`,
      }
    },
  },
} satisfies Rule
