/**
 * What the engine's thread runs, as a CommonJS script: it has no file of its own, so that it works the same from the
 * sources and from a bundle. A panic ends the thread and nothing else.
 *
 * `workerData` is `{ bindings, wasm, utils }`, the URLs of the engine's bindings and of Prisma's adapter package and the
 * path of the WebAssembly file. A message `{ before, after, provider, external }` is answered by `{ sql }`, by `{ refused }` with the
 * engine's report, or by nothing where it panics: `{ panic }` tells why before the thread ends.
 */
export const engineWorker = `'use strict'
const { readFileSync } = require('node:fs')
const { parentPort, workerData } = require('node:worker_threads')

globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: (panic) => parentPort.postMessage({ panic }) }

async function load() {
  const [bindings, utils] = await Promise.all([import(workerData.bindings), import(workerData.utils)])
  const module = new WebAssembly.Module(readFileSync(workerData.wasm))
  const { exports } = new WebAssembly.Instance(module, { './schema_engine_bg.js': bindings })
  bindings.__wbg_set_wasm(exports)
  exports.__wbindgen_start()
  return { SchemaEngine: bindings.SchemaEngine, utils: utils.default ?? utils }
}

// Comparing two schemas asks one thing only: whether the schema exists, and which version serves it.
function adapterFactory(utils, provider) {
  const { Boolean, Text, Int32 } = utils.ColumnTypeEnum
  const refuse = async () => { throw new Error('comparing schemas needs no database') }
  const adapter = {
    provider, adapterName: 'schemagate',
    queryRaw: async () => ({
      columnTypes: [Boolean, Text, Int32], columnNames: ['exists', 'version', 'numeric_version'], rows: [[true, 'PostgreSQL 16.0', 160000]],
    }),
    executeRaw: refuse, executeScript: refuse, startTransaction: refuse,
    dispose: async () => {},
    getConnectionInfo: () => ({ schemaName: 'public', supportsRelationJoins: true }),
  }
  const connect = async () => adapter
  return utils.bindMigrationAwareSqlAdapterFactory({ provider, adapterName: 'schemagate', connect, connectToShadowDb: connect })
}

const loaded = load()

parentPort.on('message', async ({ before, after, provider, external }) => {
  try {
    const { SchemaEngine, utils } = await loaded
    const engine = await SchemaEngine.new({ datamodels: after.map((file) => [file.path, file.content]) }, () => {}, adapterFactory(utils, provider))
    try {
      const { stdout } = await engine.diff({
        from: before === null ? { tag: 'empty' } : { tag: 'schemaDatamodel', files: before },
        to: { tag: 'schemaDatamodel', files: after },
        script: true, exitCode: null, filters: { externalTables: external, externalEnums: external },
      })
      parentPort.postMessage({ sql: stdout ?? '' })
    } finally {
      engine.free()
    }
  } catch (error) {
    if (error.name !== 'SchemaConnectorError') throw error
    parentPort.postMessage({ refused: error.message.slice(0, 200000) })
  }
})
`
