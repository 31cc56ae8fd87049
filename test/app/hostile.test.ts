import MarkdownIt from 'markdown-it'
import type Token from 'markdown-it/lib/token.mjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { coreOf } from '../../src/github/core.ts'
import { reportToHtml } from '../../src/report/html.ts'
import { reportToMarkdown } from '../../src/report/markdown.ts'
import { reportToSarif } from '../../src/report/sarif.ts'
import { review } from '../../src/review.ts'
import { say } from '../github/people/comments.ts'
import { openPull } from '../github/people/pulls.ts'
import { latestRun } from '../github/world.ts'
import { startWorld } from './harness.ts'
import type { World } from './harness.ts'

/** Names, comments and paths that try to be something else once they are shown; judged by a Markdown parser that is not ours. */
const payloads = [
  '@octo-org/dba',
  '#1',
  'octo/shop#1',
  'GH-12',
  'https://evil.test/x',
  'www.evil.test',
  '<img src=https://evil.test/x.png onerror=alert(1)>',
  '</details></summary><script>x</script>',
  '[x](https://evil.test)',
  '![x](https://evil.test/x.png)',
  '`@octo-org/dba`',
  '``` \n@octo-org/dba\n```',
  '| a | b |',
  '**bold** _it_ ~~s~~',
  '# heading',
  '> quote',
  '- [ ] task',
  '\u202edba@\u202c',
  'us\u200bers',
  '<!-- schemagate:sticky -->',
  '::error::x',
  '&lt;b&gt;&#64;all',
  'x\\`@octo-org/dba\\`',
  '$$\\alpha$$',
  'a'.repeat(60),
]
const ident = (text: string) => `"${text.replaceAll('"', '""').slice(0, 58)}"`
const columns = payloads.map((payload) => `  ${ident(payload)} text`).join(',\n')
const base = {
  'migrations/1.sql': `CREATE TABLE "t @octo-org/dba <b>" (\n  id bigint PRIMARY KEY,\n${columns}\n);\n`,
  '.github/schemagate.yml': 'rehearsal: { enabled: true }\n',
}
const table = ident('t @octo-org/dba <b>')
const change = {
  'migrations/2 @octo-org <img> #1.sql':
    [
      ...payloads.flatMap((payload, i) => [
        `-- ${payload.replaceAll('\n', ' ')}`,
        [
          `ALTER TABLE ${table} DROP COLUMN ${ident(payload)};`,
          `CREATE INDEX ${ident(`${payload.slice(0, 40)}${i}`)} ON ${table} (${ident(payload)});`,
          `ALTER TABLE ${table} RENAME COLUMN ${ident(payload)} TO ${ident(`${i} ${payload.slice(0, 40)}`)};`,
        ][i % 3] ?? '',
      ]),
      `-- schemagate-ignore no-drop-table: @octo-org/dba <b> https://evil.test`,
      `DROP TABLE IF EXISTS ${ident('](https://evil.test) @all')};`,
    ].join('\n') + '\n',
  'migrations/3.sql': `SELEC '@octo-org/dba <img src=x>';\n`,
}

const markdown = new MarkdownIt({ html: true, linkify: true })
const allowedTags = /<\/?(?:details|summary|code|sub)>/g
const allowedLinks =
  /^https:\/\/(?:github\.test|schemagate\.test|www\.postgresql\.org|www\.prisma\.io|orm\.drizzle\.team|docs\.github\.com)\//

