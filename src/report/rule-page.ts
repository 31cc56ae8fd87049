import type { CatalogRule, Claims, Example } from '../engine/rule.ts'
import type { Finding } from '../finding.ts'
import { fenced } from './markdown-escape.ts'
import { count } from './verdict.ts'

/** What a test saw on one server, for the table at the end of a rule's page. */
interface Observed {
  readonly postgres: string
  readonly lock: string | null
  readonly rewrites: boolean
  readonly scans: boolean
  readonly error: string | null
}

/** What running the examples of a rule gave. */
export interface Shown {
  /** What the rule says of each bad example, in their order. */
  readonly said: readonly (readonly Finding[])[]
  /** Rows of `test/claims/observed.json`. */
  readonly observed: unknown
}

/** The page of a rule in Markdown, as `docs/rules/` keeps it. */
export function rulePage(rule: CatalogRule, { said, observed }: Shown): string {
  const facts = [
    `Group ${rule.group}`,
    `${rule.severity}${rule.enabled === false ? ', off by default' : ''}`,
    rule.once ? 'said once a review' : '',
    rule.approvable ? 'an approval lifts it' : '',
    rule.checklist ? `checklist item ${rule.checklist}` : '',
  ].filter((fact) => fact !== '')
  const options = Object.entries(rule.options ?? {})
  const claims =
    rule.claims === undefined
      ? []
      : Array.isArray(rule.claims)
        ? (rule.claims as readonly Claims[])
        : [rule.claims as Claims]
  return (
    [
      `# ${rule.id}`,
      rule.summary,
      `${facts.join(' · ')}`,
      '## Why',
      flow(rule.why),
      '## What to do',
      flow(rule.fix),
      ...(options.length > 0
        ? [
            '## Options',
            [
              '| Option | Default |',
              '| --- | --- |',
              ...options.map(([name, value]) => `| \`${name}\` | \`${JSON.stringify(value)}\` |`),
            ].join('\n'),
          ]
        : []),
      ...(claims.length > 0
        ? ['## What Postgres does', claims.map((claim) => `- ${claimText(claim)}`).join('\n')]
        : []),
      ...observedTable(observed),
      '## Found',
      ...rule.bad.map((bad, i) => [example(bad), ...(said[i] ?? []).map(quoted)].join('\n\n')),
      '## Not found',
      ...rule.good.map((good) => example(good)),
      '## Silence',
      `Switch it off or change its severity in \`.github/schemagate.yml\`: \`rules: { ${rule.id}: off }\`. For one statement, on the line above it, with \`//\` in Prisma and TypeScript:`,
      fenced(`-- schemagate-ignore ${rule.id}: the reason`, 'sql'),
      ...(rule.references.length > 0 ? ['## References', rule.references.map((link) => `- <${link}>`).join('\n')] : []),
      ...(rule.sources.length > 0
        ? ['## The same check elsewhere', rule.sources.map((source) => `\`${source}\``).join(', ')]
        : []),
    ].join('\n\n') + '\n'
  )
}

/** The list of all rules, by group. */
export function ruleIndexPage(rules: readonly CatalogRule[]): string {
  const groups = [...new Set(rules.map((rule) => rule.group))]
  return (
    [
      '# Rules',
      `${count(rules.length, 'rule')}. Each has a page with examples, which are its tests.`,
      ...groups.flatMap((group) => [
        `## ${group}`,
        [
          '| Rule | | Effect |',
          '| --- | --- | --- |',
          ...rules
            .filter((rule) => rule.group === group)
            .map(
              (rule) =>
                `| [${rule.id}](${rule.id}.md) | ${rule.enabled === false ? 'off' : rule.severity} | ${rule.summary.replaceAll('|', '\\|')} |`,
            ),
        ].join('\n'),
      ]),
    ].join('\n\n') + '\n'
  )
}

