import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** Tests that need real servers: `npm run test:claims` installs these first. */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('.', import.meta.url)),
    include: ['*.matrix.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 1,
  },
})
