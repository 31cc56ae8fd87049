import { readMarker } from '../../src/github/markers.ts'
import { mergeable } from '../../test/github/people/branches.ts'
import { latestRun } from '../../test/github/world.ts'
import type { Shown } from './shown.ts'

const isColoured = process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined
const paint = (code: number, text: string) => (isColoured ? `\u001b[${code}m${text}\u001b[0m` : text)

/** What GitHub would show of a pull request, for a terminal. */
export function printPull({ pull, repository, what, usage }: Shown): string {
  const run = latestRun(repository, 'schemagate', pull.headSha)
  const colour = run?.conclusion === 'success' ? 32 : run?.conclusion === 'neutral' ? 33 : 31
  const sticky = pull.comments.find((c) => readMarker(c.body)?.kind === 'sticky')
  const threads = pull.threads.filter((t) => readMarker(t.comments[0]?.body ?? '')?.kind === 'finding')
  const allowed = mergeable(repository, pull.headSha)
  return [
    paint(1, `━━ ${repository.owner}/${repository.name} #${pull.number}: ${what}`),
    '',
    `${paint(1, 'check run')}  ${paint(colour, run?.conclusion ?? 'none')}  ${run?.output.title ?? ''}`,
    ...threads.flatMap((t) => [
      '',
      paint(1, `comment  ${t.path} line ${t.startLine === null ? '' : `${t.startLine} to `}${t.line ?? '?'}`),
      indent(visible(t.comments[0]?.body ?? '')),
    ]),
    ...(run?.annotations ?? []).flatMap((a) => [
      '',
      paint(1, `annotation  ${String(a['path'])} line ${String(a['start_line'])}`),
      indent(String(a['message'])),
    ]),
    ...(sticky === undefined ? [] : ['', paint(1, 'sticky comment'), indent(visible(sticky.body))]),
    '',
    paint(
      2,
      `merge ${allowed.allowed ? 'allowed' : `blocked (${allowed.reason})`}; ${usage.calls} calls to GitHub, ${usage.depth} deep, ${Math.round(usage.milliseconds)} ms`,
    ),
    '',
    '',
  ].join('\n')
}

function visible(markdown: string): string {
  return markdown.replace(/<!--.*?-->/gs, '').trimEnd()
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`))
    .join('\n')
}
