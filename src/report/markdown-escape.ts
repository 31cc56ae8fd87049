const invisible = '\u200b'
/** Control characters and line breaks of any kind. */
const breaks = /[\p{Cc}\p{Zl}\p{Zp}]+/gu
/** What has no shape of its own: zero-width characters, what turns the direction of text, tags, private use. */
const shapeless = /[\p{Cf}\p{Co}\p{Cn}\u115f\u1160\u3164\uffa0]|\p{Cs}/gu
/** What turns the direction of text. */
const turns = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
/** Marks that pile up on one letter. */
const piles = /(\p{M}{4})\p{M}+/gu

/** Text that nothing in it turns around. */
export function straight(text: string): string {
  return text.replace(turns, '\ufffd')
}

/** Text on one line in which everything shows: what would be invisible, or make the text look like another, is a replacement character. */
export function visible(text: string): string {
  return text.replace(breaks, ' ').replace(shapeless, '\ufffd').replace(piles, '$1')
}

/**
 * Text as it stands, for any place of a GitHub comment: no Markdown, no HTML, no mention, no reference, no link of its own.
 * Line breaks become spaces. Mentions, references and addresses are found by GitHub after Markdown is, so that a backslash does
 * not stop them; a zero-width space inside does.
 */
export function escapeText(text: string): string {
  return defuse(
    visible(text)
      .replace(/[\\`*_~[\]<>|!#]/g, '\\$&')
      .replace(/&/g, '&amp;')
      .replace(/^( *)([-+=]|\d+[.)])/, '$1\\$2'),
  )
}

/** Breaks what GitHub looks for in text that is HTML already: mentions, references, addresses. */
function defuse(text: string): string {
  return text
    .replace(/@/g, `@${invisible}`)
    .replace(/(\\?#)(?=\d)/g, `$1${invisible}`)
    .replace(/\b(GH-)(?=\d)/gi, `$1${invisible}`)
    .replace(/\b(https?|ftp|mailto|xmpp):/gi, `$1${invisible}:`)
    .replace(/\bwww\./gi, `www${invisible}.`)
}

/** A longer name is cut where it is shown in a line. */
const longestSpan = 300

/** Text as a code span, on one line; nothing in it can end the span. */
export function codeSpan(text: string): string {
  const shown = visible(text)
  const line = shown.length <= longestSpan ? shown : `${shown.slice(0, longestSpan).replace(/[\ud800-\udbff]$/, '')}…`
  if (line.trim() === '') return '` `'
  const longest = Math.max(0, ...(line.match(/`+/g) ?? []).map((run) => run.length))
  const fence = '`'.repeat(longest + 1)
  const pad = longest > 0 || (line.startsWith(' ') && line.endsWith(' ')) ? ' ' : ''
  return `${fence}${pad}${line}${pad}${fence}`
}

/** A code span for a table cell, where a pipe would end the cell even inside code. */
export function code(text: string): string {
  return codeSpan(text).replaceAll('|', '\\|')
}

/** Text as a fenced block; the fence is longer than any in the text. */
export function fenced(text: string, language = ''): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length))
  const fence = '`'.repeat(longest + 1)
  // What is applied with a click stays as it is.
  const shown = language === 'suggestion' ? text : straight(text)
  return `${fence}${language}\n${shown.replace(/\r\n?/g, '\n').replace(/\n$/, '')}\n${fence}`
}

/** A sentence of a rule: its code spans stay, everything else is text. */
export function sentence(text: string): string {
  return inlineParts(text)
    .map((part) => (part.isCode ? codeSpan(part.text) : escapeText(part.text)))
    .join('')
}

/** A sentence for inside an HTML tag, where Markdown does not work: its code spans become `<code>`, everything else is text. */
export function sentenceHtml(text: string): string {
  const html = (part: string) => visible(part).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return inlineParts(text)
    .map((part) => (part.isCode ? `<code>${html(part.text)}</code>` : defuse(html(part.text))))
    .join('')
}

/** A sentence for any place, table cells among them: its code spans stay, everything else is text. */
export function escapeMarkdown(text: string): string {
  return inlineParts(text)
    .map((part) => (part.isCode ? code(part.text) : escapeText(part.text)))
    .join('')
}

