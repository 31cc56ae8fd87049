const one = String.raw`(?:'[^'$]*'|"[^"]*"|\d+|true|false|[A-Z][A-Z0-9_]+|[A-Z]\w*\.[A-Z]\w*)`
const fixed = new RegExp(String.raw`^(?:${one}|\[\s*${one}(?:,\s*${one})*,?\s*\])(?: as const)?$`)

/** True for source text that the code fixes: a literal, a constant by its name, a member of an enum, or a list of those. */
export function isFixedSource(source: string): boolean {
  return fixed.test(source)
}
