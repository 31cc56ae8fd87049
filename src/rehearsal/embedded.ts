import { readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync, gzipSync } from 'node:zlib'
import { PGlite } from '@electric-sql/pglite'
import { loadExtensions } from './extensions.ts'
import type { Session } from './session.ts'

/** An embedded Postgres in this process's memory. */
export interface Embedded extends Session {
  /** Writes the database as a compressed archive, to be loaded again by `startEmbedded`. */
  save(path: string, level: number): Promise<void>
}

const parameters = ['shared_buffers=16MB', 'max_locks_per_transaction=1024', 'autovacuum=off']

/** Boots from a saved archive, or from nothing, which takes seconds, with the extensions that are to be had of those named. */
export async function startEmbedded(archive: string | null, extensions: readonly string[]): Promise<Embedded> {
  const db = await PGlite.create({
    dataDir: 'memory://',
    extensions: await loadExtensions(extensions),
    startParams: [...PGlite.defaultStartParams, ...parameters.flatMap((parameter) => ['-c', parameter])],
    initDbStartParams: ['--wal-segsize=1'],
    ...(archive === null ? {} : { loadDataDir: new Blob([new Uint8Array(gunzipSync(readFileSync(archive)))]) }),
  })
  const rows = (await db.query<{ readonly server_version: string }>('show server_version')).rows
  return {
    version: /^[\d.]+/.exec(rows[0]?.server_version ?? '')?.[0] ?? '',
    async send(sql) {
      const messages: string[] = []
      await db.exec(sql, { onNotice: (notice) => void (notice.message === undefined ? 0 : messages.push(notice.message)) })
      return messages
    },
    async ask<T>(sql: string) {
      return (await db.query<T>(sql)).rows
    },
    async save(path, level) {
      await db.exec('checkpoint')
      const archived = await db.dumpDataDir('none')
      writeFileSync(path, gzipSync(Buffer.from(await archived.arrayBuffer()), { level }))
    },
    close: () => db.close(),
  }
}
