#!/usr/bin/env node
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { catalog } from '../rules/index.ts'
import type { Command, Io } from './commands/io.ts'
import { usageOf, usages } from './commands/usage.ts'
import { SchemagateError } from './errors.ts'
import { didYouMean } from './spelling.ts'
import { version } from './version.ts'

const commands: Readonly<Record<keyof typeof usages, () => Promise<Command>>> = {
  review: async () => (await import('./commands/review.ts')).reviewCommand(catalog),
  lint: async () => (await import('./commands/lint.ts')).lintCommand(catalog),
  schema: async () => (await import('./commands/schema.ts')).schemaCommand,
  diff: async () => (await import('./commands/diff.ts')).diffCommand,
  rules: async () => (await import('./commands/rules.ts')).rulesCommand(catalog),
  explain: async () => (await import('./commands/explain.ts')).explainCommand(catalog),
  plan: async () => (await import('./commands/plan.ts')).planCommand,
  stats: async () => (await import('./commands/stats.ts')).run,
  replay: async () => (await import('./commands/replay.ts')).replayCommand(catalog),
  serve: async () => (await import('./commands/serve.ts')).serveCommand,
}

async function main(argv: readonly string[], io: Io): Promise<number> {
  const [name, ...args] = argv
  if (name === '--version' || name === '-v' || name === 'version') {
    io.stdout(`${version}\n`)
    return 0
  }
  const isHelp = name === 'help' || name === '--help' || name === '-h'
  const about = isHelp ? args[0] : name
  if (about === undefined) {
    io.stdout(usage())
    return isHelp ? 0 : 2
  }
  const known = Object.values(usages).find((command) => command.name === about)
  if (known === undefined)
    throw new SchemagateError(
      'usage',
      `schemagate: there is no command "${about}".${didYouMean(about, Object.keys(usages))} The commands are: ${Object.keys(usages).join(', ')}`,
    )
  if (isHelp || args.includes('--help') || args.includes('-h')) {
    io.stdout(usageOf(known))
    return 0
  }
  return (await commands[known.name]())(args, io)
}

function usage(): string {
  const width = Math.max(...Object.keys(usages).map((name) => name.length))
  const lines = Object.values(usages).map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`)
  return `schemagate ${version}: reviews the database side of a change\n\nUsage: schemagate <command> [options]\n\n${lines.join('\n')}\n\n\`schemagate <command> --help\` lists the options of one; --verbose shows where an error comes from.\nExit status: 0 nothing at the fail level, 1 an unapproved finding at the fail level, 2 the work could not be done.\n`
}

function processIo(): Io {
  const started = Date.now()
  let shown = false
  const io: Io = {
    cwd: process.cwd(),
    isTerminal: process.stdout.isTTY === true && !process.env.NO_COLOR,
    environment: process.env,
    stdout: (text) => {
      clear()
      process.stdout.write(text)
    },
    stderr: (text) => {
      clear()
      process.stderr.write(text)
    },
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
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
})
main(
  process.argv.slice(2).filter((argument) => argument !== '--verbose'),
  processIo(),
).then(
  (status) => {
    process.exitCode = status
  },
  (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error)
    process.stderr.write(
      `${verbose && error instanceof Error ? (error.stack ?? message) : (message.split('\n')[0] ?? message)}\n`,
    )
    process.exitCode = 2
  },
)
