import { fenced, plainText, sentence, sentenceHtml } from '../report/markdown-escape.ts'
import type { Plan } from './plan.ts'
import { blocksOf, oneLine, type Block, type Section } from './show-blocks.ts'

/** A plan as Markdown within a number of characters: scripts are left out first, then queries and reasons; what is cut says so. */
export function planToComment(plans: readonly Plan[], limit: number): string {
  const all = '`schemagate plan` prints all of it, `schemagate plan --write DIR` writes migrations and scripts.'
  const full = planToMarkdown(plans)
  if (full.length <= limit) return full
  for (const detail of ['brief', 'order'] as const) {
    const shorter = `${plans
      .flatMap((p) => blocksOf(p, 'all', plans.length > 1, detail))
      .map(markdown)
      .join('\n\n')}\n\n${all}\n`
    if (shorter.length <= limit) return shorter
  }
  const kept: string[] = []
  let length = all.length + 40
  for (const block of plans.flatMap((p) => blocksOf(p, 'all', plans.length > 1, 'order')).map(markdown)) {
    if (length + block.length + 2 > limit) break
    kept.push(block)
    length += block.length + 2
  }
  return `${[...kept, `The plan is longer than a comment can be. ${all}`].join('\n\n')}\n`
}

/** A plan as Markdown for a comment or a file; names and SQL of the change cannot end their place in it. */
export function planToMarkdown(plans: readonly Plan[], section: Section = 'all'): string {
  return `${plans
    .flatMap((p) => blocksOf(p, section, plans.length > 1))
    .map(markdown)
    .join('\n\n')}\n`
}

/** A plan as plain text for a terminal. */
export function planToText(plans: readonly Plan[], section: Section = 'all'): string {
  return `${plans
    .flatMap((p) => blocksOf(p, section, plans.length > 1))
    .map((b) => text(b))
    .join('\n\n')}\n`
}

function markdown(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `${'#'.repeat(block.level + 1)} ${sentence(block.text)}`
    case 'text':
      return sentence(block.text)
    case 'step':
      return `**${block.number}.** ${sentence(block.text)}`
    case 'list':
      return block.items.map((i) => `- ${sentence(i)}`).join('\n')
    case 'code':
      return fenced(block.text, block.language)
    case 'folded':
      return `<details><summary>${sentenceHtml(block.title)}</summary>\n\n${block.blocks.map(markdown).join('\n\n')}\n\n</details>`
  }
}

function text(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `${plainLine(block.text)}\n${(block.level < 3 ? '=' : '-').repeat(Math.min(72, plainLine(block.text).length))}`
    case 'text':
      return plainLine(block.text)
    case 'step':
      return `${block.number}. ${plainLine(block.text)}`
    case 'list':
      return block.items.map((i) => `- ${plainLine(i)}`).join('\n')
    case 'code':
      return block.text
        .split('\n')
        .map((l) => `  ${l.replaceAll(/(?!\t)\p{Cc}/gu, ' ')}`)
        .join('\n')
    case 'folded':
      return `${plainLine(block.title)}:\n\n${block.blocks.map((b) => text(b)).join('\n\n')}`
  }
}

function plainLine(of: string): string {
  return plainText(oneLine(of))
}
