import { build, stop } from 'esbuild'
import type { Loader, Message, Plugin } from 'esbuild'
import type { Program } from 'oxc-parser'
import { unreadable } from '../../changeset/content.ts'
import type { FileContent, Tree } from '../../changeset/tree.ts'
import { nestingOf } from '../../nesting.ts'
import { maxNesting, parseTypeScript } from '../../typescript.ts'
import { withoutEnums } from './enums.ts'
import type { GuestOptions } from './guest/main.ts'
import { sourceName } from './paths.ts'
import { resolverOf } from './resolve.ts'

/** A schema as one text, with its source map and the files that went into it. */
export interface Bundle {
  readonly text: string
  readonly map: string
  readonly texts: ReadonlyMap<string, string>
  /** Syntax trees of those that are TypeScript or JavaScript. */
  readonly programs: ReadonlyMap<string, Program>
}

/** Why there is no bundle, and where that shows. */
export interface BundleFailure {
  readonly reason: string
  readonly path: string | null
  readonly line: number
}

const maxFiles = 2000
const maxBytes = 8 * 1024 * 1024
/** Names that modules hand on, times the places that hand all of them on: what a bundler may have to write. */
const maxHandedOn = 10_000_000
const maxMilliseconds = 20_000

class Refused extends Error {}

/** Asks a tree for many files at once, however singly they are wanted. */
function batched(tree: Tree): (path: string) => Promise<FileContent | undefined> {
  let waiting = new Map<string, ((content: FileContent | undefined) => void)[]>()
  const flush = async (): Promise<void> => {
    const asked = waiting
    waiting = new Map()
    const answers = await tree.read([...asked.keys()]).catch(() => null)
    const lost = answers ? undefined : unreadable('the repository gives no answer')
    for (const [path, resolves] of asked) for (const resolve of resolves) resolve(answers?.get(path) ?? lost)
  }
  return (path) =>
    new Promise((resolve) => {
      if (waiting.size === 0) setImmediate(() => void flush())
      waiting.set(path, [...(waiting.get(path) ?? []), resolve])
    })
}

/** Answers every import from the tree; what is not there becomes a module of the sandbox that answers anything. Nothing is read from the host. */
function treePlugin(
  tree: Tree,
  paths: readonly string[],
  texts: Map<string, string>,
  programs: Map<string, Program>,
): Plugin {
  const read = batched(tree)
  const resolver = resolverOf(paths, async (path) => {
    const content = await read(path)
    return content?.kind === 'text' ? content.text : null
  })
  const loads = new Map<string, Promise<{ contents: string; loader: Loader }>>()
  let bytes = 0
  let names = 0
  let stars = 0
  const given = (name: string): { contents: string; loader: Loader } => ({
    contents: `module.exports = __schemagate.module(${JSON.stringify(name)})`,
    loader: 'js',
  })
  const load = async (path: string): Promise<{ contents: string; loader: Loader }> => {
    const json = path.endsWith('.json')
    if (!json && !sourceName.test(path)) return given(path)
    if (loads.size > maxFiles) throw new Refused(`it imports more than ${maxFiles} files`)
    const content = await read(path)
    if (content?.kind !== 'text') {
      if (json) return given(path)
      throw new Refused(`${path} cannot be read: ${content?.reason ?? 'it is not there'}`)
    }
    bytes += content.text.length
    if (bytes > maxBytes) throw new Refused(`its files are larger than ${maxBytes / 1024 / 1024} MB`)
    texts.set(path, content.text)
    if (json) {
      if (nestingOf(path, content.text) > maxNesting)
        throw new Refused(`${path} is nested more than ${maxNesting} levels deep`)
      return { contents: content.text, loader: 'json' }
    }
    const { program, refused, ...parsed } = parseTypeScript(path, content.text)
    if (program === null) throw new Refused(`${path} is ${refused}`)
    if ('errors' in parsed) {
      if (parsed.errors[0]) throw new Refused(`${path} does not parse: ${parsed.errors[0]}`)
      const handed = parsed.module.staticExports.flatMap((it) => it.entries)
      names += handed.length
      stars +=
        handed.filter((it) => it.importName.kind.startsWith('All')).length +
        parsed.module.staticImports.filter((it) => it.entries.some((one) => one.importName.kind === 'NamespaceObject'))
          .length
      if (names * stars > maxHandedOn) throw new Refused('its files hand too many names on to each other')
    }
    programs.set(path, program)
    return {
      contents: withoutEnums(content.text, program),
      loader: path.endsWith('x') ? 'tsx' : /\.[mc]?js$/.test(path) ? 'jsx' : 'ts',
    }
  }
  return {
    name: 'tree',
    setup(plugin) {
      plugin.onResolve({ filter: /.*/ }, async ({ path, importer, namespace }) => {
        if (namespace !== 'tree') return { path, namespace: 'tree' }
        if (path === 'drizzle-orm' || path.startsWith('drizzle-orm/')) return { path, namespace: 'given' }
        const found = await resolver.resolve(path, importer)
        return found === null ? { path, namespace: 'given' } : { path: found, namespace: 'tree' }
      })
      plugin.onLoad({ filter: /.*/, namespace: 'given' }, ({ path }) => given(path))
      plugin.onLoad({ filter: /.*/, namespace: 'tree' }, ({ path }) => {
        const loaded = loads.get(path) ?? load(path)
        loads.set(path, loaded)
        return loaded
      })
    },
  }
}

