import { execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'

const here = dirname(fileURLToPath(import.meta.url))

/** Major versions that the package.json beside this file installs. */
export const majors = [14, 15, 16, 17, 18] as const

/** A Postgres that runs until `stop`. The role `postgres` is its superuser; nobody is asked for a password. */
export interface Server {
  readonly major: number
  urlOf(user: string, database: string): string
  stop(): Promise<void>
}

/** True where the servers can run at all: they are built for Linux on x64. */
export const serversRunHere = process.platform === 'linux' && process.arch === 'x64'

/** Installs the servers where they are not installed yet; needs the registry. */
export function installServers(): void {
  if (majors.every((major) => existsSync(join(here, 'node_modules', `pg${major}`, 'native', 'bin', 'postgres')))) return
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd: here,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

/** True where `installServers` has nothing to do. */
export function serversInstalled(): boolean {
  return majors.every((major) => existsSync(join(here, 'node_modules', `pg${major}`, 'native', 'bin', 'postgres')))
}

/** Starts an empty server on a socket in a folder of its own. Postgres refuses to run as root, so root starts it as `nobody`. */
export async function startServer(major: number): Promise<Server> {
  const home = join(here, 'node_modules', `pg${major}`)
  execFileSync(process.execPath, [join(home, 'scripts', 'hydrate-symlinks.js')], { cwd: home, stdio: 'ignore' })
  const folder = mkdtempSync(join(tmpdir(), `schemagate-pg${major}-`))
  const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid)
  const run = { ...user, cwd: folder, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } }
  const data = join(folder, 'data')
  execFileSync(
    join(home, 'native', 'bin', 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'],
    { ...run, stdio: 'ignore' },
  )
  const server = spawn(
    join(home, 'native', 'bin', 'postgres'),
    [
      '-D',
      data,
      '-k',
      folder,
      '-c',
      'listen_addresses=',
      '-c',
      'fsync=off',
      '-c',
      'shared_buffers=32MB',
      '-c',
      'autovacuum=off',
      '-c',
      'timezone=UTC',
    ],
    { ...run, stdio: 'ignore' },
  )
  const gone = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  const urlOf = (name: string, database: string): string =>
    `postgresql://${encodeURIComponent(name)}@localhost/${encodeURIComponent(database)}?host=${encodeURIComponent(folder)}`
  const stop = async (): Promise<void> => {
    server.kill('SIGINT')
    await gone
    rmSync(folder, { recursive: true, force: true })
  }
  for (let tries = 0; ; tries++) {
    const client = new Client({ connectionString: urlOf('postgres', 'postgres') })
    try {
      await client.connect()
      await client.end()
      return { major, urlOf, stop }
    } catch (error) {
      if (tries === 100) {
        await stop()
        throw error
      }
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}
