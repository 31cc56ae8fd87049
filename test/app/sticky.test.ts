import { at } from '../../src/location.ts'
import { expect, test } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { checklistDetails } from '../../src/report/checklist.ts'
import { schemaChanges } from '../../src/report/changes.ts'
import { defaultConfig } from '../../src/config/types.ts'
import type { Config } from '../../src/config.ts'
import { gate } from '../../src/engine/approvals.ts'
import { approvedParts, howToApprove } from '../../src/report/check-run.ts'
import { inlineComment } from '../../src/report/comment.ts'
import { picturesMarkdown } from '../../src/report/picture.ts'
import { stickyComment } from '../../src/report/sticky.ts'
import { sortFindings, verdict } from '../../src/report/verdict.ts'
import { review } from '../../src/review.ts'

const base = {
  'migrations/1.sql':
    'CREATE TABLE users (id bigint PRIMARY KEY, email text, "a|b" text);\nCREATE TABLE orders (id bigint PRIMARY KEY);\n',
}

async function reportOf(sql: string) {
  return review(await changeSetOf(memoryTree(base), memoryTree({ ...base, 'migrations/2.sql': sql })), {
    rules: catalog,
    rehearse: false,
  })
}

test('the sticky comment says the verdict, the findings, the schema, what applies of the checklist and the way back, in this order', async () => {
  const report = await reportOf(
    'ALTER TABLE users ADD COLUMN name text;\nCREATE INDEX users_email_idx ON users (email);\nALTER TABLE users DROP COLUMN "a|b";\n',
  )
  const text = stickyComment(report, {
    links: { server: null, repository: 'https://github.test/octo/shop', head: report.head },
    author: 'ann',
    base: 'main',
    wanted: [],
    approvals: defaultConfig.approvals,
    room: 60_000,
  })
  const parts = [
    '### Schemagate: 2 things stop this merge',
    '| error |',
    '| approval `',
    'To approve: comment `/schemagate approve',
    '**Schema**: `users` + `name` text, + index `users_email_idx`, − `a|b`',
    '<summary>Picture</summary>',
    '<summary>Checklist: 1 fails',
    '| `backup` | fail | nobody has approved what loses data: [`migrations/2.sql:3`](https://github.test/octo/shop/blob/',
    'Not applicable: `queries-use-indexes`',
    '<summary>Rollback</summary>',
    '<sub>Reviewed `',
  ]
  const places = parts.map((part) => text.indexOf(part))
  expect(places, text).toEqual(places.toSorted((a, b) => a - b))
  expect(places, text).not.toContain(-1)
  expect(text).not.toContain('| not-applicable |')
  expect(text).toMatch(
    /<sub>Reviewed `\w*` against `main` `\w*`: 1 file, 3 statements, judged for PostgreSQL 15 \(assumed\)\. `\/schemagate recheck` · `\/schemagate help`<\/sub>$/,
  )
})

test('the title says that there are notes also where no schema changes', async () => {
  const report = await reportOf('')
  const note = {
    kind: 'unsupported',
    blocking: false,
    path: 'migrations/shared',
    line: 1,
    message: 'A submodule.',
  } as const
  expect(verdict({ ...report, findings: [], notes: [] })).toBe('No schema changes')
  expect(verdict({ ...report, findings: [], notes: [note] })).toBe('No schema changes, 1 note')
})

test('changes of many tables are a folded table; a checklist of which nothing applies is left out', async () => {
  const report = await reportOf(
    ['a', 'b', 'c', 'd'].map((name) => `CREATE TABLE ${name} (id bigint PRIMARY KEY);`).join('\n'),
  )
  expect(schemaChanges(report)).toEqual([
    '<details><summary>Schema: 4 tables created</summary>\n\n| Table | Changes |\n| --- | --- |\n| `a` | new, 1 column |\n| `b` | new, 1 column |\n| `c` | new, 1 column |\n| `d` | new, 1 column |\n</details>',
  ])
  const others = report.checklist.map((entry) => ({ ...entry, status: 'not-applicable' as const }))
  expect(checklistDetails({ ...report, checklist: others }, null)).toEqual([])
})

test('places in the evidence of the checklist lead to their lines, whatever stands in a name', async () => {
  const report = await reportOf('ALTER TABLE users DROP COLUMN email;\n')
  const checklist = [
    {
      item: 'backup' as const,
      status: 'fail' as const,
      evidence: `seen at db/(a)/x|y.sql:3, <b>c.sql:4, ${at({ path: 'my app/e.sql', line: 6 })} and \`d.sql:5\` (f/(g)/h.ts:7, (i)/j.ts:8)`,
    },
  ]
  const links = { server: null, repository: 'https://github.test/o/r', head: 'abc' }
  expect(checklistDetails({ ...report, checklist }, links)[0]).toContain(
    '| seen at [`db/(a)/x\\|y.sql:3`](https://github.test/o/r/blob/abc/db/%28a%29/x%7Cy.sql#L3), [`<b>c.sql:4`](https://github.test/o/r/blob/abc/%3Cb%3Ec.sql#L4), [`my app/e.sql:6`](https://github.test/o/r/blob/abc/my%20app/e.sql#L6) and `d.sql:5` ([`f/(g)/h.ts:7`](https://github.test/o/r/blob/abc/f/%28g%29/h.ts#L7), [`(i)/j.ts:8`](https://github.test/o/r/blob/abc/%28i%29/j.ts#L8)) |',
  )
})

