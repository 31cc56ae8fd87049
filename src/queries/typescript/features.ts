import { inTests } from '../../project/paths.ts'
import { Remembered } from '../remember.ts'

/** What a text holds that makes it worth parsing, told from its characters alone. */
export interface Features {
  /** Names before a method of Prisma Client: `user` of `prisma.user.findMany(`. */
  readonly delegates: readonly string[]
  /** Names that stand where Drizzle takes a table: `.from(users)`, `.query.users.findMany(`. */
  readonly tables: readonly string[]
  /** Raw SQL of some client. */
  readonly raw: boolean
  /** Declares Drizzle tables or relations. */
  readonly definesTables: boolean
  /** Makes or extends a database client or a cache, writes to one, or says how a replica is used. */
  readonly setup: boolean
  /** Transaction callbacks. */
  readonly transactions: boolean
  /** The specifiers of its imports and exports, as written. */
  readonly imports: readonly string[]
  /** Exports what it imports. */
  readonly passesOn: boolean
  /** Loops and waits or renders, so that it may run a query once for each element. */
  readonly loops: boolean
  /** Holds parts of queries that other files may send: `where`, `select` and `include` in an object. */
  readonly fragments: boolean
  /** Names a table as a string, as query builders do that are not read: `from('users')`. */
  readonly otherBuilder: boolean
}

