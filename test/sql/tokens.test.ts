import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normalizedTokens, tokenAt } from '../../src/sql/tokens.ts'

describe('normalizedTokens', () => {
  it('drops comments, white space and the case of words', () => {
    expect(normalizedTokens('CREATE  INDEX a -- why\n ON "B" (c);')).toBe(
      normalizedTokens('create index A on "B"(C) /* x */'),
    )
  })

  it.each([
    ["SELECT 'a'", "SELECT 'A'"],
    ['SELECT "a"', 'SELECT "A"'],
    ['SELECT 1', 'SELECT 2'],
    ["SELECT 'a  b'", "SELECT 'a b'"],
    ['SELECT $$a$$', 'SELECT $$b$$'],
  ])('keeps what means something: %s, %s', (a, b) => {
    expect(normalizedTokens(a)).not.toBe(normalizedTokens(b))
  })
})

describe('tokenAt', () => {
  it('covers any text without gap or overlap', () => {
    const parts = fc.constantFrom(
      "'",
      '"',
      '$$',
      '$a$',
      '/*',
      '*/',
      '--',
      '\n',
      '\\',
      "E'",
      "U&'",
      '(',
      ')',
      ';',
      'word',
      '1e-5',
      '0x1f',
      '::',
      ':=',
      '😀',
      '\0',
      '$1',
      '`',
      ' ',
      '..',
      '.5',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(parts, fc.string()), { maxLength: 30 }), (pieces) => {
        const text = pieces.join('')
        let at = 0
        for (let token = tokenAt(text, 0); token !== undefined; token = tokenAt(text, token.end)) {
          expect(token.start).toBe(at)
          expect(token.end).toBeGreaterThan(at)
          at = token.end
        }
        expect(at).toBe(text.length)
      }),
    )
  })
})
