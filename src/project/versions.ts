import type { Listing } from './listing.ts'
import { within } from './listing.ts'
import { foldersAround } from './paths.ts'

const lockfiles = ['package-lock.json', 'npm-shrinkwrap.json', 'pnpm-lock.yaml', 'yarn.lock', 'bun.lock'] as const

/** Files that tell versions of packages for a folder: manifests and lockfiles in it and around it. */
export function versionFiles(listing: Listing, folder: string): readonly string[] {
  const names = [
    'package.json',
    ...lockfiles,
    'go.mod',
    'Cargo.toml',
    'Cargo.lock',
    'pom.xml',
    'build.gradle',
    'build.gradle.kts',
  ]
  return foldersAround(folder)
    .flatMap((at) => names.map((name) => within(at, name)))
    .filter((path) => listing.has(path))
}

/** The package that hashes passwords, where a manifest or lockfile around a folder names one: `bcryptjs`. */
export function passwordHasher(listing: Listing, folder: string): string | null {
  for (const path of versionFiles(listing, folder)) {
    const named = hasher.exec(listing.text(path) ?? '')?.[1]
    if (named !== undefined) return named
  }
  return null
}

const hasher = /["'/\s](bcrypt(?:js|-ts)?|argon2|@node-rs\/(?:bcrypt|argon2)|scrypt-kdf|better-auth|lucia)["'@:\s]/

/**
 * The version of an npm package that a folder uses: what the lockfile installed, else as much as every version that the range of
 * package.json allows has in common (`6` for `^6.2.0`). Undefined where no package.json around the folder names the package.
 */
export function npmVersion(listing: Listing, folder: string, name: string): string | null | undefined {
  const around = foldersAround(folder)
  for (const at of around) {
    const range = packageRange(listing.text(within(at, 'package.json')), name)
    if (range === undefined) continue
    for (const lockFolder of around) {
      if (at !== '' && lockFolder.length > at.length) continue
      for (const lockfile of lockfiles) {
        const text = listing.text(within(lockFolder, lockfile))
        const inside = at === lockFolder ? '' : lockFolder === '' ? at : at.slice(lockFolder.length + 1)
        const version = text === undefined ? null : lockedVersion(lockfile, text, inside, name, range)
        if (version !== null) return version
      }
    }
    return commonVersion(range, name)
  }
  return undefined
}

function packageRange(text: string | undefined, name: string): string | undefined {
  if (text === undefined) return undefined
  const manifest = parseJson(text)
  for (const key of ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies']) {
    const range = field(field(manifest, key), name)
    if (typeof range === 'string') return range
  }
  return undefined
}

/** The value of a JSON text; null where it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** A field of a value of unknown shape; undefined where the value is no object or has none. */
export function field(value: unknown, name: string): unknown {
  return value !== null && typeof value === 'object' && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined
}

/** Versions from which a tool behaves differently, so that a range across one tells less. */
const thresholds: Readonly<Record<string, readonly [number, number]>> = { prisma: [7, 4] }

/** As much of a version as all that a range allows have in common and that can matter; null where they share nothing. */
export function commonVersion(range: string, name: string): string | null {
  const found = /^(?:npm:[^@]*@)?\s*(\^|~|=|>=)?\s*v?(\d{1,4})(?:\.(\d{1,4}))?(?:\.(\d{1,6}(?:-[\w.]+)?))?\s*$/.exec(
    range.replace(/\.[xX*](?=\.|$)/g, ''),
  )
  if (!found) return null
  const [, operator = '', major = '', minor, patch] = found
  if (operator === '>=') return null
  if (minor === undefined) return major
  if (operator === '~' || patch === undefined) return `${major}.${minor}`
  if (operator === '') return `${major}.${minor}.${patch}`
  if (major === '0') return `0.${minor}`
  const threshold = thresholds[name]
  return threshold && Number(major) === threshold[0] && Number(minor) >= threshold[1] ? `${major}.${minor}` : major
}

function lockedVersion(lockfile: string, text: string, inside: string, name: string, range: string): string | null {
  if (lockfile === 'pnpm-lock.yaml') return pnpmVersion(text, inside, name)
  if (lockfile === 'yarn.lock') return yarnVersion(text, name, range)
  if (lockfile === 'bun.lock') return bunVersion(text, name)
  const lock = parseJson(text)
  const packages = field(lock, 'packages')
  const own = inside === '' ? undefined : field(field(packages, `${inside}/node_modules/${name}`), 'version')
  const version =
    own ??
    field(field(packages, `node_modules/${name}`), 'version') ??
    field(field(field(lock, 'dependencies'), name), 'version')
  return typeof version === 'string' ? versionIn(version) : null
}

function pnpmVersion(text: string, inside: string, name: string): string | null {
  const importer = inside === '' ? '.' : inside
  let inImporters = false
  let current = ''
  let dependency = ''
  let single: string | null = null
  let several = false
  for (const line of text.split('\n')) {
    const isTop = line !== '' && line[0] !== ' '
    if (isTop) inImporters = line.startsWith('importers:')
    else if (!inImporters && !line.includes(name)) continue
    const key = /^( *)['"]?([^'":\s]+(?:@[^'":\s]+)?)['"]?:\s*(\S+)?/.exec(line)
    if (!key) continue
    const [, indent = '', label = '', value = ''] = key
    if (inImporters) {
      if (indent.length === 2) current = label
      else if (indent.length === 6) dependency = label
      if (current === importer && dependency === name && label === 'version' && indent.length === 8)
        return versionIn(value)
      if (current === importer && label === name && indent.length === 6 && value !== '') return versionIn(value)
    } else if (indent.length === 2) {
      const package_ = label.replace(/^\//, '')
      const at =
        package_.startsWith(`${name}@`) || package_.startsWith(`${name}/`)
          ? versionIn(package_.slice(name.length + 1))
          : null
      if (at === null || at === single) continue
      if (single !== null) several = true
      single = at
    } else if (indent.length === 0 && label === 'dependencies') current = ''
  }
  return several ? null : single
}

function yarnVersion(text: string, name: string, range: string): string | null {
  let matches = false
  let exact = false
  let first: string | null = null
  for (const line of text.split('\n')) {
    if (/^\S/.test(line)) {
      const patterns = line
        .replace(/:\s*$/, '')
        .split(',')
        .map((pattern) => pattern.trim().replace(/^"|"$/g, ''))
      matches = patterns.some((pattern) => pattern.startsWith(`${name}@`))
      exact = patterns.some((pattern) => pattern === `${name}@${range}` || pattern === `${name}@npm:${range}`)
    } else if (matches) {
      const version = /^ {2}version:? "?([^"\s]+)"?/.exec(line)?.[1]
      if (version === undefined) continue
      if (exact) return versionIn(version)
      first ??= versionIn(version)
    }
  }
  return first
}

