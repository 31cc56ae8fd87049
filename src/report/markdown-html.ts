import { straight } from './markdown-escape.ts'

const style = `
:root { color-scheme: light dark; --line: #8884; --soft: #8882 }
body { font: 16px/1.6 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem }
pre { background: var(--soft); padding: .75rem 1rem; border-radius: .4rem; overflow: auto }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; background: var(--soft); padding: .1em .3em; border-radius: .25em }
pre code { background: none; padding: 0; overflow-wrap: normal }
table { border-collapse: collapse; display: block; overflow: auto }
td:first-child code { white-space: nowrap; overflow-wrap: normal }
td:last-child { overflow-wrap: anywhere }
figure { margin: 1rem 0 }
blockquote { margin: 1rem 0; padding: 0 1rem; border-left: .25rem solid var(--line) }
th, td { border: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top }
h1, h2, h3 { line-height: 1.25 }
`

/** Text as HTML shows it, from left to right. */
export function escapeHtml(text: string): string {
  return straight(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

/** A whole page of HTML; `body` is HTML already. */
export function htmlPage(title: string, body: string): string {
  return `<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title><style>${style}</style></head>\n<body>\n${body}\n</body>\n</html>\n`
}

/** A page of our own Markdown as a page of HTML. */
export function markdownPage(title: string, markdown: string): string {
  return htmlPage(title, markdownToHtml(markdown))
}

/** The Markdown that this project writes itself: headings, paragraphs, lists, tables, quotes, fenced blocks, code spans, bold, links. */
export function markdownToHtml(markdown: string): string {
  const out: string[] = []
  const lines = markdown.replace(/\r\n?/g, '\n').split('\n')
  for (let i = 0; i < lines.length;) {
    const line = lines[i] ?? ''
    const fence = /^(`{3,})(\w*)\s*$/.exec(line)
    if (fence !== null) {
      const end = lines.findIndex((l, at) => at > i && l.trim() === fence[1])
      const last = end === -1 ? lines.length : end
      out.push(`<pre><code>${escapeHtml(lines.slice(i + 1, last).join('\n'))}</code></pre>`)
      i = last + 1
      continue
    }
    const heading = /^(#{1,4}) (.*)$/.exec(line)
    if (heading !== null) {
      const level = heading[1]?.length ?? 1
      out.push(`<h${level}>${inline(heading[2] ?? '')}</h${level}>`)
      i++
      continue
    }
    if (line.trim() === '') {
      i++
      continue
    }
    if (line.startsWith('>')) {
      const after = lines.findIndex((l, at) => at > i && !l.startsWith('>'))
      const last = after === -1 ? lines.length : after
      const quoted = lines.slice(i, last).map((l) => l.replace(/^> ?/, ''))
      out.push(`<blockquote>\n${markdownToHtml(quoted.join('\n'))}\n</blockquote>`)
      i = last
      continue
    }
    const isOther = (l: string) => l.trim() === '' || /^(#{1,4} |`{3,}|>)/.test(l)
    let end = i + 1
    while (end < lines.length && !isOther(lines[end] ?? '')) end++
    const block = lines.slice(i, end)
    if (block.every((l) => l.startsWith('|')) && block.length > 1) out.push(table(block))
    else if (/^[-*] /.test(line)) out.push(list('ul', block, /^[-*] /))
    else if (/^\d+\. /.test(line)) out.push(list('ol', block, /^\d+\. /))
    else out.push(`<p>${inline(block.join('\n'))}</p>`)
    i = end
  }
  return out.join('\n')
}

function list(tag: 'ul' | 'ol', lines: readonly string[], mark: RegExp): string {
  const items: string[] = []
  for (const line of lines) {
    if (mark.test(line)) items.push(line.replace(mark, ''))
    else items[items.length - 1] += `\n${line.trim()}`
  }
  return `<${tag}>\n${items.map((item) => `<li>${inline(item)}</li>`).join('\n')}\n</${tag}>`
}

function table(lines: readonly string[]): string {
  const cells = (line: string) =>
    line
      .replace(/^\|/, '')
      .replace(/\|\s*$/, '')
      .split(/(?<!\\)\|/)
      .map((c) => inline(c.trim().replaceAll('\\|', '|')))
  const [head = '', , ...rows] = lines
  return `<table>\n<thead><tr>${cells(head)
    .map((c) => `<th>${c}</th>`)
    .join('')}</tr></thead>\n<tbody>\n${rows
    .map(
      (row) =>
        `<tr>${cells(row)
          .map((c) => `<td>${c}</td>`)
          .join('')}</tr>`,
    )
    .join('\n')}\n</tbody>\n</table>`
}

function inline(text: string): string {
  const spans: string[] = []
  // A span stands aside while the rest is read: bold goes on across it, and nothing in it is a mark.
  const rest = text.replaceAll('\ue000', '').replace(/`([^`]+)`/g, (_, code: string) => {
    spans.push(`<code>${escapeHtml(code)}</code>`)
    return '\ue000'
  })
  return escapeHtml(rest)
    .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
    .replace(/\[([^[\]]+)\]\(((?:https:\/\/|\/)[^()\s\ue000]*)\)/g, '<a href="$2">$1</a>')
    .replace(/&lt;(https:\/\/[^\s&\ue000]+)&gt;/g, '<a href="$1">$1</a>')
    .replaceAll('\ue000', () => spans.shift() ?? '')
}
