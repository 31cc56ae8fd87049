import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { catalog } from '../rules/index.ts'
import { startEmbedded } from '../src/rehearsal/embedded.ts'
import type { Embedded } from '../src/rehearsal/embedded.ts'
import { availableExtensions } from '../src/rehearsal/extensions.ts'
import { templateArchive, usableCache } from '../src/rehearsal/files.ts'
import { loadParser } from '../src/sql/parser.ts'
import { claimsFor, exampleRequest, failures, observeExample, proof, provable } from './claims/observe.ts'

/** The embedded server's major version; `npm run test:claims` proves the same on real servers of five versions. */
const major = 18

let session: Embedded

beforeAll(async () => {
  await loadParser()
  session = await startEmbedded(
    await templateArchive(await usableCache()),
    [...availableExtensions].filter((name) => name !== 'postgis'),
  )
})
afterAll(() => session.close())

const claiming = catalog.filter((rule) => claimsFor(rule, major).length > 0)

test('rules claim what Postgres does', () => {
  expect(claiming.length).toBeGreaterThan(20)
})

describe.each(claiming.map((rule) => [rule.id, rule] as const))('%s', (_, rule) => {
  const claims = claimsFor(rule, major)
  const bad = rule.bad.flatMap((example, index) =>
    provable(example, major) && example.sql !== undefined && example.alone !== true
      ? [[index + 1, example] as const]
      : [],
  )
  test.each(bad)('bad example %i does what is claimed', async (_, example) => {
    expect(await proof(session, claims, example)).toEqual([])
  })

  const good = rule.good.flatMap((example, index) =>
    provable(example, major) && example.sql !== undefined && example.alone !== true
      ? [[index + 1, example] as const]
      : [],
  )
  test.each(good)('good example %i runs', async (_, example) => {
    const request = await exampleRequest(example)
    if (request === null) return
    expect(failures(claims, await observeExample(session, request))).toEqual([])
  })
})