const methods =
  /\.\s*(?:findMany|findFirst|findUnique|findFirstOrThrow|findUniqueOrThrow|create|createMany|createManyAndReturn|update|updateMany|updateManyAndReturn|upsert|delete|deleteMany|count|aggregate|groupBy)\s*[(<]/g
const tables =
  /\.\s*(?:from|insert|update|delete|\$count|query)\s*(?:\(\s*|\.\s*)([A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)?)/g
const raw =
  /\$(?:queryRaw|executeRaw)|\bsql(?:<[^`\n]{0,80}>)?`|\.(?:unsafe|raw)\(|\.query\(\s*[`'"{\w]|\.execute\(|[\w>]\(\s*[`'"]\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH|select|insert|delete)\s/
const defines =
  /\b(?:pg|mysql|sqlite|singlestore)(?:Table|Schema|MaterializedView|View)\b|TableCreator\b|\brelations\(|\bdefineRelations\b/
const setup =
  /\b(?:new\s+(?:[\w$]+\.)?(?:PrismaClient|Pool|Client|Redis|IORedis|Cluster|PrismaPg|PrismaNeon|[A-Z]\w*PrismaClient)\b|drizzle\w*\(|postgres\(|neon\(|withReplicas|readReplicas|withAccelerate|unstable_cache|createClient\(|cacheStrategy|revalidateTag|extends\s+PrismaClient)|\$(?:replica|primary|extends)\b|['"]use cache['"]/
const stores = /(?:redis|cache|kv|valkey)\w*\.(?:set|setex|psetex)\(/i
const specifiers = /\b(?:from|import)\s*\(?\s*['"]([^'"\n]{1,200})['"]/g
const passing = /\bexport\s*(?:\*|(?:type\s*)?\{[^}]*\}\s*from)/
const fragments =
  /\b(?:where|select|include|with|data|orderBy|columns)\b\s*[:=]|\bPrisma\.\w|(?:[Ss]elect|[Ii]nclude|[Ww]here|[Aa]rgs|[Ff]ilters?|[Cc]onditions?)\b/
const loop = /\b(?:for|while)\s*(?:await\s*)?\(|\.\s*(?:map|forEach|flatMap|reduce|filter|some|every)\s*\(/
const waiting = /\bawait\b|\bPromise\.|\.then\(/
const components = /<[A-Z]\w*[\s/>]/
const otherBuilder = /\b(?:from|into|table|selectFrom|insertInto|updateTable|deleteFrom|knex)\(\s*['"]\w/
const transactions = /\.\s*(?:\$transaction|transaction)\s*[(<]/

/** What nothing is found in. */
export const noFeatures: Features = {
  delegates: [],
  tables: [],
  raw: false,
  definesTables: false,
  setup: false,
  transactions: false,
  imports: [],
  passesOn: false,
  fragments: false,
  loops: false,
  otherBuilder: false,
}

/** Looks a text over. */
export function featuresOf(text: string): Features {
  const delegates = new Set<string>()
  for (const match of text.matchAll(methods)) {
    const name = wordBefore(text, match.index)
    if (name !== '') delegates.add(name)
  }
  const named = new Set<string>()
  for (const match of text.matchAll(tables)) {
    const parts = (match[1] ?? '').split('.')
    named.add((/^\.\s*query/.test(match[0]) ? parts[0] : parts.at(-1)) ?? '')
  }
  const imports = new Set<string>()
  for (const match of text.matchAll(specifiers)) imports.add(match[1] ?? '')
  return {
    imports: [...imports],
    passesOn: passing.test(text),
    fragments: fragments.test(text),
    loops: loop.test(text) && (waiting.test(text) || components.test(text)),
    delegates: [...delegates],
    tables: [...named],
    raw: raw.test(text),
    definesTables: defines.test(text),
    setup: setup.test(text) || stores.test(text),
    transactions: transactions.test(text),
    otherBuilder: otherBuilder.test(text),
  }
}

function wordBefore(text: string, end: number): string {
  let at = end - 1
  while (at >= 0 && /[\s?!]/.test(text[at] ?? '')) at--
  const last = at
  while (at >= 0 && /[\w$]/.test(text[at] ?? '')) at--
  return text.slice(at + 1, last + 1)
}

const code = /\.(?:[cm]?[jt]sx?)$/
const notOurs =
  /(?:^|\/)(?:node_modules|dist|build|\.next|out|vendor|coverage|__generated__|\.yarn|public|storybook-static)\/|\.d\.[cm]?ts$|\.min\.js$|\.stories\.[jt]sx?$/

/** True for a file of code that people of the repository write. */
export function isCode(path: string, size: number | null): boolean {
  return code.test(path) && !notOurs.test(path) && (size === null || size <= 600_000)
}

const testFile =
  /(?:^|\/)integration-?tests?\/|^(?:(?:apps|packages)\/[^/]+\/)?integration\/|(?:^|\/)(?:__tests__|__mocks__|mocks?|tests?|e2e|spec|specs|cypress|playwright|fixtures?|testing|testcontainers|testdata|test-?(?:utils?|helpers?|support|kit|fixtures?))\/|[.-](?:tests?|specs?|e2e|servertest|clienttest|bench)\.[cm]?[jt]sx?$|(?:^|\/)(?:testing|tests?)\.[cm]?[jt]sx?$|(?:^|[/.-])(?:test-?(?:utils?|helpers?|setup|support)|setup-?tests?\w*|(?:test|e2e|vitest|jest|playwright|cypress)[.-](?:[\w-]+[.-])?(?:setup|teardown|config|utils?|helpers?))\.[cm]?[jt]sx?$/i
const seedFile =
  /(?:^|[/_-])seed(?:s|ers?|ing)?\/|(?:^|\/)seeds?(?:\.|-|_)|(?:^|\/)(?:seeder|seed|populate)\w*\.[cm]?[jt]sx?$|[-_.]seed(?:er)?\.[cm]?[jt]s$/i
const scriptFile =
  /(?:^|\/)\.[\w-]+\/|(?:^|\/)(?:(?:[\w-]+-)?scripts?|bin|(?:[\w-]+-)?cli|tools?|(?:[\w-]+-)?migrations?|backgroundmigrations?|backfills?|examples?|benchmarks?|docs)\//i

/** Files that people start by hand, by the habits of naming. */
const handRun =
  /(?:^|\/)(?:migrate|migration|backfill|reset|sync|cleanup|check-db|delete|import|export)(?:-[\w-]+)?\.[cm]?[jt]s$|[-.](?:migration|backfill|cli)\.[cm]?[jt]s$/i
/** Code beside a Prisma schema is started by hand, but for the client and what makes one. */
const besideSchema =
  /^(?:(?:apps|packages|services|libs)\/(?!src\/)[^/]+\/)?prisma\/(?!(?:index|client|prisma|db|extension)s?\b)[\w.-]+\.[cm]?[jt]s$/i
/** What is named by an errand and lies at the top of a package, outside its sources. */
const errand =
  /^(?:apps|packages|services|libs)\/(?!src\/)[^/]+\/(?:setup|verify|check|fix|create|make|add|list|debug)-[\w-]+\.[cm]?[jt]s$/i
/** Files at the top of a repository that a server runs. */
const entryFile =
  /^(?:index|server|app|main|middleware|proxy|instrumentation|db|database|prisma|drizzle|client|worker|handler|routes?|schema|queries)\.[cm]?[jt]sx?$/i

export type FileKind = 'source' | 'test' | 'seed' | 'script'

const kinds = new Remembered<FileKind>(2_000_000)

/** What kind of file a path is, by its name. */
export function fileKind(path: string): FileKind {
  return kinds.of(path, kindOf)
}

function kindOf(path: string): FileKind {
  return inTests(path) || testFile.test(path)
    ? 'test'
    : seedFile.test(path)
      ? 'seed'
      : scriptFile.test(path) ||
          handRun.test(path) ||
          besideSchema.test(path) ||
          errand.test(path) ||
          (!path.includes('/') && !entryFile.test(path))
        ? 'script'
        : 'source'
}

const serves =
  /\.listen\(|\bserve\(|\bSIG(?:TERM|INT)\b|\b(?:app|router|server|fastify)\.(?:get|post|put|patch|delete|use|route)\(/

/** `main()` or `(async () => …)()` at the top of a module. */
const begins = /^(?:void\s+|await\s+)?[\w$]+\(\)|^;?\(\s*(?:async\b|\()/m

/** What keeps a program at work: a clock, a queue, events, a loop without an end. */
const goesOn =
  /\bsetInterval\(|\bsetTimeout\(|\bcron|\bschedule|\bwhile\s*\((?:true|1)\)|\bfor\s*\(;;\)|\.on\(|subscribe|consume|new \w*(?:Worker|Server|Queue|Bot|Client|App)\(|\.(?:start|run|launch|login|bootstrap|init)\(/i

/** True for the text of a program that ends itself once it is done: somebody, or a clock, starts it each time. */
export function endsItself(text: string): boolean {
  if (serves.test(text)) return false
  // What starts by itself, closes its client and gives nothing to other modules is a program.
  return (
    text.startsWith('#!') ||
    /(?<![.\w])(?:process\.)?exit\(0?\)/.test(text) ||
    (begins.test(text) && !/\bexports?\b/.test(text) && (/\.(?:\$disconnect|end)\(\)/.test(text) || !goesOn.test(text)))
  )
}
