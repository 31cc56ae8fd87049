import type { TreeEntry } from '../../changeset/tree.ts'

/** Finds the file that an import means: relative, by `paths` of a tsconfig, or a package of the same repository. */
export interface ModuleResolver {
  /** Path in the tree; null for what is not in it. */
  resolve(from: string, specifier: string): string | null
  /** Where a specifier of this repository points to, whether or not the file exists: generated code is often not committed. */
  target(from: string, specifier: string): string | null
}

interface Aliases {
  readonly folder: string
  readonly entries: readonly { readonly prefix: string; readonly suffix: string; readonly targets: readonly string[] }[]
}
interface Package {
  readonly name: string
  readonly folder: string
  readonly exports: unknown
  readonly imports: unknown
  readonly main: string | null
}

const endings = [
  '',
  '.ts',
  '.tsx',
  '.mts',
  '.cts',
  '.js',
  '.jsx',
  '.mjs',
  '.cjs',
  '/index.ts',
  '/index.tsx',
  '/index.js',
  '/index.mjs',
]

/** Folders that SvelteKit, Nuxt and others name, from the package on. */
const frameworkAliases: Readonly<Record<string, readonly string[]>> = {
  $lib: ['src/lib'],
  '~': ['src', 'app', ''],
  '@': ['src', 'app', ''],
  '~~': [''],
  '@@': [''],
}