test('what the pull request silences says why, escaped, and every approval that is missing has its command', async () => {
  const report = await reportOf(
    '-- schemagate-ignore require-concurrent-index: @dba said <b>so</b>\nCREATE INDEX users_email_idx ON users (email);\nALTER TABLE users DROP COLUMN email;\n',
  )
  const { needed } = sortFindings(report)
  expect(needed.map((f) => f.rule).toSorted()).toEqual(['no-drop-column', 'require-concurrent-index'])
  const [index] = needed.filter((f) => f.rule === 'require-concurrent-index')
  const links = { server: null, repository: 'https://github.test/o/r', head: 'abc' }
  const text = stickyComment(report, {
    links,
    author: 'ann',
    base: 'main',
    wanted: [],
    approvals: defaultConfig.approvals,
    room: 60_000,
  })
  expect(text).toContain('The pull request silences it: @\u200bdba said \\<b\\>so\\</b\\>')
  expect(inlineComment(index!, links, false)).toContain(
    'The pull request silences it: @\u200bdba said \\<b\\>so\\</b\\>\n\nIf this is meant: `/schemagate approve',
  )
  const commands = needed.map((f) => `\`/schemagate approve ${f.fingerprint.slice(0, 4)} reason: …\``)
  const asked = (require: Config['backup']['require']) => {
    const gates = { labels: [], staged: null }
    const { needed } = sortFindings(
      gate(report, [], gates, { ...defaultConfig, backup: { require } }, new Date()).report,
    )
    return howToApprove(needed, defaultConfig.approvals)
  }
  expect(asked('off')).toContain(`${commands.join(', ')}, a line each. Anyone`)
  expect(asked('approval')).toContain(`${commands.join(', ')}, a line each; the reason says where the backup is.`)
  expect(howToApprove([needed[0]!, ...needed, needed[1]!], defaultConfig.approvals)).toContain(
    ' and so on, a line each',
  )
})

test('there is a picture of tables and columns that change, none of what changes indexes only', async () => {
  expect(picturesMarkdown(await reportOf('CREATE INDEX CONCURRENTLY i ON users (email);\n'))).toEqual([])
  expect(picturesMarkdown(await reportOf('ALTER TABLE users ADD COLUMN n int;\n'))).toHaveLength(1)
})

test('what a click applies is not shown a second time', async () => {
  const report = await reportOf('CREATE INDEX users_email_idx ON users (email);\n')
  const index = report.findings.find((f) => f.rule === 'require-concurrent-index')
  const links = { server: null, repository: 'https://github.test/o/r', head: 'abc' }
  const text = inlineComment(index!, links, true)
  expect(text).toContain(
    'outside a transaction:\n```suggestion\nCREATE INDEX CONCURRENTLY users_email_idx ON users (email);\n```',
  )
  expect(text.match(/CREATE INDEX CONCURRENTLY/g)).toHaveLength(1)
  expect(inlineComment(index!, links, false)).toContain('```sql\nCREATE INDEX CONCURRENTLY')
})

test('many approvals are folded away, with who gave them in view', async () => {
  const report = await reportOf('ALTER TABLE users DROP COLUMN email;\n')
  const links = { server: null, repository: 'https://github.test/octo/shop', head: report.head }
  const given = (by: string, reason: string) =>
    report.findings
      .filter((f) => f.approvable)
      .map((f) => ({
        ...f,
        approval: { state: 'given' as const, by, reason, until: '2026-12-24', wantsBackup: true },
      }))
  const one = given('ann', 'lake')
  expect(approvedParts(Array(6).fill(one[0]), links)).toEqual([
    expect.stringMatching(
      /^\*\*Approved\*\* by `ann` until 2026-12-24: lake\n\n<details><summary>6 findings<[^]*line 1/,
    ),
  ])
  const each = ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((reason) => given(reason === 'f' ? 'ben' : 'ann', reason))
  expect(approvedParts(each.slice(1), links)).toHaveLength(5)
  expect(approvedParts(each, links)).toEqual([
    expect.stringMatching(
      /^<details><summary>6 approvals by <code>ann<\/code>, <code>ben<\/code><[^]*: a\n- [^]*: f\n- /,
    ),
  ])
})

test('what stops a merge is counted by the fail level', async () => {
  const sql = 'CREATE INDEX users_email_idx ON users (email);\nALTER TABLE users DROP COLUMN "a|b";\n'
  const report = await reportOf(sql)
  const headline = (failOn: 'error' | 'warning' | 'never', findings = report.findings) =>
    stickyComment(
      { ...report, failOn, findings },
      {
        links: { server: null, repository: 'https://github.test/octo/shop', head: report.head },
        author: 'ann',
        base: 'main',
        wanted: [{ environment: null, label: 'tested' }],
        approvals: defaultConfig.approvals,
        room: 60_000,
      },
    ).split('\n')[0]
  const milder = report.findings.map((f) => (f.approvable ? f : { ...f, severity: 'warning' as const }))
  expect([headline('error'), headline('never'), headline('error', milder), headline('warning', milder)]).toEqual([
    '### Schemagate: 3 things stop this merge',
    '### Schemagate: 3 things to look at, nothing stops this merge',
    '### Schemagate: 2 things stop this merge, 2 to look at',
    '### Schemagate: 4 things stop this merge',
  ])
  expect(verdict(report, [{ environment: null, label: 'tested' }])).toContain('label tested missing')
})
