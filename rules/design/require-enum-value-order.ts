import type { Rule } from '../../src/engine/rule.ts'

export default {
  id: 'require-enum-value-order',
  severity: 'info',
  summary: 'A new value of an enum without BEFORE or AFTER sorts last.',
  why: 'ORDER BY and comparisons go by the order of the values, and a value cannot be moved later.',
  fix: 'Say BEFORE or AFTER which value it stands.',
  references: ['https://www.postgresql.org/docs/current/sql-altertype.html'],
  enabled: false,
  sources: ['squawk/require-enum-value-ordering', 'pgfence/alter-enum-no-ordering'],
  bad: [
    {
      given: `create type size as enum ('small', 'large');`,
      sql: `alter type size add value 'medium';`,
      message: '`medium` sorts last',
    },
  ],
  good: [
    {
      given: `create type size as enum ('small', 'large');`,
      sql: `alter type size add value 'medium' before 'large';`,
    },
  ],
  visit: {
    addEnumValue: ({ object, value, position }, ctx) =>
      position === 'end'
        ? { anySize: true, message: `\`${value}\` sorts last among the values of \`${ctx.name(object)}\`.` }
        : null,
  },
} satisfies Rule
