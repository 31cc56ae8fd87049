import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { expect, test } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { markdownToHtml } from '../../src/report/markdown-html.ts'
import { reportToHtml } from '../../src/report/html.ts'
import { reportToSarif } from '../../src/report/sarif.ts'
import { reportToText } from '../../src/report/text.ts'
import { review } from '../../src/review.ts'

const base = { 'migrations/1.sql': 'CREATE TABLE users (id bigint PRIMARY KEY, "<b>" text);\n' }
const head = {
  ...base,
  'migrations/2 é.sql':
    'CREATE INDEX users_b ON users ("<b>");\n-- schemagate-ignore no-drop-column: it was never used\nALTER TABLE users DROP COLUMN "<b>";\nSELEC 1;\n',
}

test('a report is SARIF 2.1.0 by its schema, and a page of HTML in which names stay text', async () => {
  const report = await review(await changeSetOf(memoryTree(base), memoryTree(head)), {
    rules: catalog,
    rehearse: false,
  })
  expect(report.findings.length).toBeGreaterThan(1)
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false })
  addFormats.default(ajv)
  const validate = ajv.compile(
    JSON.parse(readFileSync(new URL('./sarif-2.1.0.json', import.meta.url), 'utf8')) as object,
  )
  const sarif = reportToSarif(report, catalog)
  expect(validate(JSON.parse(JSON.stringify(sarif))) ? [] : validate.errors).toEqual([])
  expect(JSON.stringify(sarif)).toContain('migrations/2%20%C3%A9.sql')
  const html = reportToHtml(report)
  expect(html).toContain('&lt;b&gt;')
  expect(html).not.toContain('<b>')
  expect(html).toContain('aria-label="Tables that change"')
  expect(html).toMatch(/<title>[^<]*&lt;b&gt;|>&lt;b&gt; /)
})

test('a terminal shows what the checklist has to say, and none where it has nothing', async () => {
  const shown = async (files: Record<string, string>) =>
    reportToText(
      await review(await changeSetOf(memoryTree(base), memoryTree(files)), { rules: catalog, rehearse: false }),
      { colour: false },
    )
  expect(await shown(head)).toContain(`
Checklist: 1 fails, 1 unknown, 9 not applicable
  fail     backup: nobody has approved what loses data: "migrations/2 é.sql":3
  unknown  decisions-documented: no file of this pull request says why: "migrations/2 é.sql":1, "migrations/2 é.sql":3
`)
  expect(await shown({ ...base, 'README.md': 'x' })).not.toContain('Checklist')
})

test('our Markdown becomes HTML, and nothing else does', () => {
  expect(
    markdownToHtml(
      '# A `b`\n\ntext **c** [d](https://e.test/) <i> [x](javascript:y)\n\n- one\n- two\n\n| a | b |\n| --- | --- |\n| `1\\|2` | 3 |\n\n```sql\nSELECT <1>;\n```',
    ),
  ).toBe(
    [
      '<h1>A <code>b</code></h1>',
      '<p>text <strong>c</strong> <a href="https://e.test/">d</a> &lt;i&gt; [x](javascript:y)</p>',
      '<ul>\n<li>one</li>\n<li>two</li>\n</ul>',
      '<table>\n<thead><tr><th>a</th><th>b</th></tr></thead>\n<tbody>\n<tr><td><code>1|2</code></td><td>3</td></tr>\n</tbody>\n</table>',
      '<pre><code>SELECT &lt;1&gt;;</code></pre>',
    ].join('\n'),
  )
})
