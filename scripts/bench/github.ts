import { catalog } from '../../rules/index.ts'
import { coreOf } from '../../src/github/core.ts'
import { startWorld } from '../../test/app/harness.ts'
import type { World } from '../../test/app/harness.ts'
import { press } from '../../test/github/people/checks.ts'
import { say } from '../../test/github/people/comments.ts'
import { openPull, pushFiles } from '../../test/github/people/pulls.ts'
import type { Pull } from '../../test/github/world.ts'
import type { Measure } from './measure.ts'

const base = {
  'migrations/0001_users.sql':
    'CREATE TABLE organizations (id bigint PRIMARY KEY, name text NOT NULL);\nCREATE TABLE users (\n  id bigint PRIMARY KEY,\n  email text UNIQUE NOT NULL,\n  legacy_id text,\n  org_id bigint REFERENCES organizations (id)\n);\nCREATE INDEX users_org_id_idx ON users (org_id);\n',
}
/** Three files, five findings at warning or above. */
const change = {
  'migrations/0002_names.sql':
    'ALTER TABLE users ADD COLUMN name text NOT NULL;\n\nALTER TABLE users DROP COLUMN legacy_id;\n',
  'migrations/0003_index.sql':
    'CREATE INDEX users_email_idx2 ON users (lower(email));\n\nCREATE INDEX organizations_name_idx ON organizations (name);\n',
  'migrations/0004_reviewer.sql':
    'ALTER TABLE organizations ADD COLUMN owner_id bigint REFERENCES users (id);\n\nALTER TABLE users ALTER COLUMN email TYPE varchar(20);\n',
}

type Usage = Awaited<ReturnType<World['during']>>

const writes = ({ requests }: Usage) => requests.filter((r) => r !== 'POST /graphql' && !r.startsWith('GET')).length

function measured(name: string, usage: Usage, calls: number, depth: number | null, most = Infinity): Measure {
  const written = writes(usage)
  return {
    name,
    result: `${usage.calls} calls, ${usage.depth} deep, ${written} of them write`,
    budget: `${calls} calls${depth === null ? '' : `, ${depth} deep`}${most === Infinity ? '' : `, ${most} writes`}`,
    over: usage.calls > calls || (depth !== null && usage.depth > depth) || written > most,
  }
}

/** 10,000 files, of which code that queries the database is a fifth: as a repository looks that the app sees for the first time. */
async function large(world: World): Promise<readonly Measure[]> {
  const repository = world.github.addRepository('large')
  const files: Record<string, string> = {
    'package.json': '{ "dependencies": { "@prisma/client": "6.19.0" } }\n',
    'prisma/schema.prisma':
      'datasource db {\n  provider = "postgresql"\n}\n\ngenerator client {\n  provider = "prisma-client-js"\n}\n\nmodel User {\n  id    Int     @id\n  email String?\n  name  String?\n}\n',
    'prisma/migrations/1_init/migration.sql':
      'CREATE TABLE "User" (\n  "id" INTEGER NOT NULL PRIMARY KEY,\n  "email" TEXT,\n  "name" TEXT\n);\n',
    'prisma/migrations/migration_lock.toml': 'provider = "postgresql"\n',
    'src/db.ts': "import { PrismaClient } from '@prisma/client'\n\nexport const db = new PrismaClient()\n",
  }
  for (let i = 0; i < 2_000; i++)
    files[`src/part${i % 40}/query${i}.ts`] =
      `import { db } from '../db'\nimport { text${i} } from './text${i}'\n\nexport const find${i} = () => db.user.findMany({ where: { id: ${i} }, select: { id: true, name: text${i} !== '' } })\n`
  for (let i = 0; i < 8_000; i++) files[`src/part${i % 40}/text${i}.ts`] = `export const text${i} = 'text ${i}'\n`
  const tip = await repository.git.commitMany(files)
  await repository.git.update('refs/heads/main', tip)
  const head = await repository.git.commit(tip, {
    'prisma/schema.prisma': (files['prisma/schema.prisma'] ?? '').replace('  email String?\n', ''),
    'prisma/migrations/2_email/migration.sql': 'ALTER TABLE "User" DROP COLUMN "email";\n',
  })
  let pull: Pull | null = null
  const first = await world.during(async () => {
    pull = await openPull(world.github, repository, { title: 'z', head })
  })
  if (pull === null) throw new Error('the pull request was not opened')
  const opened: Pull = pull
  const second = await world.during(() =>
    pushFiles(world.github, repository, opened, { 'src/part0/query0.ts': "export const other = 'x'\n" }),
  )
  return [
    measured('first review of a repository with 10,000 files', first, 12, 6),
    measured('the next push there', second, 8, 6),
  ]
}

/** Requests to GitHub, counted at the client, and how many of them wait for one another. */
export async function measure(): Promise<readonly Measure[]> {
  const world = await startWorld(coreOf(catalog), { latency: 25 })
  try {
    const repository = world.github.addRepository('shop')
    const tip = await repository.git.commit(null, base)
    await repository.git.update('refs/heads/main', tip)
    let pull: Pull | null = null
    const first = await world.during(async () => {
      pull = await openPull(world.github, repository, { title: 'x', head: await repository.git.commit(tip, change) })
    })
    if (pull === null) throw new Error('the pull request was not opened')
    const opened: Pull = pull
    const recheck = await world.during(() => press(world.github, repository, opened, 'writer', 'recheck'))
    const says = (login: string, text: string) => world.during(() => say(world.github, repository, opened, login, text))
    const help = await says('triager', '/schemagate help')
    const explain = await says('triager', '/schemagate explain no-drop-column')
    const approve = await says('writer', '/schemagate approve destructive reason: backup of this morning')
    const ignore = await says('writer', '/schemagate ignore require-concurrent-index reason: built by hand')
    const again = await says('triager', '/schemagate recheck')
    const pushed = await world.during(() =>
      pushFiles(world.github, repository, opened, {
        'migrations/0002_names.sql':
          'ALTER TABLE users ADD COLUMN name text;\n\nALTER TABLE users DROP COLUMN legacy_id;\n',
      }),
    )
    const plain = await world.during(async () => {
      await openPull(world.github, repository, {
        title: 'y',
        head: await repository.git.commit(tip, { 'README.md': 'hello\n' }),
      })
    })
    const measures = [
      measured(`first review, three files, ${opened.threads.length} comments`, first, 6, 4),
      measured('recheck where nothing changed', recheck, 6, null, 0),
      measured('help', help, 3, 3),
      measured('explain a rule', explain, 3, 3),
      measured('approve', approve, 8, 5),
      measured('ignore', ignore, 8, 5),
      measured('recheck by a comment', again, 8, 5, 2),
      measured('a push that mends one finding', pushed, 8, 4),
      measured('a pull request without schema', plain, 4, 4, 1),
      ...(await large(world)),
    ]
    if (world.github.world.violations.length > 0) throw new Error(world.github.world.violations.join('\n'))
    return measures
  } finally {
    await world.close()
  }
}
