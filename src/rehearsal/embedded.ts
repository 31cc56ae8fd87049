import { readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync, gzipSync } from 'node:zlib'
import { PGlite } from '@electric-sql/pglite'
import { loadExtensions } from './extensions.ts'
import type { Session } from './session.ts'

/** An embedded Postgres in this process's memory. */
export interface Embedded extends Session {
  /** Writes the database as a compressed archive, to be loaded again by `startEmbedded`. */
  save(path: string, level: number): Promise<void>
  /** Rows of the first result of a simple query, which takes `$1` in an EXPLAIN. Throws `SqlError`. */
  explain(sql: string): Promise<unknown>
  /**
   * Makes a file of the data directory look `bytes` long without anything in it, so that the planner sees a table at its
   * size; the result takes that back. Nothing may read or write the table meanwhile.
   */
  pretendSize(path: string, bytes: number): () => void
}

const parameters = ['shared_buffers=16MB', 'max_locks_per_transaction=1024', 'autovacuum=off']

/**
 * Boots from a saved archive, or from nothing, which takes seconds, with the extensions that are to be had of those named.
 * `searchPath` is what a new connection finds; `"$user", public` where left out.
 */
export async function startEmbedded(
  archive: string | null,
  extensions: readonly string[],
  searchPath = '"$user", public',
): Promise<Embedded> {
  const db = await PGlite.create({
    dataDir: 'memory://',
    extensions: await loadExtensions(extensions),
    startParams: [
      ...PGlite.defaultStartParams,
      ...[...parameters, `search_path=${searchPath}`].flatMap((parameter) => ['-c', parameter]),
    ],
    initDbStartParams: ['--wal-segsize=1'],
    ...(archive === null ? {} : { loadDataDir: new Blob([new Uint8Array(gunzipSync(readFileSync(archive)))]) }),
  })
  const rows = (await db.query<{ readonly server_version: string }>('show server_version')).rows
  return {
    version: /^[\d.]+/.exec(rows[0]?.server_version ?? '')?.[0] ?? '',
    async send(sql) {
      const messages: string[] = []
      await db.exec(sql, {
        onNotice: (notice) => void (notice.message === undefined ? 0 : messages.push(notice.message)),
      })
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
    async explain(sql) {
      const results = await db.exec(sql)
      const row = results[0]?.rows[0]
      return row === undefined ? null : Object.values(row)[0]
    },
    pretendSize(path, bytes) {
      const { node } = db.Module.FS.lookupPath(`${PGlite.paths.PGDATA}/${path}`, {}) as {
        readonly node: { usedBytes: number }
      }
      const size = node.usedBytes
      node.usedBytes = bytes
      return () => {
        node.usedBytes = size
      }
    },
    close: () => db.close(),
  }
}
