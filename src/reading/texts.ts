import type { Tree } from '../changeset/tree.ts'

/** The texts of those files that a tree has and that are text, by path. */
export async function textsOf(tree: Tree, paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>()
  for (const [path, content] of await tree.read(paths)) if (content.kind === 'text') texts.set(path, content.text)
  return texts
}
