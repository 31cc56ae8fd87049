import { configureGlobal } from 'fast-check'

/** The same cases on every machine: `FAST_CHECK_SEED=1 npx vitest run …` looks at others. */
configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20261122) })
