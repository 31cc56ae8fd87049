import { expect, test } from 'vitest'
import { typeLoss } from '../../src/planner/type-loss.ts'

test.each([
  ['integer', 'bigint', null],
  ['bigint', 'integer', 'fails'],
  ['integer', 'numeric(10,2)', 'fails'],
  ['integer', 'numeric(12,2)', null],
  ['numeric(10,2)', 'numeric(12,2)', null],
  ['numeric(10,2)', 'numeric(12,1)', 'cut'],
  ['numeric(10,2)', 'numeric(9,2)', 'fails'],
  ['numeric(10,2)', 'integer', 'cut'],
  ['character varying(20)', 'text', null],
  ['text', 'character varying(20)', 'fails'],
  ['character varying(20)', 'character varying(30)', null],
  ['timestamp(3) without time zone', 'timestamp without time zone', null],
  ['timestamp(6) without time zone', 'timestamp(3) without time zone', 'cut'],
  ['text', 'role', 'fails'],
  ['role', 'text', null],
  [null, 'text', 'cut'],
])('from %s to %s: %s', (from, to, loss) => {
  expect(typeLoss(from, to)).toBe(loss)
})
