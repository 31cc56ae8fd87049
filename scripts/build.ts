import { existsSync } from 'node:fs'
import { chmod, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import packageJson from '../package.json' with { type: 'json' }

const root = fileURLToPath(new URL('..', import.meta.url))

/** Entry points by the name of what they become in `dist/`. */
const entries = {
  cli: 'src/cli.ts',
  server: 'src/server.ts',
  action: 'src/action.ts',
  'rehearsal-child': 'src/rehearsal/child.ts',
}

await rm(`${root}dist`, { recursive: true, force: true })
await build({
  absWorkingDir: root,
  entryPoints: Object.fromEntries(Object.entries(entries).filter(([, path]) => existsSync(`${root}${path}`))),
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'linked',
  sourcesContent: false,
  external: Object.keys(packageJson.dependencies),
  logLevel: 'warning',
})
await chmod(`${root}dist/cli.js`, 0o755)
