/**
 * Measures the project on real schemas: `npm run corpus [-- SECTION…] [--corpus DIR] [--repos DIR] [--commits N] [--phase P] [--output FILE]`.
 * The data stands outside of the repository; where it is absent the script says so and is done. A section is a file of scripts/corpus/ that exports `run`.
 */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { CorpusOptions } from './corpus/options.ts'

interface Section {
  run(options: CorpusOptions): Promise<boolean>
}

const sections: Readonly<Record<string, () => Promise<Section>>> = {
  migrations: () => import('./corpus/migrations.ts'),
  plans: () => import('./corpus/plans.ts'),
  drizzle: () => import('./corpus/drizzle.ts'),
  prisma: () => import('./corpus/prisma.ts'),
  rehearsal: () => import('./corpus/rehearsal.ts'),
  reviews: () => import('./corpus/reviews.ts'),
  rollback: () => import('./corpus/rollback.ts'),
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    corpus: { type: 'string' },
    repos: { type: 'string' },
    commits: { type: 'string', default: '8' },
    phase: { type: 'string', default: '0' },
    output: { type: 'string' },
  },
})
const corpus = values.corpus ?? fileURLToPath(new URL('../../shared/corpus/', import.meta.url))
const wanted = positionals.length > 0 ? positionals : Object.keys(sections)

if (existsSync(corpus)) {
  for (const name of wanted) {
    const load = sections[name]
    if (load === undefined) {
      console.error(`there is no section ${name}; there are ${Object.keys(sections).join(', ')}`)
      process.exitCode = 2
      continue
    }
    console.log(`\n# ${name}\n`)
    const { run } = await load()
    if (
      !(await run({
        corpus,
        repos: values.repos ?? null,
        commits: Number(values.commits),
        phase: Number(values.phase),
        output: values.output ?? null,
      }))
    )
      process.exitCode = 1
  }
} else console.log('skipped: the corpus of real schemas is not here')
