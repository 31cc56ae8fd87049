import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { PGlite } from '@electric-sql/pglite'
import { Pool } from 'pg'
import { PgBoss, fromPglite } from 'pg-boss'
import { extract } from 'tar-stream'
import { SchemagateError } from '../errors.ts'
import { templateArchive, usableCache } from '../rehearsal/files.ts'
import { keyOf } from './jobs.ts'
import type { Job, JobKind } from './jobs.ts'
import { lockFolder } from './lock.ts'

export interface StoreOptions {
  /** Postgres to share between processes; the embedded one in `folder` where null. */
  readonly databaseUrl: string | null
  readonly folder: string
  /** Hears of errors that belong to no call, such as a lost connection. */
  readonly onError: (error: Error) => void
}

/** What a handler learns of the attempt that it is. */
export interface Attempt {
  readonly number: number
  readonly isLast: boolean
}

/** The queue, the deliveries seen and the cache of file contents. Losing it loses speed, never a decision. */
export interface Store {
  /** Stores a job so that it survives a crash; it replaces a waiting one with the same key. `id` makes it happen once however often it is sent. */
  enqueue(job: Job, options?: { readonly id?: string; readonly after?: Date }): Promise<void>
  /** Runs `handler` for each job, the kinds side by side; a handler that throws is tried again after a growing pause. */
  work(handler: (job: Job, attempt: Attempt) => Promise<void>): Promise<void>
  /** True where the delivery was enqueued before. */
  hasSeen(delivery: string): Promise<boolean>
  markSeen(delivery: string): Promise<void>
  /** Contents by blob id, for those that are kept. */
  readBlobs(oids: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** Those of `oids` that are not kept. */
  lacking(oids: readonly string[]): Promise<ReadonlySet<string>>
  keepBlobs(blobs: ReadonlyMap<string, string>): Promise<void>
  /** Drops deliveries that GitHub would not send again and contents that nobody has read for a month. */
  tidy(): Promise<void>
  /** Jobs that wait or run; fails where the database does not answer. */
  depth(): Promise<number>
  /** Resolves when no job waits or runs; `retries` waits for those that failed and are tried again later, too. */
  idle(more?: { readonly retries?: boolean }): Promise<void>
  /** Lets running jobs end for at most `timeout` milliseconds, then closes. */
  close(timeout?: number): Promise<void>
}

const kinds: readonly JobKind[] = ['review', 'command', 'group', 'branch', 'commit', 'sweep', 'reconcile']
const concurrency: Readonly<Record<JobKind, number>> = {
  review: 2,
  command: 2,
  group: 1,
  branch: 1,
  commit: 1,
  sweep: 1,
  reconcile: 1,
}
const retryLimit = 4
/** A job whose process says nothing for so long runs again in another; a busy machine must not look like a dead one. */
const heartbeatSeconds = 60
const queueSchema = 'schemagate_queue'

/** The embedded store has one process at a time, so that what runs when it is opened has lost its own. */
const orphans = `UPDATE ${queueSchema}.job SET state = 'retry', start_after = now() WHERE state = 'active'`

const tables = `
  CREATE SCHEMA IF NOT EXISTS schemagate;
  CREATE TABLE IF NOT EXISTS schemagate.delivery (id text PRIMARY KEY, seen_at timestamptz NOT NULL DEFAULT now());
  CREATE TABLE IF NOT EXISTS schemagate.blob (oid text PRIMARY KEY, content text NOT NULL, read_at timestamptz NOT NULL DEFAULT now());
`

const old = `
  DELETE FROM schemagate.delivery WHERE seen_at < now() - interval '35 days';
  DELETE FROM schemagate.blob WHERE read_at < now() - interval '30 days';
`

/** Contents by id; a read counts once a day. */
const readContents = `
  WITH touched AS (
    UPDATE schemagate.blob SET read_at = now() WHERE oid IN (
      SELECT oid FROM schemagate.blob WHERE oid = ANY($1::text[]) AND read_at < now() - interval '1 day' FOR UPDATE SKIP LOCKED
    )
  )
  SELECT oid, content FROM schemagate.blob WHERE oid = ANY($1::text[])
`

/** Opens the store and brings its tables up to date. Throws `store-in-use` and `bad-environment`. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const database =
    options.databaseUrl === null
      ? await openEmbedded(options.folder)
      : await openPostgres(options.databaseUrl, options.onError)
  const boss = new PgBoss({
    ...database.boss,
    schema: queueSchema,
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
    openTelemetry: { enabled: false },
  } as ConstructorParameters<typeof PgBoss>[0] & object)
  boss.on('error', options.onError)
  await database.run(tables + old)
  if (
    options.databaseUrl === null &&
    (await database.query(`SELECT to_regclass('${queueSchema}.job') AS job`, []))[0]?.['job'] !== null
  )
    await database.run(orphans)
  await boss.start()
  for (const kind of kinds) {
    await boss.createQueue(kind, {
      policy: 'singleton',
      retryLimit,
      retryDelay: 5,
      retryBackoff: true,
      retryDelayMax: 300,
      expireInSeconds: 600,
      heartbeatSeconds,
      deleteAfterSeconds: 86_400,
    })
  }
  const workers: { readonly kind: JobKind; readonly id: string }[] = []
  let working = false

  async function count(retries = false): Promise<number> {
    const rows = await database.query(
      `SELECT count(*)::int AS jobs FROM ${queueSchema}.job WHERE state IN ('created', 'retry', 'active') AND (start_after <= now() OR (state = 'retry' AND $1))`,
      [retries],
    )
    return Number(rows[0]?.['jobs'] ?? 0)
  }

  return {
    async enqueue(job, { id, after } = {}) {
      const singletonKey = keyOf(job)
      if (id !== undefined) await boss.send(job.kind, job, { id, singletonKey })
      else {
        // A job that only rechecks has nothing to add to one that waits already.
        if (
          job.kind === 'review' &&
          job.quiet &&
          (await boss.findJobs(job.kind, { key: singletonKey, queued: true })).length > 0
        )
          return
        await boss.upsert(job.kind, job, { singletonKey, startAfter: after ?? atOnce() })
      }
      for (const worker of workers) if (worker.kind === job.kind) boss.notifyWorker(worker.id)
    },
    async work(handler) {
      working = true
      for (const kind of kinds) {
        const id = await boss.work<Job>(
          kind,
          { includeMetadata: true, localConcurrency: concurrency[kind], pollingIntervalSeconds: 0.5, batchSize: 1 },
          async (jobs) => {
            for (const job of jobs)
              await handler(job.data, { number: job.retryCount, isLast: job.retryCount >= retryLimit })
          },
        )
        workers.push({ kind, id })
      }
    },
    async hasSeen(delivery) {
      return (await database.query('SELECT 1 FROM schemagate.delivery WHERE id = $1', [delivery])).length > 0
    },
    async markSeen(delivery) {
      await database.query('INSERT INTO schemagate.delivery (id) VALUES ($1) ON CONFLICT DO NOTHING', [delivery])
    },
    async readBlobs(oids) {
      if (oids.length === 0) return new Map()
      const rows = await database.query(readContents, [oids])
      return new Map(rows.map((row) => [String(row['oid']), String(row['content'])]))
    },
    async lacking(oids) {
      const rows = await database.query('SELECT oid FROM schemagate.blob WHERE oid = ANY($1::text[])', [oids])
      const kept = new Set(rows.map((row) => String(row['oid'])))
      return new Set(oids.filter((oid) => !kept.has(oid)))
    },
    async keepBlobs(blobs) {
      if (blobs.size === 0) return
      await database.query(
        'INSERT INTO schemagate.blob (oid, content) SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING',
        [[...blobs.keys()], [...blobs.values()]],
      )
    },
    tidy: () => database.run(old),
    depth: () => count(),
    async idle({ retries = false } = {}) {
      while ((await count(retries)) > 0)
        await new Promise((resolve) => {
          setTimeout(resolve, 25)
        })
    },
    async close(timeout = 10_000) {
      await boss.stop({ graceful: working, timeout, close: true })
      await database.close()
    },
  }
}

/**
 * A start that has passed on the clock of any database, so that a job which waits for a later one begins now. Not long ago, though: pg-boss
 * drops what has waited for 14 days since its start.
 */
function atOnce(): Date {
  return new Date(Date.now() - 3_600_000)
}

type Row = Readonly<Record<string, unknown>>

interface Database {
  readonly boss: object
  run(script: string): Promise<void>
  query(text: string, values: readonly unknown[]): Promise<readonly Row[]>
  close(): Promise<void>
}

async function openEmbedded(folder: string): Promise<Database> {
  const release = lockFolder(folder)
  try {
    const pglite = await startedIn(join(folder, 'store'))
    return {
      boss: { backend: 'pglite', db: fromPglite(pglite) },
      async run(script) {
        await pglite.exec(script)
      },
      async query(text, values) {
        return (await pglite.query<Row>(text, [...values])).rows
      },
      async close() {
        await pglite.close()
        release()
      },
    }
  } catch (cause) {
    release()
    throw cause
  }
}

/** Opens the database of a folder. The buffers are those of a queue. */
async function startedIn(dataDir: string): Promise<PGlite> {
  if (!existsSync(join(dataDir, 'PG_VERSION'))) await unpackTemplate(dataDir)
  return await PGlite.create({ dataDir, startParams: [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB'] })
}

/**
 * A new database is unpacked from the template that the rehearsal ships, file by file: making one in this process, or having
 * PGlite load the archive, would cost it hundreds of megabytes for as long as it lives.
 */
async function unpackTemplate(dataDir: string): Promise<void> {
  const unpacking = `${dataDir}.new`
  await rm(unpacking, { recursive: true, force: true })
  await mkdir(unpacking, { recursive: true, mode: 0o700 })
  const entries = extract()
  const archive = createReadStream(await templateArchive(await usableCache()))
  const write = async () => {
    for await (const entry of entries) {
      const path = join(unpacking, entry.header.name)
      const isFolder = entry.header.type === 'directory'
      await mkdir(isFolder ? path : dirname(path), { recursive: true, mode: 0o700 })
      if (isFolder) entry.resume()
      else await pipeline(entry, createWriteStream(path, { mode: 0o600 }))
    }
  }
  await Promise.all([pipeline(archive, createGunzip(), entries), write()])
  await rm(dataDir, { recursive: true, force: true })
  await rename(unpacking, dataDir)
}

async function openPostgres(url: string, onError: (error: Error) => void): Promise<Database> {
  const pool = new Pool({ connectionString: url, max: 4 })
  pool.on('error', onError)
  try {
    await pool.query('SELECT 1')
  } catch (cause) {
    await pool.end()
    throw new SchemagateError(
      'bad-environment',
      `connecting to DATABASE_URL: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
  }
  return {
    boss: { connectionString: url, max: 4 },
    async run(script) {
      await pool.query(script)
    },
    async query(text, values) {
      return (await pool.query<Row>(text, [...values])).rows
    },
    async close() {
      await pool.end()
    },
  }
}