function bunVersion(text: string, name: string): string | null {
  const start = text.indexOf(`\n    "${name}": ["${name}@`)
  if (start < 0) return null
  const at = start + `\n    "${name}": ["${name}@`.length
  return versionIn(text.slice(at, at + 60))
}

function versionIn(text: string): string | null {
  return /^v?(\d{1,4}\.\d{1,4}\.\d{1,6}(?:-[\w.-]+)?)/.exec(text)?.[1] ?? null
}

/** The version of a Go module, by the go.mod nearest to a folder; undefined where none requires it. */
export function goVersion(listing: Listing, folder: string, module: string): string | null | undefined {
  for (const at of foldersAround(folder)) {
    const text = listing.text(within(at, 'go.mod'))
    if (text === undefined) continue
    for (const line of text.split('\n')) {
      const [name = '', version = ''] = line
        .trim()
        .replace(/^require\s+/, '')
        .split(/\s+/)
      if (name === module || (name.startsWith(`${module}/v`) && /^\d+$/.test(name.slice(module.length + 2))))
        return versionIn(version)
    }
  }
  return undefined
}

/** The version of a Rust crate: what Cargo.lock holds, else what a Cargo.toml around the folder asks for; undefined where none names it. */
export function crateVersion(listing: Listing, folder: string, crate: string): string | null | undefined {
  let named: string | null | undefined
  for (const at of foldersAround(folder)) {
    const lock = listing.text(within(at, 'Cargo.lock'))
    const found = lock === undefined ? -1 : lock.indexOf(`\nname = "${crate}"\n`)
    if (lock !== undefined && found >= 0)
      return /^\nname = "[^"]*"\nversion = "([^"]{1,60})"/.exec(lock.slice(found, found + 300))?.[1] ?? null
    const line = listing
      .text(within(at, 'Cargo.toml'))
      ?.split('\n')
      .find((text) => new RegExp(`^\\s*(?:\\[.*dependencies\\.)?${crate}\\s*(?:=|\\.|\\])`).test(text))
    if (line !== undefined && named === undefined) named = /"\^?~?=?(\d[\w.-]{0,40})"/.exec(line)?.[1] ?? null
  }
  return named
}

/** The one database that the Cargo.toml next to a folder takes sqlx for; null where it names none or several. */
export function sqlxDatabase(listing: Listing, folder: string): 'postgres' | 'sqlite' | 'mysql' | null {
  for (const at of foldersAround(folder)) {
    const text = listing.text(within(at, 'Cargo.toml'))
    const features =
      text === undefined ? undefined : /^\s*sqlx\s*=\s*\{[^}]*?features\s*=\s*\[([^\]]*)\]/m.exec(text)?.[1]
    if (features === undefined) continue
    const named = (['postgres', 'sqlite', 'mysql'] as const).filter((name) => features.includes(`"${name}"`))
    return named.length === 1 ? (named[0] ?? null) : null
  }
  return null
}

/** The version of Flyway that a Maven or Gradle build around a folder names; undefined where none uses it. */
export function flywayVersion(listing: Listing, folder: string): string | null | undefined {
  for (const home of foldersAround(folder)) {
    for (const name of ['pom.xml', 'build.gradle', 'build.gradle.kts']) {
      const text = listing.text(within(home, name))
      if (text === undefined || !text.includes('flyway')) continue
      const at = ['flyway.version', 'flyway-core', 'flyway-database-postgresql', 'org.flywaydb.flyway']
        .map((word) => text.indexOf(word))
        .find((index) => index >= 0)
      return at === undefined
        ? null
        : (/\b(\d{1,3}\.\d{1,4}(?:\.\d{1,4})?)\b/.exec(text.slice(at, at + 160))?.[1] ?? null)
    }
  }
  return undefined
}

/** Compares a version, as far as it is known, with one that has three numbers; null where the known part does not decide. */
export function isAtLeast(version: string | null, wanted: string): boolean | null {
  if (version === null) return null
  const known = version.split('-')[0]?.split('.').map(Number) ?? []
  for (const [i, number] of wanted.split('.').map(Number).entries()) {
    const own = known[i]
    if (own === undefined || Number.isNaN(own)) return number === 0 ? true : null
    if (own !== number) return own > number
  }
  // A pre-release comes before the release of the same number.
  return !version.includes('-')
}
