import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { SchemagateError } from '../errors.ts'
import { quoted, sqlError } from './session.ts'

/** A database of its own on a real server. */
export interface ScratchDatabase {
  readonly url: string
  readonly name: string
  /** Drops it with all connections to it. Never throws. */
  drop(): Promise<void>
}

const prefix = 'schemagate_rehearsal_'
/** Until then a database may be about to be used, and until `longestSeconds` it may be in use. */
const youngestSeconds = 60
const longestSeconds = 3600

type Server = {
  /** True where the role is or may become one that may do anything, or that may make and grant roles. */
  readonly superuser: boolean
  readonly createrole: boolean
  readonly createdb: boolean
  /** Predefined roles that reach files or programs of the server's host, other servers or other sessions. */
  readonly reaches: readonly string[]
  readonly others: readonly string[]
  readonly tables: number
  readonly major: number
}

const lookSql = `
select r.rolcreatedb as createdb, current_setting('server_version_num')::int / 10000 as major,
  (select bool_or(g.rolsuper) from pg_roles g where pg_has_role(current_user, g.oid, 'member')) as superuser,
  (select bool_or(g.rolcreaterole) from pg_roles g where pg_has_role(current_user, g.oid, 'member')) as createrole,
  (select coalesce(json_agg(g.rolname), '[]') from pg_roles g
    where g.rolname in ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files', 'pg_create_subscription', 'pg_signal_backend') and pg_has_role(current_user, g.oid, 'member')) as reaches,
  (select coalesce(json_agg(d.datname), '[]') from pg_database d
    where not d.datistemplate and d.datname not in ('postgres', current_database()) and not starts_with(d.datname, '${prefix}')) as others,
  (select count(*)::int from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_toast') as tables
from pg_roles r where r.rolname = current_user`

/**
 * Makes an empty database beside the one that the address names and drops those that an earlier rehearsal left behind. Throws
 * `SchemagateError`, its message one clause without a subject, for a role that could reach the server's host, and, unless `shared`, for a server that holds anything else.
 * `?shared=true` in the address says `shared` too.
 */
export async function makeScratchDatabase(address: string, shared: boolean): Promise<ScratchDatabase> {
  const url = readUrl(address)
  const told = shared || url.searchParams.get('shared') === 'true'
  url.searchParams.delete('shared')
  const server = url.toString()
  const name = `${prefix}${Math.floor(Date.now() / 1000)}_${randomBytes(4).toString('hex')}`
  const settings = await withClient(server, async (client) => {
    const seen = (await client.query<Server>(lookSql)).rows[0]
    if (seen === undefined) throw new SchemagateError('rehearsal', 'it does not tell what its role may do')
    const refusal = refusalOf(seen, told)
    if (refusal !== null) throw new SchemagateError('rehearsal', refusal)
    await dropStale(client)
    await client.query(`create database ${quoted(name)} template template0 encoding 'UTF8'`)
    // So that a statement without an end notices that its client was killed; servers before 14 do not know how.
    await client
      .query(`alter database ${quoted(name)} set client_connection_check_interval = '1s'`)
      .catch(() => undefined)
    return settingsOf(client)
  })
  const own = new URL(server)
  own.pathname = `/${name}`
  return {
    url: own.toString(),
    name,
    drop: () =>
      withClient(server, async (client) => {
        await client.query(`drop database if exists ${quoted(name)} with (force)`)
        await restoreSettings(client, settings)
      }).catch(() => undefined),
  }
}

/** The settings of the role itself, which a migration may change for every session that follows. */
async function settingsOf(client: Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ readonly setconfig: readonly string[] }>(
    'select s.setconfig from pg_db_role_setting s join pg_roles r on r.oid = s.setrole where s.setdatabase = 0 and r.rolname = current_user',
  )
  return rows[0]?.setconfig ?? []
}

async function restoreSettings(client: Client, settings: readonly string[]): Promise<void> {
  if (JSON.stringify(await settingsOf(client)) === JSON.stringify(settings)) return
  await client.query('alter role current_user reset all')
  for (const setting of settings) {
    const cut = setting.indexOf('=')
    await client.query('select set_config($1, $2, false)', [setting.slice(0, cut), setting.slice(cut + 1)])
    await client.query(
      `alter role current_user set ${setting.slice(0, cut).split('.').map(quoted).join('.')} from current`,
    )
  }
}

function refusalOf(seen: Server, shared: boolean): string | null {
  if (seen.superuser)
    return 'its role is a superuser or may become one, so that a migration could run programs on the host. Use a role with CREATEDB and nothing else'
  if (seen.createrole)
    return 'its role may create and grant roles, so that a migration could reach the host. Use a role with CREATEDB and nothing else'
  const [reach] = seen.reaches
  if (reach !== undefined)
    return `its role is a member of ${reach}, so that a migration could reach beyond its database. Use a role with CREATEDB and nothing else`
  if (!seen.createdb) return 'its role may not create databases. Give it CREATEDB'
  if (seen.major < 13) return 'it is older than PostgreSQL 13'
  if (shared) return null
  const [other] = seen.others
  if (other !== undefined)
    return 'it holds other databases besides. Use a server of its own, or add ?shared=true to the address'
  return seen.tables > 0
    ? 'the database of the address holds tables. Use a server of its own, or add ?shared=true to the address'
    : null
}

function readUrl(address: string): URL {
  try {
    const url = new URL(address)
    if (url.protocol === 'postgres:' || url.protocol === 'postgresql:') return url
  } catch {
    // said below: an address may hold a password, so it is not repeated
  }
  throw new SchemagateError('rehearsal', 'its address is not a postgresql:// URL')
}

/** Drops the databases of rehearsals that were killed together with what watched them; their names tell their age. */
async function dropStale(client: Client): Promise<void> {
  const { rows } = await client.query<{ readonly datname: string }>(
    `select d.datname from pg_database d join pg_roles r on r.oid = d.datdba where starts_with(d.datname, '${prefix}') and r.rolname = current_user`,
  )
  const now = Math.floor(Date.now() / 1000)
  for (const { datname } of rows) {
    const age = now - Number(datname.slice(prefix.length).split('_')[0])
    const force = age > longestSeconds ? ' with (force)' : ''
    if (age > youngestSeconds)
      await client.query(`drop database if exists ${quoted(datname)}${force}`).catch(() => undefined)
  }
}

/** Whatever the role's own settings have become. */
const ownSettings =
  'set default_transaction_read_only = off; set statement_timeout = 0; set lock_timeout = 0; set search_path = pg_catalog'

async function withClient<T>(url: string, act: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, application_name: 'schemagate', connectionTimeoutMillis: 10_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query(ownSettings)
    return await act(client)
  } catch (error) {
    if (error instanceof SchemagateError) throw error
    throw new SchemagateError('rehearsal', reasonOf(error), { cause: error })
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Why a server cannot be used, in words that give nothing away of where it is: they are shown in pull requests. */
function reasonOf(error: unknown): string {
  const { code, message } = sqlError(error)
  if (!/^[0-9A-Z]{5}$/.test(code) || code === 'XX000')
    return `it cannot be reached${/^E[A-Z]+$/.test(code) ? ` (${code})` : ''}`
  return code.startsWith('28') ? 'it refuses the login' : message
}
