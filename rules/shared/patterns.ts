/** An option that is a list of texts. */
export function texts(option: unknown): readonly string[] {
  return Array.isArray(option) ? option.filter((one): one is string => typeof one === 'string') : []
}

/** True where `*` stands for any run of characters, none too; in time that grows with the product of both lengths at most. */
export function like(pattern: string, text: string): boolean {
  let [p, t] = [0, 0]
  let [star, mark] = [-1, 0]
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++
      mark = t
    } else if (p < pattern.length && pattern[p] === text[t]) {
      p++
      t++
    } else if (star >= 0) {
      p = star + 1
      t = ++mark
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}

/** True where a policy with this list of paths speaks of a file; a path may end in `/` or hold `*`, and an empty list means all files. */
export function inPaths(paths: readonly string[], path: string): boolean {
  return paths.length === 0 || paths.some((one) => like(one.endsWith('/') ? `${one}*` : one.replaceAll('**', '*'), path))
}
