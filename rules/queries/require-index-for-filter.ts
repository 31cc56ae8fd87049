import type { Problem, Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Predicate, Query } from '../../src/queries/query.ts'
import type { IndexUse } from '../../src/schema/index-use.ts'
import type { Table } from '../../src/schema/model.ts'
import { drizzleImports, drizzleShop, large, pool, prismaShop, sqlShop } from '../shared/query-examples.ts'
import {
  branchesOf,
  indexAdvice,
  indexStatement,
  isChoice,
  isForOperators,
  isSettings,
  listed,
  mainTable,
  rowsOf,
  searchIn,
  tellsApart,
  withoutFollowed,
} from '../shared/query-words.ts'
import { howFar, ofExpression, ofParameter, readsWholeAnyway, rowsWhere } from '../shared/unserved.ts'
import {
  conditionsOf,
  isConstant,
  isFlag,
  isOfMany,
  isOfWaiting,
  isRange,
  useBesideDeletion,
  wantedIndex,
  withOrder,
} from '../shared/wanted-index.ts'

export default {
  id: 'require-index-for-filter',
  severity: 'warning',
  summary: 'A query filters a table by columns that no index begins with, so that every run reads the whole table.',
  why: `Without an index that begins with one of the columns in WHERE, Postgres reads every row to find the ones that are meant. That is fast on the
    laptop and slow in production, and it gets slower with every row. Partial, expression and composite indexes count here as far as they serve the query.`,
  fix: 'Create an index that begins with the columns that are compared with `=`, followed by the one that is compared with a range or sorted by.',
  references: [
    'https://www.postgresql.org/docs/current/indexes-multicolumn.html',
    'https://www.prisma.io/docs/orm/prisma-schema/data-model/indexes',
    'https://orm.drizzle.team/docs/indexes-constraints',
  ],
  sources: [],
  checklist: 'queries-use-indexes',
  bad: [
    {
      ...prismaShop,
      rows: large,
      title: 'The next that waits, of which there may be none.',
      typescript: `export const next = () => prisma.order.findFirst({ where: { status: 'pending' } })`,
      message: 'reads the table until a row matches',
    },
    {
      ...prismaShop,
      rows: large,
      typescript: `export const open = () => prisma.order.findMany({ where: { status: 'open' }, take: 50 })`,
      message: '`orders` is filtered by `status`, which no index begins with',
    },
    {
      given: `create table tickets (id bigint primary key, team_id bigint not null, agent_id bigint, state text not null); create index on tickets (team_id, state);`,
      rows: { tickets: 5_000_000 },
      title: 'An index that holds only what many rows share, behind another column.',
      typescript: `${pool}\n  export const of = (agent: string, state: string) => pool.query('SELECT id FROM tickets WHERE agent_id = $1 AND state = $2', [agent, state])`,
      severity: 'warning',
      message: '`agent_id` and `state`, and no index begins with one of them',
    },
    {
      ...prismaShop,
      title: 'The size of the table is not known: information, where a column tells its rows apart.',
      typescript: `export const named = (name: string) => prisma.user.findMany({ where: { name }, take: 50 })`,
      severity: 'info',
    },
    {
      ...drizzleShop,
      rows: large,
      typescript: `${drizzleImports}\n  export const open = () => db.select().from(orders).where(and(eq(orders.status, 'open'), eq(orders.note, 'x'))).limit(10)`,
      message: '`status` and `note`',
    },
    {
      ...sqlShop,
      rows: large,
      typescript: `${pool}\n  export const byName = (name: string) => pool.query('SELECT id FROM users WHERE name = $1', [name])`,
      message: '`users` is filtered by `name`',
    },
    {
      ...prismaShop,
      rows: large,
      title: 'One of two alternatives without an index reads the whole table.',
      typescript: `export const find = (number: number, note: string) => prisma.order.findMany({ where: { OR: [{ number }, { note }] }, take: 50 })`,
      message: '`note`',
    },
    {
      ...prismaShop,
      rows: large,
      title: 'Two alternatives without an index: one for each.',
      typescript: `export const find = (status: string, note: string) => prisma.order.findMany({ where: { OR: [{ status }, { note }] }, take: 50 })`,
      message: '`status`',
    },
    {
      title: 'The schema is in the diff: the suggestion declares the index there.',
      given: prismaShop.given,
      rows: large,
      prisma: {
        before: prismaShop.prisma.before,
        after: prismaShop.prisma.before.replace('note      String?', 'note      String?\n    city      String?'),
      },
      typescript: `export const from = (city: string) => prisma.order.findMany({ where: { city }, take: 50 })`,
      message: '`city`',
    },
    {
      given: `create table jobs (id bigint primary key, email text, gone timestamptz); create index jobs_live on jobs (email) where gone is null;`,
      rows: { jobs: 5_000_000 },
      title: 'A partial index that holds other rows.',
      typescript: `${pool}\n  export const find = (email: string) => pool.query('SELECT id FROM jobs WHERE email = $1', [email])`,
      message: '`jobs_live` holds only the rows with `gone IS NULL`',
    },
    {
      given: `create table jobs (id bigint primary key, state text not null); create index jobs_waiting on jobs (state) where state = 'waiting';`,
      rows: { jobs: 5_000_000 },
      title: 'A partial index for one value, and a value that comes when the query runs.',
      typescript: `${pool}\n  export const find = (state: string) => pool.query('SELECT id FROM jobs WHERE state = $1', [state])`,
      severity: 'info',
      message: 'with any other value',
    },
    {
      given: `create table logs (id bigint primary key, note text, at timestamptz not null);`,
      rows: { logs: 5_000_000 },
      title: 'Functions and casts, with no index for what they make or on what they are made of.',
      typescript: `${pool}\n  export const noted = (note: string) => pool.query('SELECT id FROM logs WHERE lower(note) = $1', [note])\n  export const on = (day: string) => pool.query('SELECT id FROM logs WHERE at::date = $1', [day])`,
      count: 2,
      message: 'for which there is no index',
    },
    {
      given: `create table people (id bigint primary key, email text not null, kind text not null);`,
      rows: { people: 5_000_000 },
      title: 'What a function makes of an address tells rows apart, a state does not.',
      typescript: `${pool}\n  export const find = (email: string) => pool.query("SELECT id FROM people WHERE lower(email) = $1 AND kind = 'reader'", [email])`,
      message: '`lower(email)`',
    },
    {
      given: `create table agencies (id bigint primary key, slug text not null, deleted_at timestamptz); create index on agencies (deleted_at);`,
      rows: { agencies: 5_000_000 },
      title: 'An index that finds the rows that are not deleted, which are nearly all.',
      typescript: `${pool}\n  export const find = (slug: string) => pool.query('SELECT id FROM agencies WHERE slug = $1 AND deleted_at IS NULL LIMIT 1', [slug])`,
      message: '`slug`',
    },
    {
      given: `create table follows (id bigint primary key, kind text not null, account bigint not null, site text not null);`,
      rows: { follows: 5_000_000 },
      title: 'One index for all queries that share its first column.',
      typescript: `${pool}\n  await pool.query('SELECT id FROM follows WHERE site = $1 AND kind = $2 AND account = $3', v)\n  await pool.query('SELECT id FROM follows WHERE kind = $1 AND site = $2 AND account = $3', v)\n  await pool.query('SELECT id FROM follows WHERE account = $1 AND kind = $2', v)`,
      message: '`follows`',
    },
    {
      given: `create table tokens (id bigint primary key, owner bigint not null, kind text not null, ends timestamptz);`,
      rows: { tokens: 5_000_000 },
      title: 'One index for queries that compare the same columns, whatever else one of them asks for.',
      typescript: `${pool}\n  await pool.query('UPDATE tokens SET ends = now() WHERE owner = $1 AND kind = $2', v)\n  await pool.query('DELETE FROM tokens WHERE owner = $1 AND kind = $2 AND ends < now()', v)`,
      message: '`tokens`',
    },
    {
      given: `${prismaShop.given} CREATE TABLE "user_settings" ("id" INTEGER PRIMARY KEY, "user_id" TEXT NOT NULL REFERENCES "users" ("id"), "key" TEXT NOT NULL);`,
      title: 'Settings of each user are as many as the users.',
      typescript: `${pool}\n  export const settings = (userId: string) => pool.query('SELECT key FROM user_settings WHERE user_id = $1', [userId])`,
      severity: 'info',
    },
    {
      ...prismaShop,
      title: 'Conditions that begin with one column of a table whose size nobody declares: one is enough to say it.',
      typescript: `export const named = (name: string) => prisma.user.findMany({ where: { name }, take: 50 })\n  export const gone = (name: string, day: Date) => prisma.user.findMany({ where: { name, deletedAt: { gte: day } }, take: 20 })\n  export const paying = (name: string) => prisma.user.findMany({ where: { name, plan: 'paid' }, take: 20 })`,
      severity: 'info',
    },
    {
      given: `${prismaShop.given} CREATE TABLE "machines" ("id" INTEGER PRIMARY KEY, "user_id" TEXT NOT NULL REFERENCES "users" ("id"), "host" TEXT NOT NULL);`,
      title: 'A table whose size nobody declares: what it lacks is said once, with each index.',
      typescript: `${pool}\n  export const of = (userId: string) => pool.query('SELECT host FROM machines WHERE user_id = $1', [userId])\n  export const on = (host: string) => pool.query('SELECT user_id FROM machines WHERE host = $1', [host])`,
      severity: 'info',
      message: '`user_id`',
    },
    {
      ...drizzleShop,
      rows: large,
      title: 'A join that follows a required foreign key leaves no row out.',
      typescript: `${drizzleImports}\n  export const open = (status: string) => db.select({ id: orders.id, email: users.email }).from(orders).innerJoin(users, eq(users.id, orders.userId)).where(eq(orders.status, status)).limit(10)`,
      message: '`status`',
    },
    {
      ...drizzleShop,
      rows: large,
      title: 'A prepared statement.',
      typescript: `${drizzleImports}\n  const open = db.select().from(orders).where(eq(orders.status, sql.placeholder('status'))).limit(10).prepare('open')\n  export const run = (status: string) => open.execute({ status })`,
      message: '`status`',
    },
    {
      title: 'An index that holds the column behind another does not find what is made of it.',
      given: `create table visits (id bigint primary key, user_id bigint not null, at timestamp not null); create index on visits (user_id, at);`,
      rows: { visits: 9_000_000 },
      typescript: `${pool}\n  export const on = (day: string) => pool.query('SELECT id FROM visits WHERE date(at) = $1', [day])`,
      message: '`date(at)`, for which there is no index',
    },
    {
      given: `create table images (id bigint primary key, owner_id text not null); create table videos (id bigint primary key, owner_id text not null);`,
      rows: { images: 5_000_000, videos: 5_000_000 },
      title: 'What one query lacks is told once.',
      typescript: `${pool}\n  export const files = (owner: string) => pool.query('SELECT id FROM images WHERE owner_id = $1 UNION ALL SELECT id FROM videos WHERE owner_id = $1', [owner])`,
      count: 1,
    },
    {
      ...prismaShop,
      rows: large,
      title: 'One index for a page and its number, whatever the page is sorted by.',
      typescript: `export const page = (status: string) => Promise.all([prisma.order.findMany({ where: { status }, orderBy: { createdAt: 'desc' }, take: 20 }), prisma.order.count({ where: { status } })])\n  export const other = (status: string) => prisma.order.findMany({ where: { status }, orderBy: { number: 'desc' }, take: 20 })`,
      count: 1,
    },
    {
      ...prismaShop,
      rows: large,
      title: 'One index serves alternatives that begin alike.',
      typescript: `export const either = (note: string, status: string) => prisma.order.findMany({ where: { OR: [{ note, status }, { note }] } })`,
      message: 'is filtered by `note` and `status`',
      count: 1,
    },
    {
      ...prismaShop,
      rows: large,
      title: 'The same alternatives of two queries are told once.',
      typescript: `export const either = (text: string) => prisma.order.findMany({ where: { OR: [{ status: text }, { note: text }] } })\n  export const first = (text: string) => prisma.order.findFirst({ where: { OR: [{ status: text }, { note: text }] }, select: { id: true } })`,
      count: 1,
    },
  ],
  good: [
    {
      given: `create extension btree_gist; create table bookings (id bigint primary key, room int not null, during tstzrange not null, exclude using gist (room with =, during with &&));`,
      rows: { bookings: 5_000_000 },
      title: 'An exclusion constraint has an index.',
      typescript: `${pool}\n  export const of = (room: number) => pool.query('SELECT id FROM bookings WHERE room = $1', [room])`,
    },
    {
      given: `create table items (id bigint primary key, stock int not null, least int not null, note text);`,
      rows: { items: 5_000_000 },
      title: 'Two columns of one row are compared once it is read.',
      typescript: `${pool}\n  export const low = () => pool.query('SELECT id FROM items WHERE stock < least')`,
    },
    {
      ...prismaShop,
      rows: large,
      title: 'Is there an owner? The first may come at once.',
      typescript: `export const hasOwner = () => prisma.user.findFirst({ where: { name: 'owner' } })`,
    },
    {
      ...prismaShop,
      rows: large,
      title: 'What is looked up as the service starts.',
      files: {
        'src/bootstrap.ts': `import { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()\nexport const owner = () => prisma.user.findFirst({ where: { name: 'owner' } })`,
      },
    },
    {
      ...sqlShop,
      title: 'What came before a moment may be nearly all rows.',
      rows: large,
      typescript: `${pool}\n  export const until = (day: Date) => pool.query('SELECT number FROM orders WHERE created_at <= $1 LIMIT 10', [day])`,
    },
    {
      given: `create table agent_types (id bigint primary key, agent text not null);`,
      rows: { '*': 5_000_000 },
      title: 'The values that others choose from, of a size that nobody says.',
      typescript: `${pool}\n  export const typeOf = (agent: string) => pool.query('SELECT id FROM agent_types WHERE agent = $1', [agent])`,
    },
    {
      given: `create table logins (id bigint primary key, kind text not null, version int not null, data jsonb not null);`,
      rows: { logins: 5_000_000 },
      title: 'Constants beside the part of a document that tells the rows apart.',
      typescript: `${pool}\n  export const of = (subject: string) => pool.query("SELECT id FROM logins WHERE kind = 'oidc' AND version = 1 AND data->>'sub' = $1", [subject])`,
    },
    {
      ...prismaShop,
      rows: large,
      title: 'The key of a related row finds them.',
      typescript: `export const close = (id: string, status: string) => prisma.order.deleteMany({ where: { status, user: { id } } })`,
    },
    {
      ...drizzleShop,
      rows: large,
      title: 'The joined table is where Postgres may begin.',
      typescript: `${drizzleImports}\n  export const of = (email: string, status: string) => db.select({ id: orders.id }).from(orders).innerJoin(users, eq(users.id, orders.userId)).where(and(eq(orders.status, status), eq(users.email, email))).limit(10)`,
    },
    {
      ...prismaShop,
      rows: large,
      typescript: `export const mine = (userId: string) => prisma.order.findMany({ where: { userId, status: 'open' }, take: 50 })`,
    },
    {
      ...prismaShop,
      rows: large,
      title: 'Each alternative has an index.',
      typescript: `export const find = (number: number, userId: string) => prisma.order.findMany({ where: { OR: [{ number }, { userId }] }, take: 50 })`,
    },
    {
      ...prismaShop,
      title: 'A constant, in a table of which nobody says how many rows hold it.',
      typescript: `export const open = () => prisma.order.findMany({ where: { status: 'open' }, take: 50 })`,
    },
    {
      ...prismaShop,
      title: 'Constants beside a range, in a table of which nobody says how many rows hold them.',
      typescript: `export const late = (before: Date) => prisma.order.findMany({ where: { status: 'open', createdAt: { lt: before } }, take: 50 })`,
    },
    {
      ...prismaShop,
      title: 'A column that does not tell rows apart, in a table of which nobody says how large it is.',
      typescript: `export const having = (status: string) => prisma.order.findMany({ where: { status }, take: 50 })`,
    },
    {
      ...prismaShop,
      title: 'What only those who run the service look at, in a table of which nobody says how large it is.',
      files: {
        'src/admin/users.ts': `import { prisma } from '../db'\nexport const named = (name: string) => prisma.user.findMany({ where: { name }, take: 50 })\n`,
        'src/db.ts': `import { PrismaClient } from '@prisma/client'\nexport const prisma = new PrismaClient()\n`,
      },
    },
    {
      given: `${prismaShop.given} CREATE TABLE "app_settings" ("id" INTEGER PRIMARY KEY, "key" TEXT NOT NULL, "value" TEXT);`,
      title: 'What somebody configures, and nobody says that it is much.',
      typescript: `${pool}\n  export const setting = (key: string) => pool.query('SELECT value FROM app_settings WHERE key = $1', [key])`,
    },
    {
      ...prismaShop,
      rows: { orders: 500 },
      title: 'A small table.',
      typescript: `export const open = () => prisma.order.findMany({ where: { status: 'open' }, take: 50 })`,
    },
    {
      given: `create table events (id bigint primary key, session text, kind text not null, at timestamptz); create index on events (at); create index on events (kind);`,
      rows: { events: 5_000_000 },
      title: 'A subquery in an OR is looked up for each row: an index on the column would not be read.',
      typescript: `${pool}\n  await pool.query("DELETE FROM events WHERE (at IS NOT NULL AND session IN (SELECT session FROM events WHERE kind = 'end')) OR at < $1", [when])`,
    },
    {
      given: `create table users (id bigint primary key, org_id bigint); create table notes (id bigint primary key, user_id bigint not null references users (id), text text, code int); create unique index on notes (user_id, text);`,
      rows: { users: 5_000_000, notes: 5_000_000 },
      title: 'A row of the query around it is what a subquery looks for.',
      typescript: `${pool}\n  await pool.query("SELECT id FROM users WHERE id = $1 AND (SELECT bool_and(EXISTS (SELECT 1 FROM notes n WHERE n.user_id = users.id AND n.text = g.t AND (n.code = 1 OR n.code::text = g.t))) FROM (SELECT unnest($2::text[]) AS t) g)", v)`,
    },
    {
      given: `create table mentions (id bigint primary key, platform text not null, title text not null, tag text not null);`,
      rows: { mentions: 5_000_000 },
      title: 'A search in the rows that many share.',
      typescript: `${pool}\n  await pool.query("SELECT id FROM mentions WHERE platform = $1 AND (title ILIKE '%' || $2 || '%' OR tag ILIKE '%' || $2 || '%') LIMIT 20", v)`,
    },
    {
      given: `create table jobs (id bigint primary key, at timestamptz not null, state text); create index on jobs (id, at);`,
      rows: { jobs: 5_000_000 },
      title: 'Columns that are compared as a row.',
      typescript: `${pool}\n  await pool.query("WITH given AS (SELECT unnest($1::bigint[]) AS id, unnest($2::timestamptz[]) AS at) SELECT j.state FROM given g JOIN jobs j ON (j.id, j.at) = (g.id, g.at) AND j.state = 'done'", [ids, times])`,
    },
    {
      given: prismaShop.given,
      rows: large,
      prisma: {
        before: prismaShop.prisma.before.replace('@@index([number])', '@@index([number])\n    @@index([note])'),
        after: prismaShop.prisma.before.replace('@@index([number])', '@@index([number])\n    @@index([note])'),
      },
      title: 'An index that the schema declares, and no migration makes yet.',
      typescript: `export const noted = (note: string) => prisma.order.findMany({ where: { note }, take: 50 })`,
    },
    {
      given: `create table events (id bigint primary key, session text, kind text not null, at timestamptz);`,
      rows: { events: 5_000_000 },
      title:
        'An alternative that no index serves reads the whole table, whatever serves the other, and so does the part of it that reads the same table.',
      typescript: `${pool}\n  await pool.query("DELETE FROM events WHERE (at IS NOT NULL AND session IN (SELECT session FROM events WHERE kind = 'end')) OR at < $1", [when])`,
    },
    {
      given: `create table jobs (id bigint primary key, state text not null, email text); create index on jobs (state) where state = 'waiting'; create index on jobs (lower(email));`,
      rows: { jobs: 5_000_000 },
      title: 'A partial index and one on an expression.',
      typescript: `${pool}\n  await pool.query("SELECT id FROM jobs WHERE state = 'waiting' LIMIT 10")\n  await pool.query('SELECT id FROM jobs WHERE lower(email) = $1', [email])`,
      severity: 'info',
    },
  ],
  visit: {
    query(given, ctx) {
      const asked = ofRelated(given, ctx) ?? given
      const search = searchIn(asked, ctx)
      if (search === null || asked.operation === 'insert') return
      const { table, severity } = search
      const query = withoutFollowed(asked, table)
      if (query.predicates.length === 0) return
      if (query.predicates.some((p) => p.joining === true && p.table !== table.key)) return
      // Nobody waits for a job, and how much it reads is not known.
      if (severity === 'info' && (isForOperators(query.place.path) || isSettings(table, ctx))) return
      if (isChoice(table, ctx)) return
      const lacking: Problem[] = []
      const sets: (readonly string[])[] = []
      const branches = branchesOf(query)
      for (const branch of branches) {
        const problem = ofBranch(branch)
        // An alternative of which nobody knows what it reads, or that reads the whole table, leaves an index for the others unread.
        if (problem === 'unknown') return
        if (problem !== null) lacking.push(problem)
      }
      const [first] = lacking
      if (first === undefined || readsWholeAnyway(asked, table, ctx)) return
      const helps = [...new Set(lacking.map(({ help }) => help ?? ''))]
      if (helps.length === 1) return first
      const isKnown = sets.length === lacking.length
      const needed = longest(sets)
      const lead =
        isKnown && needed.length === 1
          ? 'Create an index for it'
          : 'Each alternative of the OR needs an index, or the whole table is read for it'
      const { help, offer } = isKnown
        ? indexAdvice(table, needed, ctx, lead)
        : { help: `${lead}.\n\n${helps.join('\n\n')}`, offer: {} }
      return {
        object: table.key,
        expects: 'scan',
        severity,
        ...(severity === 'info' ? { alike: table.key } : {}),
        ...(isKnown ? { index: needed.map((columns) => indexStatement(table, columns, ctx)).join(' ') } : {}),
        message: first.message,
        help,
        ...offer,
      }

      /** What the conditions of one alternative lack; null where an index serves them. */
      function ofBranch(branch: readonly Predicate[]): Problem | 'unknown' | null {
        const own = branch.filter((p) => p.table === table.key)
        // A condition on a joined table may be where Postgres begins.
        if (own.length !== branch.length) return 'unknown'
        const use = useOf(table, own)
        // What a list, a document or a text holds finds the rows by an index of another kind, if any.
        if (own.some((p) => p.operator === 'has' || p.operator === 'text search'))
          return use.verdict === 'served' ? null : 'unknown'
        if (use.verdict === 'unknown' && use.partial !== undefined && branches.length === 1)
          return ofParameter(table, own, use.partial, ctx) ?? 'unknown'
        if (use.verdict === 'served' || (use.verdict === 'later' && ctx.postgres >= 18)) return null
        if (use.verdict !== 'none' && use.verdict !== 'later') return 'unknown'
        // What the pull request takes away is told where it does.
        // And where the declared schema has an index that the migrations do not make, it is not known which of them holds.
        const others = [ctx.before.tables.get(table.key), ctx.declared?.tables.get(table.key)]
        if (others.some((other) => other !== undefined && useBesideDeletion(other, own).verdict === 'served'))
          return 'unknown'
        const conditions = conditionsOf(table, own, ctx)
        const columns = conditions.indexable
        // A column that many rows share finds few of those that something else tells apart.
        const isShared = !columns.some((p) => tellsApart(table, p.column ?? ''))
        if (columns.length === 0 || (isShared && own.some(isComputed))) {
          const problem = ofExpression(query, table, own, severity, ctx)
          if (problem !== null) return problem
        }
        const ordered = query.ordering.length > 0 && query.limit !== null
        const leavesMany = (p: Predicate): boolean =>
          p.operator === 'is null' ||
          isFlag(table, p.column ?? '', ctx) ||
          (isRange(p) && typeof p.value === 'number') ||
          (!ordered && isOfMany(p))
        if (columns.every(leavesMany)) return 'unknown'
        // An index of another kind serves a pattern or a part of a document.
        if (isShared && own.some((p) => isPattern(p) || isComputed(p))) return 'unknown'
        // What came before a moment may be nearly all rows, unless the moment is one that rows wait for.
        if (columns.every(isOpenBelow)) return 'unknown'
        // The first of the rows with a constant may come at once, unless they are those that wait: there may be none.
        if (query.limit === 1 && query.ordering.length === 0 && columns.every((p) => isConstant(p) && !isOfWaiting(p)))
          return 'unknown'
        // How much an alternative between two values reads is not known, and it reads that beside the others.
        if (branches.length > 1 && columns.every(isRange)) return 'unknown'
        // How many rows hold a constant of the code is known of no table whose size is not.
        const fixed = columns.filter((p) => isConstant(p) || isFlag(table, p.column ?? '', ctx))
        if (severity === 'info' && fixed.length > 0 && columns.every((p) => fixed.includes(p) || isRange(p)))
          return 'unknown'
        // Of a column that does not tell rows apart nobody knows how many it leaves.
        if (severity === 'info' && !columns.some((p) => p.operator !== 'is null' && tellsApart(table, p.column ?? '')))
          return 'unknown'
        const isSelective = columns.some((p) => p.operator === '=' && tellsApart(table, p.column ?? ''))
        const sorted = branches.length === 1 ? withOrder(conditions, table, own, query) : conditions
        const wanted = wantedIndex(table, sorted, ctx)
        const names = listed(columns.map((p) => p.column ?? ''))
        const which =
          use.verdict === 'later'
            ? `${names}, which stands behind \`${use.leading}\` in \`${use.path.name}\``
            : use.partial !== undefined
              ? `${names}, and \`${use.partial.name}\` holds only the rows ${rowsWhere(use.partial)}`
              : new Set(columns.map((p) => p.column)).size > 1
                ? `${names}, and no index begins with one of them`
                : `${names}, which no index begins with`
        const lead =
          use.verdict === 'none' && use.partial !== undefined
            ? `Ask for no other rows than those ${rowsWhere(use.partial)}, or create an index for it`
            : 'Create an index for it'
        const { help, offer } = indexAdvice(table, [wanted], ctx, lead)
        sets.push(wanted)
        return {
          object: table.key,
          // The planner of a later version skips through an index that this server reads as a whole.
          ...(use.verdict === 'later' ? {} : { expects: 'scan' as const }),
          isSelective,
          unindexed: conditions.equal.map((column) => `${table.key}.${column}`),
          // Of a table whose size nobody declares, it is said once what it lacks.
          ...(severity === 'info' ? { alike: table.key } : {}),
          index: indexStatement(table, wanted, ctx),
          severity:
            use.verdict === 'later' ||
            (ordered && !isSelective && severity !== 'info' && branches.length === 1 && orderedByIndex())
              ? 'info'
              : severity,
          message: `\`${ctx.name(table.key)}\` is filtered by ${which}: each run reads ${howFar(query)}${rowsOf(ctx, table.key)}.`,
          help,
          ...offer,
        }
      }

      function orderedByIndex(): boolean {
        const first = query.ordering[0]
        return (
          first !== undefined &&
          [table.primaryKey?.columns[0], ...table.indexes.map((i) => i.keys[0]?.column)].includes(first.column)
        )
      }
    },
  },
} satisfies Rule

