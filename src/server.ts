import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { run } from 'probot'
import { catalog } from '../rules/index.ts'
import { SchemagateError } from './errors.ts'
import { coreOf } from './github/core.ts'
import { readEnvironment } from './github/environment.ts'
import type { ServerSettings } from './github/environment.ts'
import { startServer, stopTimeout } from './github/server.ts'

/** Runs the server of this process's environment until it is told to stop. Gives the exit status. */
export async function serve(stderr: (text: string) => void): Promise<number> {
  loadDotEnv()
  let settings: ServerSettings | null
  try {
    settings = readEnvironment(process.env)
    if (settings === null) {
      await register()
      return await forever()
    }
    const server = await startServer(settings, coreOf(catalog))
    await signalled()
    const hard = setTimeout(() => { process.exit(1) }, stopTimeout + 5_000)
    hard.unref()
    await server.stop()
    return 0
  } catch (error) {
    if (!(error instanceof SchemagateError) && (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    stderr(`${(error as Error).message}\n`)
    return 2
  }
}

/** `.env` of the working directory, which the registration writes; what the environment says already wins. */
function loadDotEnv(): void {
  try {
    process.loadEnvFile()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/** Serves the page that registers an app on GitHub with the permissions of `app.yml`, on this machine only. */
async function register(): Promise<void> {
  process.env['NO_SMEE_SETUP'] ??= 'true'
  process.env['HOST'] = 'localhost'
  await run(() => undefined)
}

function forever(): Promise<number> {
  return signalled().then(() => 0)
}

function signalled(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => { resolve() })
    process.once('SIGINT', () => { resolve() })
  })
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exit(await serve((text) => { process.stderr.write(text) }))
}
