#!/usr/bin/env node
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { catalog } from '../rules/index.ts'
import type { Command, Io } from './commands/io.ts'
import { SchemagateError } from './errors.ts'
import { version } from './version.ts'

const commands: Readonly<Record<string, { readonly summary: string; readonly load: () => Promise<Command> }>> = {
  review: { summary: 'review a git range or the working tree', load: async () => (await import('./commands/review.ts')).reviewCommand(catalog) },
  lint: { summary: 'lint SQL files on their own', load: async () => (await import('./commands/lint.ts')).lintCommand(catalog) },
  schema: { summary: 'print the schema of a commit', load: async () => (await import('./commands/schema.ts')).schemaCommand },
  diff: { summary: 'print the schema changes of a range', load: async () => (await import('./commands/diff.ts')).diffCommand },
  rules: { summary: 'list the catalog', load: async () => (await import('./commands/rules.ts')).rulesCommand(catalog) },
  explain: { summary: 'show the page of a rule', load: async () => (await import('./commands/explain.ts')).explainCommand(catalog) },
  plan: { summary: 'rollback, backfill and deploy order', load: async () => (await import('./commands/plan.ts')).planCommand },
  stats: { summary: 'print the query that measures table sizes', load: async () => (await import('./commands/stats.ts')).run },
  replay: { summary: 'reproduce the decision of a recorded delivery', load: async () => (await import('./commands/replay.ts')).replayCommand(catalog) },
  serve: { summary: 'run the server', load: async () => (await import('./commands/serve.ts')).serveCommand },
}

async function main(argv: readonly string[], io: Io): Promise<number> {
  const [name, ...args] = argv
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    io.stdout(usage())
    return name === undefined ? 2 : 0
  }
  if (name === '--version' || name === '-v') {
    io.stdout(`${version}\n`)
    return 0
  }
  const command = commands[name]
  if (!command) throw new SchemagateError('usage', `schemagate: there is no command "${name}". The commands are: ${Object.keys(commands).join(', ')}`)
  return (await command.load())(args, io)
}

function usage(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length))
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`)
  return `schemagate ${version}: reviews the database side of a change\n\nUsage: schemagate <command> [options]\n\n${lines.join('\n')}\n\nExit status: 0 nothing at the fail level, 1 an unapproved finding at the fail level, 2 the work could not be done.\n`
}

function processIo(): Io {
  const started = Date.now()
  let shown = false
  const io: Io = {
    cwd: process.cwd(),
    isTerminal: process.stdout.isTTY === true && !process.env.NO_COLOR,
    environment: process.env,
    stdout: (text) => { clear(); process.stdout.write(text) },
    stderr: (text) => { clear(); process.stderr.write(text) },
    progress: (doing) => {
      if (!process.stderr.isTTY || Date.now() - started < 1000) return
      process.stderr.write(`\r\u001b[2K${doing} …`)
      shown = true
    },
    readStdin: async () => {
      const chunks: Buffer[] = []
      for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
      return Buffer.concat(chunks).toString('utf8')
    },
    writeFile: (path, text) => writeFile(resolve(process.cwd(), path), text),
  }
  const clear = () => {
    if (shown) process.stderr.write('\r\u001b[2K')
    shown = false
  }
  return io
}

const verbose = process.argv.includes('--verbose')
process.stdout.on('error', (error: NodeJS.ErrnoException) => { if (error.code === 'EPIPE') process.exit(0) })
main(process.argv.slice(2).filter((argument) => argument !== '--verbose'), processIo()).then(
  (status) => { process.exitCode = status },
  (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error)
    process.stderr.write(`${verbose && error instanceof Error ? error.stack ?? message : message.split('\n')[0] ?? message}\n`)
    process.exitCode = 2
  },
)
