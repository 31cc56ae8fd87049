import type { Migration, Transaction } from '../../src/step.ts'
import { existsSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sourceFile } from '../../src/location.ts'
import { templateArchive, usableCache } from '../../src/rehearsal/files.ts'
import { startEmbedded } from '../../src/rehearsal/embedded.ts'
import { rehearse } from '../../src/rehearsal/rehearse.ts'
import { rehearsalRequest } from '../../src/rehearsal/request.ts'
import { runBase } from '../../src/rehearsal/run.ts'
import type { Rehearsal, RehearsalRequest } from '../../src/rehearsal/types.ts'
import { loadParser } from '../../src/sql/parser.ts'
import { readSql } from '../../src/sql/read.ts'
import { corpusProjects } from '../corpus/projects.ts'
import type { Measure } from './measure.ts'

/** What a rehearsal whose base is known may take, in milliseconds and in bytes of the child process. */
const budget = { milliseconds: 1500, memory: 600e6 }

/** One new migration on a history of 400, made up here, and on the longest real histories where these are on the machine. */
export async function measure(): Promise<readonly Measure[]> {
  await loadParser()
  const requests: { readonly name: string; readonly request: RehearsalRequest }[] = [
    {
      name: '400 made-up migrations',
      request: requestOf(madeUp(400), ['alter table t7 add column added text; create index t7_added on t7 (added)']),
    },
  ]
  const corpus = process.env.SCHEMAGATE_CORPUS ?? fileURLToPath(new URL('../../../shared/corpus/', import.meta.url))
  if (existsSync(corpus)) {
    for (const {
      name,
      migrations: { before },
    } of await corpusProjects(corpus)) {
      const last = before.at(-1)
      if (before.length >= 200 && last !== undefined)
        requests.push({
          name: `${name}, ${before.length} migrations`,
          request: requestOf(before.slice(0, -1), [], last),
        })
    }
  }
  const measures: Measure[] = []
  for (const { name, request } of requests) measures.push(...(await coldAndWarm(name, request)))
  return measures
}

async function coldAndWarm(name: string, request: RehearsalRequest): Promise<readonly Measure[]> {
  const cache = await mkdtemp(join(tmpdir(), 'schemagate-bench-'))
  try {
    const template = await templateArchive(await usableCache())
    await cp(template, join(cache, basename(template)))
    const cold = await rehearse(request, { cache, timeout: 120_000 })
    const warm = [
      await rehearse(request, { cache }),
      await rehearse(request, { cache }),
      await rehearse(request, { cache }),
    ].sort((a, b) => a.milliseconds - b.milliseconds)
    const middle = warm[1] ?? cold
    return [
      measureOf(`rehearsal, cold: ${name}`, cold, null),
      measureOf(`rehearsal, warm: ${name}`, middle, budget),
      await baseline(name, request, cache),
    ]
  } finally {
    await rm(cache, { recursive: true, force: true })
  }
}

/** The same statements in the same embedded Postgres with nothing looked at and nothing kept: the least that applying them takes. */
async function baseline(name: string, request: RehearsalRequest, cache: string): Promise<Measure> {
  const started = performance.now()
  const session = await startEmbedded(await templateArchive(cache), request.extensions)
  const booted = performance.now()
  await runBase(session, request.base)
  for (const step of request.steps) if (step.action === 'send') await session.send(step.text).catch(() => undefined)
  const done = performance.now()
  await session.close()
  return {
    name: `applied without a look: ${name}`,
    result: `${Math.round(done - started)} ms, ${Math.round(booted - started)} ms of them until it takes statements`,
    budget: null,
    over: false,
  }
}

function measureOf(name: string, seen: Rehearsal, limits: typeof budget | null): Measure {
  const over = limits !== null && (seen.milliseconds > limits.milliseconds || seen.peakMemory > limits.memory)
  const failed = seen.stopped === null ? '' : `, stopped: ${seen.stopped.message}`
  return {
    name,
    result: `${seen.milliseconds} ms (${seen.processorMilliseconds} ms of processor time), ${Math.round(seen.peakMemory / 1e6)} MB, ${seen.observations.filter((each) => each !== null).length} of ${seen.observations.length} statements${failed}`,
    budget: limits === null ? null : `${limits.milliseconds} ms, ${Math.round(limits.memory / 1e6)} MB`,
    over: over || seen.stopped !== null,
  }
}

function requestOf(base: readonly Migration[], texts: readonly string[], last?: Migration): RehearsalRequest {
  const steps = last?.statements ?? texts.flatMap((text) => readSql(sourceFile('new.sql', text)).statements)
  const transaction = (id: number): Transaction => ({ id, block: null, because: '', survivesFailure: false })
  return rehearsalRequest({ base, steps: steps.map((statement) => ({ statement, transaction: transaction(0) })) })
}

function madeUp(count: number): readonly Migration[] {
  return Array.from({ length: count }, (_, i): Migration => {
    const table = `t${Math.floor(i / 4)}`
    const text =
      [
        `create table ${table} (id bigint primary key, name text not null, made timestamptz not null default now());`,
        `alter table ${table} add column parent bigint references ${table} (id);`,
        `create index ${table}_name on ${table} (name);`,
        `alter table ${table} add column state text not null default 'new', add constraint ${table}_state check (state <> '');`,
      ][i % 4] ?? ''
    return {
      name: String(i),
      path: `${i}.sql`,
      statements: readSql(sourceFile(`${i}.sql`, text)).statements,
      down: null,
      isNew: false,
    }
  })
}
