import { existsSync } from 'node:fs'
import { chmod, copyFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { templateArchive } from '../src/rehearsal/files.ts'
import { buildSandboxScript, sandboxScripts } from '../src/schema/drizzle/sandbox.ts'
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
for (const name of sandboxScripts) await writeFile(`${root}dist/${name}.js`, await buildSandboxScript(name))
await chmod(`${root}dist/cli.js`, 0o755)

/** The embedded Postgres of a rehearsal starts from this archive, which takes seconds to make and is kept beside the packages. */
await copyFile(await templateArchive(`${root}node_modules/.cache/schemagate`), `${root}dist/rehearsal-template.tar.gz`)