/** Columns of indexes, without those that another begins with. */
function longest(sets: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return sets.filter(
    (set, i) =>
      !sets.some(
        (other, j) => j !== i && set.every((column, k) => other[k] === column) && (other.length > set.length || j < i),
      ),
  )
}

/** The same as `useBesideDeletion`, where an index that is read as a whole counts only for the columns that tell rows apart, if there are any. */
function useOf(table: Table, own: readonly Predicate[]): IndexUse {
  const use = useBesideDeletion(table, own)
  const telling = own.filter((p) => p.operator === '=' && p.expression === null && tellsApart(table, p.column ?? ''))
  return use.verdict === 'later' && telling.length > 0 ? useBesideDeletion(table, telling) : use
}

/**
 * A query of Prisma that finds its rows by what tells those of one related table apart, and by nothing else, as the question to that table
 * that it is; null for any other query, and where the rows themselves are few.
 */
function ofRelated(query: Query, ctx: RuleContext): Query | null {
  const main = mainTable(query, ctx)
  const [first] = query.predicates
  if (query.client !== 'prisma' || query.statement !== undefined || first === undefined || main === null) return null
  const table = ctx.after.tables.get(first.table)
  if (
    table === undefined ||
    table.key === main.key ||
    ctx.size(main.key) === 'small' ||
    query.predicates.some((p) => p.joining !== true || p.table !== table.key) ||
    !branchesOf(query).every((branch) => branch.some((p) => p.operator === '=' && tellsApart(table, p.column ?? '')))
  )
    return null
  return {
    ...query,
    tables: [{ table: table.key, role: 'main', columns: [] }],
    predicates: query.predicates.map((p) => ({ ...p, joining: false })),
    ordering: [],
    limit: null,
  }
}

/** True for what is computed of a column and has to equal a value. */
function isComputed(predicate: Predicate): boolean {
  return predicate.expression !== null && ['=', 'in'].includes(predicate.operator) && !isConstant(predicate)
}

/** True for `created_at < $1`; not for `expires_at < now()`, which few rows have reached. */
function isOpenBelow({ operator, column }: Predicate): boolean {
  return (
    (operator === '<' || operator === '<=') &&
    !/expir|due|sched|next|until|valid|end|run|deadline|retry|lock|seen|beat|visible|available/i.test(column ?? '')
  )
}

function isPattern({ operator, pattern }: Predicate): boolean {
  return (
    operator === 'ilike' ||
    operator === 'json' ||
    operator === 'contains' ||
    (operator === 'like' && pattern !== 'exact')
  )
}
