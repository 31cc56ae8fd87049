import picomatch from 'picomatch'

// Extended globs can be made to backtrack without end; braces and `**` say all that paths need.
const options = { dot: true, nonegate: true, noextglob: true, maxLength: 1000 } as const

/** A test of paths against globs that also match hidden files; no glob matches nothing. */
export function globMatcher(globs: readonly string[]): (path: string) => boolean {
  const usable = globs.filter((glob) => globProblem(glob) === null)
  if (usable.length === 0) return () => false
  const tests = usable.map((glob) => picomatch(glob.replace(/^\.?\/+/, ''), options))
  return (path) => tests.some((test) => test(path))
}

/** A test of paths against `include` without `ignore`. */
export function pathMatcher(paths: {
  readonly include: readonly string[]
  readonly ignore: readonly string[]
}): (path: string) => boolean {
  const include = globMatcher(paths.include)
  const ignore = globMatcher(paths.ignore)
  return (path) => include(path) && !ignore(path)
}

/** What keeps a glob from being used, in one phrase; null where it is usable. */
export function globProblem(glob: string): string | null {
  if (glob.trim() === '') return 'is empty'
  if (glob.length > 300) return 'is longer than 300 characters'
  if (glob.startsWith('!')) return 'begins with "!"; name such files under "ignore"'
  // Each star may begin anew at every character, so their number bounds the time of a match.
  if ((glob.match(/\*+/g) ?? []).length > 8) return 'has more than eight stars'
  try {
    picomatch(glob, options)
    return null
  } catch {
    return 'is not a glob'
  }
}
