import { readFileSync } from 'node:fs'

/** The folder of the generated pages, as seen from here and from `dist/`. */
const folder = new URL('../docs/rules/', import.meta.url)

/** The page of a rule in Markdown; the list of all where the id is ''. */
export function readRulePage(id: string): string {
  return readFileSync(new URL(`${id === '' ? 'README' : id}.md`, folder), 'utf8')
}
