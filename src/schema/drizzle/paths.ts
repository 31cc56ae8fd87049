/** Endings of files that can hold a schema. */
export const sourceName = /\.([mc]?[jt]sx?)$/

/** A path without `.`, `..` and doubled or leading slashes. */
export function normalize(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts.join('/')
}

/** Folder of a file, `''` for the root. */
export function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : ''
}

/** A folder and those above it, the root last. */
export function foldersUp(folder: string): readonly string[] {
  const parts = folder === '' ? [] : folder.split('/')
  return parts.map((_, i) => parts.slice(0, parts.length - i).join('/')).concat('')
}

/** Where the source of a built file may lie: `dist/db/schema.js` is made from `src/db/schema.ts` or `db/schema.ts`. */
export function besides(path: string): readonly string[] {
  const stem = path.replace(/\.[mc]?jsx?$/, '')
  const built = /(^|\/)(dist|build|out|lib|\.next|\.output|\.build|output|target)(?=\/)/
  if (!built.test(stem)) return stem === path ? [] : [`${stem}.ts`, `${stem}.mts`, `${stem}/index.ts`]
  const plain = stem.replace(/\/(esm|cjs|src)(?=\/)/, '')
  const stems = [
    stem.replace(built, '$1src'),
    stem.replace(built, '$1.'),
    plain.replace(built, '$1src'),
    plain.replace(built, '$1.'),
  ].map(normalize)
  return stems.flatMap((it) =>
    sourceName.test(it) || it.endsWith('*') ? [it] : [`${it}.ts`, `${it}.mts`, `${it}/index.ts`, it],
  )
}
