import type { Node } from 'libpg-query'

/** Statements that reach outside the database that is rehearsed on, with the clause that says so. */
const refusedKinds: Readonly<Record<string, string>> = {
  CopyStmt: 'COPY moves data between the server and files or clients',
  LoadStmt: 'LOAD loads a library into the server',
  AlterSystemStmt: 'ALTER SYSTEM changes the configuration of the whole server',
  ListenStmt: 'LISTEN waits for other sessions',
  CreatedbStmt: 'it concerns the server, not this database',
  DropdbStmt: 'it concerns the server, not this database',
  AlterDatabaseStmt: 'it concerns the server, not this database',
  AlterDatabaseSetStmt: 'it names the database of production',
  AlterDatabaseRefreshCollStmt: 'it names the database of production',
  CreateTableSpaceStmt: 'tablespaces are folders of the server',
  DropTableSpaceStmt: 'tablespaces are folders of the server',
  AlterTableSpaceOptionsStmt: 'tablespaces are folders of the server',
  CreateSubscriptionStmt: 'a subscription connects to another server',
  AlterSubscriptionStmt: 'a subscription connects to another server',
  DropSubscriptionStmt: 'a subscription connects to another server',
  CreateForeignServerStmt: 'a foreign server is another server',
  AlterForeignServerStmt: 'a foreign server is another server',
  CreateUserMappingStmt: 'a foreign server is another server',
  ImportForeignSchemaStmt: 'a foreign server is another server',
  CreateFdwStmt: 'a foreign-data wrapper loads a library into the server',
  CreatePLangStmt: 'a procedural language loads a library into the server',
}

const refusedExtensions = new Set([
  'dblink',
  'postgres_fdw',
  'file_fdw',
  'adminpack',
  'pg_background',
  'http',
  'pg_net',
])
const trustedLanguages = new Set(['sql', 'plpgsql'])

/** Functions that reach files, other servers or other sessions; a `*` at the end stands for any ending. */
const refusedFunctions = [
  'dblink*',
  'lo_import',
  'lo_export',
  'pg_read_*',
  'pg_ls_*',
  'pg_stat_file',
  'pg_file_*',
  'pg_reload_conf',
  'pg_rotate_logfile',
  'pg_terminate_backend',
  'pg_cancel_backend',
  'pg_create_physical_replication_slot',
  'pg_create_logical_replication_slot',
  'pg_drop_replication_slot',
  'pg_switch_wal',
  'pg_promote',
  'pg_backup_*',
  'pg_logical_*',
  'pg_execute_server_program',
] as const

/** Texts in a body by which dynamic SQL says what is refused when it is written out: a string that begins with the word, or a call. */
const refusedStrings =
  /['$]\s*(?:copy|load|listen)\b|\balter\s+system\b|\b(?:to|from)\s+program\b|\b(?:dblink\w*|lo_import|lo_export|pg_read_file|pg_read_binary_file)\s*\(/i

/** Why a statement is never sent to a server, as one clause; null where nothing speaks against it. */
export function refusal(node: Node): string | null {
  const [kind, body] = Object.entries(node)[0] ?? ['', {}]
  const refused = refusedKinds[kind]
  if (refused !== undefined) return refused
  const fields = body as Readonly<Record<string, unknown>>
  if (kind === 'CreateExtensionStmt' && refusedExtensions.has(String(fields.extname)))
    return `the extension ${String(fields.extname)} reaches other servers or files`
  if (kind === 'TransactionStmt' && String(fields.kind).includes('PREPARE'))
    return 'prepared transactions outlive the session'
  if (kind === 'CreateFunctionStmt' || kind === 'DoStmt') {
    const options = (kind === 'DoStmt' ? fields.args : fields.options) as readonly Node[] | undefined
    const reason = bodyRefusal(options ?? [], kind === 'DoStmt' ? 'plpgsql' : 'sql')
    if (reason !== null) return reason
  }
  return functionRefusal(body)
}

/** Names of the extensions that a statement creates. */
export function createdExtension(node: Node): string | null {
  return 'CreateExtensionStmt' in node ? (node.CreateExtensionStmt.extname ?? null) : null
}

function bodyRefusal(options: readonly Node[], standard: string): string | null {
  let language = standard
  let code = ''
  for (const option of options) {
    if (!('DefElem' in option)) continue
    const { defname, arg } = option.DefElem
    if (defname === 'language' && arg !== undefined && 'String' in arg) language = (arg.String.sval ?? '').toLowerCase()
    if (defname === 'as') code = JSON.stringify(arg ?? '')
  }
  if (!trustedLanguages.has(language)) return `code in the language ${language} would run in the server's process`
  return refusedStrings.test(code) ? 'its body builds a statement that reaches outside the database' : null
}

/** Walks a parse tree without recursion for a call of a refused function. */
function functionRefusal(root: unknown): string | null {
  const open: unknown[] = [root]
  while (open.length > 0) {
    const node = open.pop()
    if (typeof node !== 'object' || node === null) continue
    if (Array.isArray(node)) {
      for (const entry of node) open.push(entry)
      continue
    }
    for (const [field, value] of Object.entries(node)) {
      if (field === 'FuncCall') {
        const name = lastName(value)
        if (
          refusedFunctions.some((refused) =>
            refused.endsWith('*') ? name.startsWith(refused.slice(0, -1)) : name === refused,
          )
        )
          return `the function ${name} reaches outside the database`
      }
      open.push(value)
    }
  }
  return null
}

function lastName(call: unknown): string {
  const names = (call as { readonly funcname?: readonly Node[] }).funcname ?? []
  const last = names.at(-1)
  return last !== undefined && 'String' in last ? (last.String.sval ?? '').toLowerCase() : ''
}