/** What a reader of the rendered text could click, load or be called by. */
function smuggled(text: string): readonly string[] {
  const found: string[] = []
  const look = (tokens: readonly Token[]): void => {
    for (const token of tokens) {
      if (token.type === 'html_block' || token.type === 'html_inline') {
        const rest = token.content
          .replace(/<!-- schemagate:[a-z]+[ 0-9a-f.,:=]* -->/g, '')
          .replace(/<code>[^<>]*<\/code>/g, '')
          .replace(allowedTags, '')
        if (/[<>]|@\w|https?:/.test(rest)) found.push(`html: ${rest}`)
      } else if (token.type === 'image') found.push(`image: ${token.content}`)
      else if (token.type === 'link_open' && !allowedLinks.test(token.attrGet('href') ?? ''))
        found.push(`link: ${token.attrGet('href') ?? ''}`)
      else if (token.type === 'text' && /(?<![\w`])@\w|(?<!\w)#\d|\bGH-\d|\bwww\.|https?:\/\//i.test(token.content))
        found.push(`text: ${token.content}`)
      if (/[\u202a-\u202e\u2066-\u2069]/.test(token.content)) found.push(`turns: ${token.content}`)
      look(token.children ?? [])
    }
  }
  look(markdown.parse(text, {}))
  return [...new Set(found)]
}

let world: World
beforeAll(async () => {
  world = await startWorld(coreOf(catalog))
})
afterAll(async () => {
  await world.close()
})

test('the judge finds what is smuggled', () => {
  for (const text of [
    '@octo-org/dba',
    '<img src=x>',
    '[x](https://evil.test)',
    '![x](y)',
    'see #12',
    'https://evil.test',
    '<details><summary>@octo-org</summary>',
  ])
    expect(smuggled(text), text).not.toEqual([])
  expect(smuggled('`@octo-org <b> https://evil.test`\n\n```sql\n@octo-org <b>\n```')).toEqual([])
})

test('on GitHub, text of the pull request stays text', async () => {
  const repository = world.github.addRepository('hostile')
  const tip = await repository.git.commit(null, base)
  const branch = 'release/@octo-org/dba-<b>'
  await repository.git.update('refs/heads/main', tip)
  await repository.git.update(`refs/heads/${branch}`, tip)
  const head = await repository.git.commit(tip, change)
  const said: string[] = []
  await world.during(async () => {
    const pull = await openPull(world.github, repository, { title: '@octo-org/dba', head, base: branch })
    await world.server.idle()
    for (const text of [
      '/schemagate plan',
      '/schemagate @octo-org/dba',
      '/schemagate explain <img>',
      '/schemagate approve `@all reason: x',
    ])
      await say(world.github, repository, pull, 'writer', text)
    await world.server.idle()
    const run = latestRun(repository, 'schemagate', head)
    if (run === undefined) throw new Error('no run')
    said.push(
      run.output.title ?? '',
      run.output.summary ?? '',
      ...pull.threads.flatMap((t) => t.comments.map((c) => c.body)),
      ...pull.comments.filter((c) => c.author.type === 'Bot').map((c) => c.body),
    )
    expect(pull.threads.length).toBeGreaterThan(10)
    expect(pull.comments.filter((c) => c.author.type === 'Bot').length).toBeGreaterThan(3)
    for (const annotation of run.annotations)
      expect(String(annotation['message'])).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b]|```/)
  })
  for (const text of said) expect(smuggled(text), text.slice(0, 400)).toEqual([])
  expect(world.github.world.violations).toEqual([])
})

test('so do folders, reasons, settings, labels and branches', async () => {
  const repository = world.github.addRepository('folders')
  const folders = ['a`@octo-org <img src=x>', '[c](https:..evil.test) | d']
  const files = (name: string, text: string) =>
    Object.fromEntries(folders.map((folder) => [`${folder}/migrations/${name}`, text]))
  const settings =
    "backup: { require: 'label:@octo-org/dba <b>' }\nstaging: { environment: '](https://evil.test) #1' }\napprovals: { teams: ['octo-org/<b>@all'] }\nrehearsal: { enabled: false }\n"
  const tip = await repository.git.commit(null, {
    ...files('1.sql', 'CREATE TABLE t (id bigint PRIMARY KEY, a text);\n'),
    '.github/schemagate.yml': settings,
  })
  const branch = 'release/`@octo-org/dba`-<b>'
  await repository.git.update(`refs/heads/${branch}`, tip)
  const head = await repository.git.commit(tip, {
    ...files(
      '2.sql',
      'CREATE TABLE u (id bigint PRIMARY KEY, t_id bigint REFERENCES t (id));\nALTER TABLE t DROP COLUMN a;\n-- schemagate-ignore require-concurrent-index: @all <img src=x> [x](https://evil.test)\nCREATE INDEX i ON t (id);\n',
    ),
    '.github/schemagate.yml':
      "'@octo-org/dba <b>': 1\nrules: { '<img src=x>': error, '[x](https://evil.test)': off }\n",
  })
  world.github.world.teams.set('octo-org/<b>@all', new Set(['writer']))
  const pull = await openPull(world.github, repository, { title: 'x', head, base: branch })
  await world.server.idle()
  await say(world.github, repository, pull, 'author', '/schemagate approve destructive reason: x')
  await say(
    world.github,
    repository,
    pull,
    'writer',
    `/schemagate ignore no-drop-column reason: @all <b> [x](https://evil.test) | y`,
  )
  await world.server.idle()
  const run = latestRun(repository, 'schemagate', head)
  const said = [
    run?.output.summary ?? '',
    ...pull.threads.flatMap((t) => t.comments.map((c) => c.body)),
    ...pull.comments.filter((c) => c.author.type === 'Bot').map((c) => c.body),
  ]
  expect(said.join('\n')).toContain('Picture of')
  for (const text of said) expect(smuggled(text), text.slice(0, 400)).toEqual([])
  expect(world.github.world.violations).toEqual([])
})

describe('elsewhere', async () => {
  const report = await review(await changeSetOf(memoryTree(base), memoryTree({ ...base, ...change })), {
    rules: catalog,
    rehearse: false,
  })
  test('in the summary of a job', () => {
    expect(smuggled(reportToMarkdown(report))).toEqual([])
  })
  test('in a page', () => {
    const html = reportToHtml(report)
    expect(html).not.toMatch(/[\u202a-\u202e]/)
    expect(html).not.toMatch(/<(?:img|script|b)\b|href="https?:\/\/evil/)
  })
  test('in SARIF, whose messages know links of their own', () => {
    const texts = JSON.stringify(reportToSarif(report, catalog)).match(/"message":\{"text":"(?:[^"\\]|\\.)*"/g) ?? []
    expect(texts.length).toBeGreaterThan(10)
    for (const text of texts)
      expect(JSON.parse(`{${text}}}`)).toMatchObject({
        message: { text: expect.not.stringMatching(/(?<!\\)\[[^\]]*(?<!\\)\]\(/) },
      })
  })
})
