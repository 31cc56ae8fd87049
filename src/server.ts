import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { catalog } from '../rules/index.ts'
import { SchemagateError } from './errors.ts'
import { coreOf } from './github/core.ts'
import { readEnvironment } from './github/server/environment.ts'
import { startRegistration } from './github/server/registration.ts'
import { startServer, stopTimeout } from './github/server/start.ts'

/** Runs the server of this process's environment until it is told to stop. Gives the exit status. */
export async function serve(stderr: (text: string) => void): Promise<number> {
  const told = signalled()
  try {
    loadDotEnv()
    let settings = readEnvironment(process.env)
    if (settings === null) {
      if ((await register(stderr, told)) === 'told to stop') return 0
      loadDotEnv()
      settings = readEnvironment(process.env)
      if (settings === null)
        throw new SchemagateError('bad-environment', 'starting the server: the registration left no credentials behind')
    }
    const server = await startServer(settings, coreOf(catalog))
    await told
    const hard = setTimeout(() => {
      process.exit(1)
    }, stopTimeout + 5_000)
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
async function register(stderr: (text: string) => void, told: Promise<void>): Promise<'registered' | 'told to stop'> {
  const registration = await startRegistration({
    port: Number(process.env['PORT'] || 3000),
    envFile: resolve('.env'),
    environment: process.env,
  })
  stderr(
    `No credentials are set. Open ${registration.url} on this machine to register the app, or set APP_ID, PRIVATE_KEY and WEBHOOK_SECRET.\n`,
  )
  const end = await Promise.race([
    registration.done.then(() => 'registered' as const),
    told.then(() => 'told to stop' as const),
  ])
  await registration.close()
  return end
}

function signalled(): Promise<void> {
  return new Promise((end) => {
    process.once('SIGTERM', () => {
      end()
    })
    process.once('SIGINT', () => {
      end()
    })
  })
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exit(
    await serve((text) => {
      process.stderr.write(text)
    }),
  )
}
