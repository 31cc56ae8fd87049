import { describe, expect, it } from 'vitest'
import { catalog } from '../rules/index.ts'
import { markdownToHtml } from '../src/report/markdown-html.ts'
import { readRulePage } from '../src/rule-pages.ts'

describe('the page of a rule', () => {
  it.each(catalog.map((rule) => rule.id))('shows what a user sees: %s', (id) => {
    const page = readRulePage(id)
    expect(page).toMatch(new RegExp(`^# ${id}$`, 'm'))
    expect(page).toMatch(/^> \*\*.+\*\* · (error|warning|info)$/m)
    expect(markdownToHtml(page)).toContain('<blockquote>\n<p><strong>')
  })

  it('holds message, help and what was observed', () => {
    const html = markdownToHtml(readRulePage('require-concurrent-index'))
    expect(html).toContain('Building <code>orders_user_id</code> blocks every write')
    expect(html).toContain('<pre><code>create index concurrently orders_user_id on orders (user_id);</code></pre>')
    expect(html).toContain('<td>ShareLock</td>')
  })
})
