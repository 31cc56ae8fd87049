/** The folder of a path, `''` at the root. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '' : path.slice(0, slash)
}

/** The last part of a path. */
export function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** Joins a folder of the tree with a path relative to it; null where that leaves the tree. */
export function joinPath(folder: string, relative: string): string | null {
  const parts: string[] = []
  const whole = relative.startsWith('/') ? relative : `${folder}/${relative}`
  for (const part of whole.replaceAll('\\', '/').split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..') {
      if (parts.length === 0) return null
      parts.pop()
    } else parts.push(part)
  }
  return parts.join('/')
}

/** True where a path is a folder or lies below it; everything lies below `''`. */
export function isBelow(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`)
}

/** The folder and all folders around it, innermost first; ends with `''`. */
export function foldersAround(folder: string): readonly string[] {
  const folders: string[] = []
  for (let at = folder; at !== ''; at = folderOf(at)) folders.push(at)
  folders.push('')
  return folders
}

/** Orders by code unit, as runners order names. */
export function byCode(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Orders names by the number that each begins with, then by the name; names without a number come last. */
export function byNumber(a: string, b: string): number {
  const [x, y] = [numberOf(a), numberOf(b)]
  if (x !== null && y !== null) return x < y ? -1 : x > y ? 1 : byCode(a, b)
  if (x !== null || y !== null) return x !== null ? -1 : 1
  return byCode(a, b)
}

/** The number that a name begins with; null where it begins with none. */
export function numberOf(name: string): bigint | null {
  const digits = /^(\d{1,40})/.exec(name)?.[1]
  return digits === undefined ? null : BigInt(digits)
}

/**
 * Folders of tests by the habits of naming: `src/test/resources`, `integrationTest`, `api-tests`, `test-only-migrations`, `testdata`. `latest` and
 * `ab-test` are none.
 */
const tests =
  /(?:^|\/)(?:__tests__|tests?(?:[-_]?(?:only|data|fixtures?|resources?|support|utils?|helpers?|kit|cases?|setup)(?:[-_][\w-]+)?)?|(?:integration|functional|unit|acceptance|component|contract|smoke|system|load|performance|e2e|it)[-_]?tests?|[\w-]+[-_]tests|specs?|e2e|fixtures?|mocks?|__mocks__|src\/it(?=\/(?:java|kotlin|scala|groovy|resources)\/))\//i

/** True for a file that only tests read. */
export function inTests(path: string): boolean {
  return tests.test(path)
}
