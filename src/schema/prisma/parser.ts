import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import type * as PrismaAst from '@mrleebo/prisma-ast'

/** Parses the text of one or more blocks; throws an error that carries the offending `token`. */
export type BlockParser = (text: string) => PrismaAst.Schema

let parser: Promise<BlockParser> | null = null

/**
 * The parser of `@mrleebo/prisma-ast` with full location tracking. The package looks for a configuration file when it is
 * loaded and runs the `prisma-ast.config.js` that it finds in the working directory, which may be a stranger's checkout;
 * so it is loaded with that look-up answered by "nothing found".
 */
export function blockParser(): Promise<BlockParser> {
  parser ??= load()
  return parser
}

async function load(): Promise<BlockParser> {
  const here = createRequire(import.meta.url)
  const entry = here.resolve('@mrleebo/prisma-ast')
  const there = createRequire(entry)
  const parsing = there.resolve('chevrotain')
  const replaced = [
    [there.resolve('lilconfig'), { lilconfigSync: () => ({ search: () => null }) }],
    // It is an ES module: handing it over spares `require` from having to load one.
    [parsing, await import(pathToFileURL(parsing).href)],
  ] as const
  const cache = here.cache as Record<string, unknown>
  const known = replaced.map(([id]) => cache[id])
  for (const [id, exports] of replaced) cache[id] = { id, filename: id, loaded: true, exports }
  try {
    const ast = here(entry) as typeof PrismaAst
    const cst = new ast.PrismaParser({ nodeLocationTracking: 'full' })
    const visitor = new (ast.VisitorClassFactory(cst))()
    return (text) => ast.getSchema(text, { parser: cst, visitor })
  } finally {
    replaced.forEach(([id], i) => {
      if (known[i] === undefined) delete cache[id]
      else cache[id] = known[i]
    })
  }
}