/** A sentence or the help of a rule for where no Markdown is shown: code spans lose their marks, blocks are indented. */
export function plainText(text: string): string {
  let fence: string | null = null
  return text
    .replace(/\r\n?/g, '\n')
    .split('\n')
    .flatMap((line) => {
      const marks = /^(`{3,})\w{0,20}\s*$/.exec(line)?.[1]
      if (fence !== null && line.trim() === fence) fence = null
      else if (fence === null && marks !== undefined) fence = marks
      else
        return [
          fence === null
            ? inlineParts(line)
                .map((part) => visible(part.text))
                .join('')
            : `    ${visible(line)}`,
        ]
      return []
    })
    .join('\n')
}

/** Links in a rule's help lead to the manuals that rules rest on, nowhere else. */
const manuals =
  /^https:\/\/(?:www\.postgresql\.org|www\.prisma\.io|pris\.ly|orm\.drizzle\.team|supabase\.com|docs\.github\.com|wiki\.postgresql\.org)\/[\w\-./#%?=&]*$/

/** Help of a rule: code spans, fenced blocks, lists and links to manuals stay; everything else is text. */
export function helpMarkdown(text: string): string {
  const out: string[] = []
  let block: { readonly language: string; readonly fence: string; readonly lines: string[] } | null = null
  for (const line of text.replace(/\r\n?/g, '\n').split('\n')) {
    if (block !== null) {
      if (line.trim() === block.fence) {
        out.push(fenced(block.lines.join('\n'), block.language))
        block = null
      } else block.lines.push(line)
      continue
    }
    const opening = /^(`{3,})(\w{0,20})\s*$/.exec(line)
    if (opening !== null) block = { fence: opening[1] ?? '```', language: opening[2] ?? '', lines: [] }
    else out.push(helpLine(line))
  }
  if (block !== null) out.push(fenced(block.lines.join('\n'), block.language))
  return out.join('\n')
}

function helpLine(line: string): string {
  const [, lead = '', rest = ''] = /^(\s{0,6}(?:[-*] |\d{1,2}\. )?)(.*)$/s.exec(line) ?? []
  return (
    lead +
    inlineParts(rest)
      .map((part) => (part.isCode ? codeSpan(part.text) : linked(part.text)))
      .join('')
  )
}

function linked(text: string): string {
  let out = ''
  let from = 0
  for (const found of text.matchAll(/\[([^[\]]{1,200})\]\(([^()\s]{1,300})\)/g)) {
    const [whole, label = '', address = ''] = found
    out += escapeText(text.slice(from, found.index))
    out += manuals.test(address) ? `[${escapeText(label)}](${address})` : escapeText(whole)
    from = found.index + whole.length
  }
  return out + escapeText(text.slice(from))
}

/** Splits at code spans: a run of backticks, closed by an equal run. */
function inlineParts(text: string): readonly { readonly isCode: boolean; readonly text: string }[] {
  const parts: { isCode: boolean; text: string }[] = []
  let plain = 0
  let at = 0
  const runs = [...text.matchAll(/`+/g)].map((m) => ({ start: m.index, length: m[0].length }))
  for (let i = 0; i < runs.length; i++) {
    const open = runs[i]
    if (open === undefined || open.start < at) continue
    const close = runs.slice(i + 1, i + 200).find((r) => r.length === open.length)
    if (close === undefined) continue
    if (open.start > plain) parts.push({ isCode: false, text: text.slice(plain, open.start) })
    const inner = text.slice(open.start + open.length, close.start)
    parts.push({ isCode: true, text: open.length > 1 && /^ .* $/s.test(inner) ? inner.slice(1, -1) : inner })
    at = close.start + close.length
    plain = at
  }
  if (plain < text.length) parts.push({ isCode: false, text: text.slice(plain) })
  return parts
}

/** At most `limit` characters, cut at a line break where one is near, with `rest` in place of what is gone. */
export function truncate(text: string, limit: number, rest: string): string {
  if (text.length <= limit) return text
  const room = limit - rest.length - 2
  const end = text.lastIndexOf('\n', room)
  const cut = text.slice(0, end > room / 2 ? end : room).replace(/[\ud800-\udbff]$/, '')
  const fences = cut.match(/^(`{3,})/gm) ?? []
  const fence = fences.length % 2 === 1 ? `\n${fences.at(-1) ?? ''}` : ''
  // What is said of the rest would be folded away with a part that was cut.
  const open = cut.lastIndexOf('\n<details>') > cut.lastIndexOf('\n</details>') ? `${fence}\n</details>` : fence
  return `${cut.slice(0, room - open.length)}${open}\n\n${rest}`
}

/** A part that opens on a click; both texts are Markdown or HTML already. */
export function details(title: string, body: string): string {
  return `<details><summary>${title}</summary>\n\n${body}\n</details>`
}
