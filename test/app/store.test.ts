import { fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { afterEach, describe, expect, test } from 'vitest'
import { openStore } from '../../src/queue/store.ts'
import type { Job, ReviewJob } from '../../src/queue/jobs.ts'
import { lockFolder } from '../../src/queue/lock.ts'

const folders: string[] = []
const fresh = () => {
  const folder = mkdtempSync(join(tmpdir(), 'schemagate-store-'))
  folders.push(folder)
  return folder
}
const open = (folder: string) => openStore({ databaseUrl: null, folder, onError: () => undefined })
const review = (head: string, more: Partial<ReviewJob> = {}): ReviewJob => ({
  kind: 'review',
  installation: 1,
  owner: 'o',
  repo: 'r',
  pull: 1,
  head,
  base: 'main',
  reason: 'test',
  quiet: false,
  again: false,
  ...more,
})

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

test('runs one review of a pull request at a time, and of those that wait only the newest', async () => {
  const store = await open(fresh())
  const started: string[] = []
  let release: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  await store.work(async (job) => {
    if (job.kind !== 'review') return
    started.push(job.head ?? '')
    if (job.head === 'a') await held
  })
  await store.enqueue(review('a'))
  while (started.length === 0)
    await new Promise((resolve) => {
      setTimeout(resolve, 10)
    })
  for (const head of ['b', 'c']) await store.enqueue(review(head))
  await store.enqueue(review('quiet', { quiet: true }))
  await store.enqueue(review('other', { pull: 2 }))
  while (!started.includes('other'))
    await new Promise((resolve) => {
      setTimeout(resolve, 10)
    })
  expect(started).toEqual(['a', 'other'])
  release()
  await store.idle()
  expect(started).toEqual(['a', 'other', 'c'])
  await store.close()
})

test('keeps a job that waits for as long as pg-boss keeps any', async () => {
  const folder = fresh()
  const store = await open(folder)
  await store.enqueue(review('a'))
  await store.close()
  const database = await PGlite.create(join(folder, 'store'))
  const { rows } = await database.query(
    'SELECT keep_until > now() + interval $$13 days$$ AS kept FROM schemagate_queue.job',
  )
  await database.close()
  expect(rows).toEqual([{ kept: true }])
})

test('keeps what it was given over a restart, and runs a job with an id once', async () => {
  const folder = fresh()
  const first = await open(folder)
  const id = '5f2d9c1e-0000-4000-8000-000000000001'
  await first.enqueue(review('a'), { id })
  await first.enqueue(review('a'), { id })
  await first.markSeen('delivery-1')
  await first.keepBlobs(new Map([['oid', 'SELECT 1;']]))
  await first.close()

  const second = await open(folder)
  const seen: Job[] = []
  await second.work(async (job) => {
    seen.push(job)
  })
  await second.idle()
  expect(seen).toEqual([review('a')])
  expect([await second.hasSeen('delivery-1'), await second.hasSeen('delivery-2')]).toEqual([true, false])
  expect(await second.readBlobs(['oid', 'none'])).toEqual(new Map([['oid', 'SELECT 1;']]))
  await second.close()
})

test('contents that nobody reads for a month are dropped', async () => {
  const folder = fresh()
  const later = async (days: number) => {
    const database = await PGlite.create({ dataDir: join(folder, 'store') })
    await database.query(`UPDATE schemagate.blob SET read_at = read_at - interval '${days} days'`)
    await database.close()
  }
  const first = await open(folder)
  await first.keepBlobs(
    new Map([
      ['read', 'one'],
      ['forgotten', 'two'],
    ]),
  )
  await first.close()
  await later(20)
  const second = await open(folder)
  expect((await second.readBlobs(['read'])).get('read')).toBe('one')
  await second.close()
  await later(15)
  const third = await open(folder)
  await third.tidy()
  expect([...(await third.lacking(['read', 'forgotten']))]).toEqual(['forgotten'])
  await third.close()
})

test('a job whose process was killed runs again in the next', async () => {
  const folder = fresh()
  const script = join(folder, 'crash.ts')
  writeFileSync(
    script,
    `
    import { openStore } from ${JSON.stringify(new URL('../../src/queue/store.ts', import.meta.url).href)}
    async function main() {
      const store = await openStore({ databaseUrl: null, folder: ${JSON.stringify(folder)}, onError: () => undefined })
      await store.work(async () => { process.send?.('working'); await new Promise(() => undefined) })
      await store.enqueue(${JSON.stringify(review('a'))})
    }
    void main()
  `,
  )
  const child = fork(script, { execArgv: ['--import', 'tsx'], stdio: 'ignore' })
  await new Promise((resolve) => {
    child.once('message', resolve)
  })
  child.kill('SIGKILL')
  await new Promise((resolve) => {
    child.once('exit', resolve)
  })

  const store = await open(folder)
  const done = new Promise<[Job, number]>((resolve) => {
    void store.work(async (job, attempt) => {
      resolve([job, attempt.number])
    })
  })
  expect(await done).toEqual([review('a'), 1])
  await store.close()
})

describe('the folder of the embedded store', () => {
  test('belongs to one process', () => {
    const folder = fresh()
    const release = lockFolder(folder)
    expect(() => lockFolder(folder)).toThrow(`process ${process.pid} on ${hostname()} has it open`)
    release()
    lockFolder(folder)()
  })
  test('is free again where its holder died', () => {
    const folder = fresh()
    writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: 2 ** 22 - 1, host: hostname() }))
    lockFolder(folder)()
  })
})
