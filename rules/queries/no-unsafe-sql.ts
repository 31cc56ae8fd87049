import type { Rule } from '../../src/engine/rule.ts'
import type { Query } from '../../src/queries/query.ts'
import { drizzleImports, drizzleShop, pool, prismaShop, sqlShop } from '../shared/query-examples.ts'

export default {
  id: 'no-unsafe-sql',
  severity: 'error',
  summary: 'A value is put into SQL as text, so that whoever chooses the value chooses the SQL.',
  why: `\`$queryRawUnsafe\`, \`sql.raw\` and a query that is put together from strings send the text as it is. A value with a quote in it ends the string and goes on
    with SQL of its own: SQL injection.`,
  fix: 'Pass values as parameters: `$queryRaw` and `Prisma.sql`, the `sql` template of Drizzle, `$1` with a list of values. Choose names from a fixed list.',
  references: [
    'https://www.prisma.io/docs/orm/prisma-client/using-raw-sql/raw-queries#sql-injection-prevention',
    'https://orm.drizzle.team/docs/sql#sqlraw',
  ],
  dialects: 'all',
  sources: [],
  bad: [
    {
      ...prismaShop,
      typescript:
        'export const find = (order: string) => prisma.$queryRawUnsafe(`SELECT id FROM users ORDER BY ${order}`)',
      message: '`order`',
      severity: 'warning',
    },
    {
      ...prismaShop,
      typescript:
        'export const handler = (req: Request) => prisma.$queryRawUnsafe(`SELECT id FROM users ORDER BY ${req.query.order}`)',
    },
    {
      ...sqlShop,
      typescript: `${pool}\n  export const find = (name: string) => pool.query("SELECT id FROM users WHERE name = '" + name + "'")`,
    },
    {
      ...drizzleShop,
      typescript: `${drizzleImports}\n  export const find = (name: string) => db.execute(sql.raw(\`SELECT id FROM users WHERE name = '\${name}'\`))`,
    },
    {
      ...sqlShop,
      title: 'A part of the text that begins like another statement.',
      typescript: `${pool}\n  export const rename = (name: string) => pool.query('UPDATE users' + " SET name = '" + name + "' WHERE id = 1")`,
      message: '`name`',
    },
  ],
  good: [
    {
      ...sqlShop,
      title: 'A day, a value with its quotes doubled, letters alone, and a schema that a middleware has chosen.',
      typescript: `${pool}
  export async function report(req: { query: { days: string }; tenant: { schema: string } }, name: string) {
    const schema = req.tenant.schema
    const since = new Date(Date.now() - Number(req.query.days) * 86400000).toISOString().slice(0, 10)
    const safe = String(name).replace(/'/g, "''")
    await pool.query(\`SELECT number FROM orders WHERE created_at >= '\${since}'::date\`)
    await pool.query(\`SELECT id FROM users WHERE name = '\${safe}'\`)
    await pool.query(\`SELECT id FROM users WHERE name = '\${name.replace(/[^a-z0-9_]/gi, '')}'\`)
    await pool.query(\`SELECT id FROM "\${schema}"."users" WHERE id = $1\`, [name])
  }`,
    },
    {
      ...drizzleShop,
      title: 'Elements of a list that the code writes out, and statements that take no parameters.',
      typescript: `${drizzleImports}\n  const parts = [{ cte: 'a', column: 'first' }, { cte: 'b', column: 'second' }] as const\n  export const keys = parts.map(({ cte, column }) => sql.raw(\`'\${column}', (SELECT items FROM \${cte})\`))\n  export const copy = (path: string) => db.execute(sql.raw(\`COPY users FROM '\${path}'\`))`,
    },
    {
      ...sqlShop,
      title: 'A script that somebody runs by hand, with a name from its environment.',
      files: {
        'scripts/teardown.ts': `${pool}\n  const slot = process.env.SLOT ?? 'feed'\n  await pool.query(\`SELECT id FROM users WHERE name = '\${slot}'\`)\n`,
      },
    },
    {
      ...prismaShop,
      title: 'A name from a list in the code.',
      typescript:
        'export const find = (sort: Sort, email: string) => prisma.$queryRawUnsafe(`SELECT id FROM users WHERE email = $1 ORDER BY ${columns[sort]}`, email)',
    },
    {
      ...prismaShop,
      typescript: 'export const find = (name: string) => prisma.$queryRaw`SELECT id FROM users WHERE email = ${name}`',
    },
    {
      ...prismaShop,
      title: 'A name that a pattern has let through.',
      typescript:
        "const name = /^[a-z_]+$/\n  export function find(column: string, values: string[]) {\n    if (!name.test(column)) throw new Error('no such column')\n    return values.map((value) => prisma.$queryRawUnsafe(`SELECT id FROM users WHERE data->>'${column}' = $1`, value))\n  }",
    },
    {
      ...drizzleShop,
      title: 'A number with a number in its place.',
      typescript: `${drizzleImports}\n  export async function patient(given?: { ms?: number }) {\n    const ms = given?.ms ?? 10_000\n    await db.execute(sql.raw(\`SET LOCAL statement_timeout = '\${ms}ms'\`))\n  }`,
    },
    {
      ...prismaShop,
      title: 'A name that the file itself gives to a function of its own.',
      typescript: `import { Prisma } from '@prisma/client'\n  function newest(column: string) {\n    return Prisma.raw(\`ORDER BY \${column} DESC\`)\n  }\n  export const users = () => prisma.$queryRaw\`SELECT id FROM users WHERE id = 'a' \${newest('email')}\``,
    },
    {
      ...prismaShop,
      title: 'A name that the function around gives to a helper of its own.',
      typescript: `import { Prisma } from '@prisma/client'\n  export async function cancel(id: string) {\n    const sets: Prisma.Sql[] = []\n    const set = (column: string, value: Prisma.Sql) => sets.push(Prisma.sql\`\${Prisma.raw(\`"\${column}"\`)} = \${value}\`)\n    set('name', Prisma.sql\`NULL\`)\n    await prisma.$executeRaw\`UPDATE users SET \${Prisma.join(sets)} WHERE id = \${id}\`\n  }`,
    },
    {
      ...prismaShop,
      title: 'One of two fixed words.',
      typescript:
        'export const find = (up: boolean, email: string) => prisma.$queryRawUnsafe(`SELECT id FROM users WHERE email = $1 ORDER BY id ${up ? "ASC" : "DESC"}`, email)',
    },
    {
      ...sqlShop,
      title: 'Placeholders that are counted out.',
      typescript: `${pool}\n  export const find = (ids: string[]) => pool.query(\`SELECT id FROM users WHERE id IN (\${ids.map((_, i) => \`$\${i + 1}\`).join(', ')})\`, ids)`,
    },
  ],
  visit: {
    *query(query) {
      if (query.context.file === 'test' || query.context.file === 'seed') return
      // What a caller sends is worse than all else beside it.
      const parts = (query.unsafe ?? []).toSorted((a, b) => Number(b.from === 'request') - Number(a.from === 'request'))
      for (const { text, place, from, quoted } of parts) {
        // A name that code puts in may come from a fixed list that is not seen from here.
        if (!quoted && from === 'unknown') continue
        // Who runs a script by hand chooses what it does, and has the database besides.
        if (query.context.file === 'script' && from !== 'request') continue
        // CREATE, COPY and the like take no parameters: a value has no other way into them.
        if (from !== 'request' && isUtility(query.text ?? '')) continue
        if (isChecked(text, [...(query.left ?? []), ...(query.branches ?? [])])) continue
        const severity = quoted || from === 'request' ? ('error' as const) : ('warning' as const)
        yield {
          place,
          object: text,
          severity,
          help: `Pass the value as a parameter: ${parameters[query.client]}. Choose a name of a table or column from a fixed list.`,
          message: `\`${text.slice(0, 60)}\` reaches the database as SQL text and not as a value.`,
        }
        return
      }
    },
  },
} satisfies Rule

const parameters: { readonly [K in Query['client']]: string } = {
  prisma: '`$queryRaw` or `$executeRaw` with `${value}` in the template, parts of it with `Prisma.sql`',
  drizzle: 'the `sql` template with `${value}`',
  sql: '`$1` in the text and the value in the list behind it',
}

/** True for a call whose SQL begins with a statement of another kind than those that take parameters. */
function isUtility(call: string): boolean {
  return /^[^`'"]*[`'"]\s*(?:create|alter|drop|copy|comment|grant|revoke|vacuum|analyze|cluster|reindex|refresh|lock|listen|notify|set)\s/i.test(
    call,
  )
}

/** True where the code has let the text through only after it held it against a pattern or a list. */
function isChecked(text: string, conditions: readonly string[]): boolean {
  const name = text.replace(/[^\w.]/g, '\\$&')
  return conditions.some((condition) => new RegExp(`\\.(?:test|includes|has)\\(\\s*${name}\\b`).test(condition))
}