/** Removes the indentation that a template literal has from standing in code. */
export function flow(text: string): string {
  const lines = text.replace(/^\n/, '').trimEnd().split('\n')
  const indents = lines
    .slice(1)
    .filter((line) => line.trim() !== '')
    .map((line) => line.length - line.trimStart().length)
  const indent = indents.length > 0 ? Math.min(...indents) : 0
  return lines
    .map((line, i) =>
      i === 0 ? line.trimStart() : line.slice(Math.min(indent, line.length - line.trimStart().length)),
    )
    .join('\n')
}

function claimText(claim: Claims): string {
  const parts = [
    claim.lock ? `takes ${claim.lock} on the table` : '',
    claim.rewrites === undefined ? '' : claim.rewrites ? 'rewrites the table' : 'does not rewrite the table',
    claim.scans === undefined ? '' : claim.scans ? 'reads the table from end to end' : 'does not read the table',
    claim.fails ? `fails with SQLSTATE ${claim.fails}` : '',
  ].filter((part) => part !== '')
  const versions =
    claim.from && claim.to
      ? ` (PostgreSQL ${claim.from} to ${claim.to})`
      : claim.from
        ? ` (PostgreSQL ${claim.from} and later)`
        : claim.to
          ? ` (up to PostgreSQL ${claim.to})`
          : ''
  return `${parts.join(', ')}${versions}`
}

function observedTable(observed: unknown): readonly string[] {
  if (!Array.isArray(observed) || observed.length === 0) return []
  const rows = (observed as readonly Observed[]).map(
    (o) =>
      `| ${o.postgres} | ${o.lock ?? 'none'} | ${o.rewrites ? 'yes' : 'no'} | ${o.scans ? 'yes' : 'no'} | ${o.error ?? ''} |`,
  )
  return [
    'Observed with the first example below:',
    ['| PostgreSQL | Lock | Rewrites | Scans | Error |', '| --- | --- | --- | --- | --- |', ...rows].join('\n'),
  ]
}

/** What a reader of the pull request sees of a finding. */
function quoted({ severity, message, help, suggestion }: Finding): string {
  return [
    `**${message}** · ${severity}`,
    help.trimEnd(),
    ...(suggestion === null
      ? []
      : help.includes(suggestion.text)
        ? ['The comment offers it as a change of one click.']
        : ['The comment offers as a change of one click:', fenced(suggestion.text)]),
  ]
    .join('\n\n')
    .replace(/^(?=(.?))/gm, (_, next: string) => (next === '' ? '>' : '> '))
}

function example(shown: Example): string {
  const setting = [
    shown.runner ? `runner ${shown.runner}` : '',
    shown.postgres ? `PostgreSQL ${shown.postgres}` : '',
    ...Object.entries(shown.options ?? {}).map(([name, value]) => `\`${name}: ${JSON.stringify(value)}\``),
    ...Object.entries(shown.rows ?? {}).map(([table, rows]) => `${table} has ${rows.toLocaleString('en')} rows`),
  ].filter((part) => part !== '')
  const files = shown.sql === undefined ? [] : typeof shown.sql === 'string' ? [shown.sql] : shown.sql
  return [
    [shown.title ?? '', setting.length > 0 ? `(${setting.join(', ')})` : ''].filter(Boolean).join(' '),
    ...(shown.given ? [`Given`, fenced(flow(shown.given), 'sql')] : []),
    ...files.map((sql, i) => (files.length > 1 ? `Migration ${i + 1}\n\n` : '') + fenced(flow(sql), 'sql')),
    ...(shown.prisma ? sides(shown.prisma, 'prisma') : []),
    ...(shown.drizzle ? sides(shown.drizzle, 'ts') : []),
    ...(shown.was ? ['Before', fenced(flow(shown.was), 'ts'), 'After'] : []),
    ...(shown.typescript ? [fenced(flow(shown.typescript), 'ts')] : []),
    ...Object.entries(shown.files ?? {}).map(([path, text]) => `\`${path}\`\n\n${fenced(flow(text))}`),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

/** A schema file before and after; once where it is new or stays as it is. */
function sides({ before, after }: { readonly before: string; readonly after: string }, language: string) {
  const block = fenced(flow(after), language)
  return before.trim() === '' || before === after ? [block] : ['Before', fenced(flow(before), language), 'After', block]
}
