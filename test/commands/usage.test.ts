import { expect, test } from 'vitest'
import { parseOptions } from '../../src/commands/options.ts'
import { didYouMean } from '../../src/spelling.ts'
import { usageOf, usages } from '../../src/commands/usage.ts'

test('help names every option of a command', () => {
  for (const usage of Object.values(usages)) {
    const text = usageOf(usage)
    expect(text).toContain(`Usage: schemagate ${usage.name}`)
    for (const option of Object.keys(usage.options)) expect(text, usage.name).toContain(`  --${option}`)
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(180)
  }
  expect(usageOf(usages.schema)).toMatch(
    /^schemagate schema: print the schema of a commit\n\nUsage: schemagate schema \[REF\] \[options\]\n\nWithout a commit: HEAD\.\n\n {2}--repo DIR {7}the repository/,
  )
})

test('what a command does not know is one line that says what it may mean', () => {
  expect(() => parseOptions(usages.lint, ['--runer', 'prisma'])).toThrow(
    'schemagate lint: there is no option --runer. Did you mean "--runner"? `schemagate lint --help` lists the options',
  )
  expect(() => parseOptions(usages.lint, ['--zzz'])).toThrow(
    'schemagate lint: there is no option --zzz. `schemagate lint --help` lists the options',
  )
  expect(() => parseOptions(usages.schema, ['--path'])).toThrow(
    'schemagate schema: --path needs a value. `schemagate schema --help` lists the options',
  )
  expect(parseOptions(usages.review, ['--no-rehearse', 'a..b'])).toMatchObject({
    values: { rehearse: false, repo: '.' },
    positionals: ['a..b'],
  })
})

test('swapped letters are one mistake', () => {
  expect(didYouMean('reveiw', Object.keys(usages))).toBe(' Did you mean "review"?')
  expect(didYouMean('paln', Object.keys(usages))).toBe(' Did you mean "plan"?')
  expect(didYouMean('frob', Object.keys(usages))).toBe('')
})