/** Builds a resolver from the file list and the texts of package.json and tsconfig files. */
export function moduleResolver(entries: readonly TreeEntry[], texts: ReadonlyMap<string, string>): ModuleResolver {
  const paths = new Set(entries.map((e) => e.path))
  const packages: Package[] = []
  const aliases: Aliases[] = []
  const homes = [...texts.keys()].filter((path) => path.endsWith('package.json')).map(folderOf)
  const configs = new Map<string, Record<string, unknown>>()
  for (const [path, text] of texts) {
    const json = parseLooseJson(text)
    if (json === null) continue
    if (path.endsWith('package.json')) {
      if (typeof json['name'] === 'string') {
        const main = json['types'] ?? json['main']
        packages.push({
          name: json['name'],
          folder: folderOf(path),
          exports: json['exports'] ?? null,
          imports: json['imports'] ?? null,
          main: typeof main === 'string' ? main : null,
        })
      }
    } else {
      configs.set(path, json)
    }
  }
  for (const [path, json] of configs) {
    const found = pathsOf(path, json, configs, 0)
    if (found !== null) aliases.push({ folder: folderOf(path), entries: found })
  }
  aliases.sort((a, b) => b.folder.length - a.folder.length)
  packages.sort((a, b) => b.name.length - a.name.length)
  homes.sort((a, b) => b.length - a.length)
  const memo = new Map<string, Map<string, { path: string | null; target: string | null }>>()

  const file = (base: string): string | null => {
    const clean = normalize(base)
    for (const ending of endings) if (paths.has(clean + ending)) return clean + ending
    const js = /\.(m|c)?jsx?$/.exec(clean)
    if (js !== null) {
      const stem = clean.slice(0, -js[0].length)
      for (const ending of ['.ts', '.tsx', '.mts', '.cts']) if (paths.has(stem + ending)) return stem + ending
    }
    return null
  }

  const inPackage = (found: Package, rest: string): { path: string | null; target: string } => {
    const target = normalize(`${found.folder}/${rest}`)
    const candidates: string[] = []
    const exported = exportTarget(found.exports, rest === '' ? '.' : `./${rest}`)
    if (exported !== null)
      candidates.push(
        exported,
        exported.replace(/(^|\/)(dist|build|lib|out)\//, '$1'),
        exported.replace(/(^|\/)(dist|build|lib|out)\//, '$1src/'),
      )
    if (rest === '' && found.main !== null)
      candidates.push(
        found.main,
        found.main.replace(/(^|\/)(dist|build|lib|out)\//, '$1'),
        found.main.replace(/(^|\/)(dist|build|lib|out)\//, '$1src/'),
      )
    candidates.push(rest, `src/${rest}`)
    for (const one of candidates) {
      const at = file(`${found.folder}/${one.replace(/\.d\.ts$/, '.ts')}`)
      if (at !== null && !at.endsWith('package.json')) return { path: at, target }
    }
    return { path: null, target }
  }

  const find = (from: string, specifier: string): { path: string | null; target: string | null } => {
    if (/^\.{1,2}(?:\/|$)/.test(specifier)) {
      const base = normalize(`${folderOf(from)}/${specifier}`)
      return { path: file(base), target: base }
    }
    for (const { folder, entries: list } of aliases) {
      if (folder !== '' && !from.startsWith(`${folder}/`)) continue
      for (const { prefix, suffix, targets } of list) {
        if (
          !specifier.startsWith(prefix) ||
          !specifier.endsWith(suffix) ||
          specifier.length < prefix.length + suffix.length
        )
          continue
        const star = specifier.slice(prefix.length, specifier.length - suffix.length)
        if (suffix === '' && !targets.some((t) => t.includes('*')) && star !== '') continue
        for (const target of targets) {
          const at = file(target.replace('*', star))
          if (at !== null) return { path: at, target: at }
        }
        const first = targets[0]
        if (first !== undefined) return { path: null, target: normalize(first.replace('*', star)) }
      }
    }
    if (specifier.startsWith('#')) {
      for (const one of packages) {
        if (one.folder !== '' && !from.startsWith(`${one.folder}/`)) continue
        const target = exportTarget(one.imports, specifier)
        if (target !== null)
          return { path: file(`${one.folder}/${target}`), target: normalize(`${one.folder}/${target}`) }
      }
    }
    for (const one of packages) {
      if (specifier === one.name || specifier.startsWith(`${one.name}/`))
        return inPackage(one, specifier.slice(one.name.length + 1))
    }
    return { path: byHabit(from, specifier), target: null }
  }

  /** What an alias of a framework means, whose tsconfig is generated and seldom committed. */
  const byHabit = (from: string, specifier: string): string | null => {
    const [alias = '', ...rest] = specifier.split('/')
    const folders = frameworkAliases[alias]
    if (folders === undefined) return null
    const home = homes.find((folder) => folder === '' || from.startsWith(`${folder}/`)) ?? ''
    for (const folder of folders) {
      const at = file([home, folder, ...rest].join('/'))
      if (at !== null) return at
    }
    return null
  }

  const cached = (from: string, specifier: string): { path: string | null; target: string | null } => {
    const folder = folderOf(from)
    let inFolder = memo.get(folder)
    if (inFolder === undefined) memo.set(folder, (inFolder = new Map()))
    let known = inFolder.get(specifier)
    if (known === undefined) inFolder.set(specifier, (known = find(from, specifier)))
    return known
  }
  return {
    resolve: (from, specifier) => cached(from, specifier).path,
    target: (from, specifier) => cached(from, specifier).target,
  }
}

function pathsOf(
  path: string,
  json: Record<string, unknown>,
  configs: ReadonlyMap<string, Record<string, unknown>>,
  depth: number,
): Aliases['entries'] | null {
  const options = json['compilerOptions']
  const given = typeof options === 'object' && options !== null ? (options as Record<string, unknown>) : {}
  const paths = given['paths']
  if (typeof paths === 'object' && paths !== null) {
    const base = normalize(`${folderOf(path)}/${typeof given['baseUrl'] === 'string' ? given['baseUrl'] : '.'}`)
    return Object.entries(paths as Record<string, unknown>)
      .map(([pattern, targets]) => {
        const star = pattern.indexOf('*')
        return {
          prefix: star < 0 ? pattern : pattern.slice(0, star),
          suffix: star < 0 ? '' : pattern.slice(star + 1),
          targets: (Array.isArray(targets) ? targets : [])
            .filter((t): t is string => typeof t === 'string')
            .map((t) => normalize(`${base}/${t}`)),
        }
      })
      .sort((a, b) => b.prefix.length - a.prefix.length)
  }
  const parent = json['extends']
  if (typeof parent === 'string' && parent.startsWith('.') && depth < 5) {
    const at = normalize(`${folderOf(path)}/${parent}`)
    for (const ending of ['', '.json']) {
      const found = configs.get(at + ending)
      if (found !== undefined) return pathsOf(at + ending, found, configs, depth + 1)
    }
  }
  return null
}

/** The first string under a key of `exports` or `imports`, `*` filled in. */
function exportTarget(exports: unknown, wanted: string): string | null {
  if (typeof exports === 'string') return wanted === '.' ? exports : null
  if (typeof exports !== 'object' || exports === null) return null
  for (const [pattern, value] of Object.entries(exports)) {
    const star = pattern.indexOf('*')
    if (
      star < 0
        ? pattern !== wanted
        : !(wanted.startsWith(pattern.slice(0, star)) && wanted.endsWith(pattern.slice(star + 1)))
    )
      continue
    const target = firstString(value, 0)
    if (target === null) return null
    return star < 0 ? target : target.replace('*', wanted.slice(star, wanted.length - (pattern.length - star - 1)))
  }
  return wanted === '.' && !Object.keys(exports).some((k) => k.startsWith('.')) ? firstString(exports, 0) : null
}

function firstString(value: unknown, depth: number): string | null {
  if (typeof value === 'string') return value
  if (depth > 5 || typeof value !== 'object' || value === null) return null
  for (const one of Object.values(value)) {
    const found = firstString(one, depth + 1)
    if (found !== null) return found
  }
  return null
}

/** The folder of a path, `''` for the root. */
export function folderOf(path: string): string {
  const at = path.lastIndexOf('/')
  return at < 0 ? '' : path.slice(0, at)
}

/** Takes `.`, `..` and doubled slashes out of a path. */
export function normalize(path: string): string {
  const out: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..') out.pop()
    else out.push(part)
  }
  return out.join('/')
}

/** Reads JSON with comments and trailing commas; null where it is none or not an object. */
export function parseLooseJson(text: string): Record<string, unknown> | null {
  let out = ''
  for (let i = 0; i < text.length; i++) {
    const c = text[i] ?? ''
    if (c === '"') {
      let end = i + 1
      while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1
      out += text.slice(i, end + 1)
      i = end
    } else if (c === '/' && text[i + 1] === '/') {
      while (i < text.length && text[i] !== '\n') i++
    } else if (c === '/' && text[i + 1] === '*') {
      const end = text.indexOf('*/', i + 2)
      i = end < 0 ? text.length : end + 1
    } else if (c === ',' && /^(?:\s|\/\/[^\n]*\n|\/\*[^*]*\*\/)*[}\]]/.test(text.slice(i + 1, i + 400))) {
      continue
    } else {
      out += c
    }
  }
  try {
    const value: unknown = JSON.parse(out)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}
