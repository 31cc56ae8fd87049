/** A JSON object of unknown make. */
export type Fields = Readonly<Record<string, unknown>>

/** The value as an object; an empty one where it is none. */
export function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

/** The value as a list; drizzle-kit keeps lists as objects by name as well. */
export function items(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : Object.values(fields(value))
}

/** The value as text; numbers and booleans as they print, null for anything else. */
export function text(value: unknown): string | null {
  return typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : null
}

/** The texts of a list. */
export function texts(value: unknown): readonly string[] {
  return items(value)
    .map(text)
    .filter((it) => it !== null)
}