/**
 * Bundles the schema files of a tree into one module that ends by handing its extraction out. Never throws for what the files hold;
 * nothing of them is executed, and no file of the host is read.
 */
export async function bundleSchema(
  tree: Tree,
  entries: readonly string[],
  options: GuestOptions,
  again = false,
): Promise<Bundle | BundleFailure> {
  const texts = new Map<string, string>()
  const programs = new Map<string, Program>()
  const { entries: listed } = await tree.list()
  const paths = listed.filter((it) => it.mode === 'file' || it.mode === 'executable').map((it) => it.path)
  const imports = entries.map((path, i) => `import * as m${i} from ${JSON.stringify(path)};`).join('\n')
  const contents = `${imports}\nglobalThis.__schemagateResult = __schemagate.extract(${JSON.stringify(options)}, [${entries.map((_, i) => `m${i}`).join(', ')}]);`
  const running = build({
    stdin: { contents, sourcefile: 'entry.js', loader: 'js' },
    bundle: true,
    write: false,
    outfile: 'bundle.js',
    sourcemap: 'external',
    sourcesContent: false,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    minifyWhitespace: true,
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'silent',
    logLimit: 5,
    jsx: 'automatic',
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
    define: {
      'import.meta.env': '__schemagate.env',
      'import.meta.url': '"file:///schema.ts"',
      'import.meta.dirname': '"/"',
      'import.meta.filename': '"/schema.ts"',
      __dirname: '"/"',
      __filename: '"/schema.ts"',
    },
    plugins: [treePlugin(tree, paths, texts, programs)],
  })
  let timer: NodeJS.Timeout | undefined
  try {
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Refused(`putting its files together took longer than ${maxMilliseconds / 1000} seconds`)),
        maxMilliseconds,
      )
    })
    const { outputFiles } = await Promise.race([running, late])
    const text = outputFiles.find((it) => it.path.endsWith('.js'))?.text
    const map = outputFiles.find((it) => it.path.endsWith('.map'))?.text
    return text !== undefined && map !== undefined
      ? { text, map, texts, programs }
      : { reason: 'it gives no module', path: null, line: 1 }
  } catch (error) {
    running.catch(() => undefined)
    // The bundler is a process of its own; one that is busy or broken is replaced with the next call.
    if (error instanceof Refused || !hasErrors(error)) await stop()
    // Another schema may have taken the bundler down with it.
    return !again && !(error instanceof Refused) && !hasErrors(error)
      ? await bundleSchema(tree, entries, options, true)
      : failureOf(error)
  } finally {
    clearTimeout(timer)
  }
}

function hasErrors(error: unknown): error is { readonly errors: readonly Message[] } {
  return typeof error === 'object' && error !== null && 'errors' in error && Array.isArray(error.errors)
}

function failureOf(error: unknown): BundleFailure {
  if (!hasErrors(error)) return { reason: error instanceof Error ? error.message : String(error), path: null, line: 1 }
  const refused = error.errors.map((it) => it.detail as unknown).find((it) => it instanceof Refused)
  if (refused) return { reason: refused.message, path: null, line: 1 }
  const first = error.errors[0]
  const file = first?.location?.file ?? ''
  return {
    reason: (first?.text ?? 'it cannot be bundled').slice(0, 300),
    path: file.startsWith('tree:') ? file.slice('tree:'.length) : null,
    line: first?.location?.line ?? 1,
  }
}
