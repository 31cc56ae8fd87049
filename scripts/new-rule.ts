import { access, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const groups = [
  'locking',
  'data-loss',
  'compatibility',
  'transactions',
  'consistency',
  'design',
  'indexes',
  'queries',
  'operations',
  'process',
  'access',
]
const [group = '', id = ''] = (process.argv[2] ?? '').split('/')

if (!groups.includes(group) || !/^(no|require|prefer)-[a-z0-9]+(-[a-z0-9]+)*$/.test(id)) {
  console.error(
    `npm run new-rule <group>/<id>\n  group: ${groups.join(', ')}\n  id: begins with no-, require- or prefer-, in kebab case`,
  )
  process.exit(2)
}

const path = join(root, 'rules', group, `${id}.ts`)
if (
  await access(path).then(
    () => true,
    () => false,
  )
) {
  console.error(`rules/${group}/${id}.ts is there already.`)
  process.exit(2)
}

await mkdir(join(root, 'rules', group), { recursive: true })
await writeFile(
  path,
  `import type { Rule } from '../../src/engine/rule.ts'

export default {
  id: '${id}',
  severity: 'warning',
  summary: '',
  why: '',
  fix: '',
  references: [],
  sources: [],
  bad: [
    {
      given: \`create table orders (id bigint primary key, user_id bigint not null);\`,
      sql: \`\`,
    },
  ],
  good: [
    {
      title: 'A table made in the same pull request has no readers or writers yet.',
      sql: \`create table orders (id bigint primary key, user_id bigint not null);\`,
    },
  ],
  visit: {
  },
} satisfies Rule
`,
)
console.log(
  `rules/${group}/${id}.ts: write bad and good, see them fail (npx vitest run test/examples.test.ts -t ${id}), write visit, then npm run generate and read docs/rules/${id}.md.`,
)
