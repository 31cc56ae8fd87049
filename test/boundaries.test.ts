import { readdirSync, readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

const files = ['src', 'rules'].flatMap((folder) =>
  readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => `${folder}/${path}`),
)

const imports = (file: string) =>
  [
    ...readFileSync(`${root}${file}`, 'utf8')
      .replace(/`(?:[^`\\]|\\.)*`/gs, '``')
      .matchAll(
        /(?:^|\n)\s*(?:import|export)\s(?:[^'"\n]|\n(?!\s*(?:import|export)\s))*?from '([^']+)'|import\('([^']+)'\)/g,
      ),
  ].map((match) => {
    const target = match[1] ?? match[2] ?? ''
    return target.startsWith('.') ? relative(root, resolve(root, dirname(file), target)) : target
  })

const core = files.filter(
  (file) =>
    /^src\/(changeset|project|sql|schema|queries|engine|rehearsal|planner|report)\//.test(file) ||
    file === 'src/review.ts' ||
    file === 'src/lint.ts' ||
    file.startsWith('rules/'),
)

describe('who may import whom', () => {
  it('keeps GitHub and the queue out of the core', () => {
    const wrong = core.flatMap((file) =>
      imports(file)
        .filter((path) => /^(probot|@octokit\/|pg-boss)/.test(path) || /^src\/(github|queue)\//.test(path))
        .map((path) => `${file} imports ${path}`),
    )
    expect(wrong).toEqual([])
  })

  it('keeps input and output out of the rules', () => {
    const wrong = files
      .filter((file) => file.startsWith('rules/'))
      .flatMap((file) =>
        imports(file)
          .filter((path) => path.startsWith('node:'))
          .map((path) => `${file} imports ${path}`),
      )
    expect(wrong).toEqual([])
  })

  it('lets only the entry points know the catalog', () => {
    const wrong = files.filter((file) => imports(file).includes('rules/index.ts'))
    expect(
      wrong.filter((file) => !['src/app.ts', 'src/server.ts', 'src/cli.ts', 'src/action.ts'].includes(file)),
    ).toEqual([])
  })

  it('finds the imports that it judges', () => {
    expect(imports('src/cli.ts')).toContain('rules/index.ts')
    expect(core.length).toBeGreaterThan(20)
  })
})
