import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { backfillScript } from '../../src/planner/backfill/script.ts'
import type { RecipeStep } from '../../src/planner/recipes/recipe.ts'
import { recipesOf } from '../../src/planner/recipes/recognise.ts'
import { loadParser } from '../../src/sql/parser.ts'
import { caseName, nextStatement, recipeCases, type RecipeClient } from '../planner/recipe-cases.ts'
import { reviewOf } from '../planner/review-of.ts'
import { majors, startServer, type Server } from './servers.ts'

/** What a statement of a running application may wait for: the lock timeout of the migrations and a little. */
const mostWait = 2500

describe.each(majors)('PostgreSQL %i: code keeps reading and writing while a recipe runs', (major) => {
  let server: Server

  beforeAll(async () => {
    await loadParser()
    server = await startServer(major)
  })
  afterAll(() => server.stop())

  const open = new Set<Client>()
  afterEach(async () => {
    await Promise.all([...open].map((client) => client.end()))
    open.clear()
  })

  async function connect(database: string): Promise<Client> {
    const client = new Client({ connectionString: server.urlOf('postgres', database) })
    open.add(client)
    await client.connect()
    return client
  }

  /** Statements one by one, a whole transaction again where it did not get its locks. */
  async function migrate(runner: Client, step: RecipeStep): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        for (const sql of step.sql) await runner.query(sql)
        return
      } catch (error) {
        if (!step.together || (error as { code?: string }).code !== '55P03' || tries === 20) throw error
        await runner.query('ROLLBACK')
      }
    }
  }

  test.each(recipeCases.map((each) => ({ ...each, name: caseName(each) })))(
    '$name',
    async ({ kind, name, given, up, clients, value, done }) => {
      const admin = await connect('postgres')
      const database = `recipe_${name}`.toLowerCase().replaceAll(/\W+/g, '_')
      await admin.query(`CREATE DATABASE ${database}`)
      const runner = await connect(database)
      await runner.query(given)
      const recipe = recipesOf(reviewOf(given, up)).find((r) => r.kind === kind)!
      const state = { next: 0 }
      const failures: string[] = []
      const statements: number[] = []
      const running: { readonly client: RecipeClient; stop: boolean; ended: Promise<void> }[] = []
      let codes = 0

      const start = (client: RecipeClient) => {
        const handle = { client, stop: false, ended: Promise.resolve() }
        const loop = async () => {
          const connection = await connect(database)
          while (!handle.stop) {
            for (const sql of client.statements) {
              const text = nextStatement(sql, state)
              const began = Date.now()
              await connection.query(text).catch((error: Error) => {
                failures.push(`${text}: ${error.message}`)
              })
              statements.push(Date.now() - began)
              if (Date.now() - began > mostWait) failures.push(`${text}: waited ${Date.now() - began} ms`)
            }
          }
        }
        handle.ended = loop()
        running.push(handle)
      }
      // A rolling deploy: what is new starts before what is old stops.
      const deploy = async () => {
        for (const client of clients)
          if (codes >= client.from && codes < client.until && !running.some((r) => r.client === client)) start(client)
        for (const r of running.filter((r) => codes >= r.client.until && !r.stop)) {
          r.stop = true
          await r.ended
        }
        const before = statements.length
        while (statements.length < before + 10 && failures.length === 0)
          await new Promise((resolve) => {
            setTimeout(resolve, 5)
          })
      }

      await deploy()
      for (const step of recipe.steps) {
        if (step.phase === 'code') codes = Math.floor(codes) + 1
        if (step.phase === 'contract' && Number.isInteger(codes)) codes += 0.5
        await deploy()
        await migrate(runner, step)
        if (step.backfill) {
          const job = step.backfill.valueKnown
            ? step.backfill
            : { ...step.backfill, set: step.backfill.set.replace(/= NULL \/\*.*\*\//, `= ${value}`) }
          const script = backfillScript(job)!
          await runner.query(script.install)
          await runner.query(script.run.replace('()', '(batch => 40, pause => 0.01)'))
          expect(Object.values((await runner.query<Record<string, unknown>>(script.verify)).rows[0]!)).toEqual(['0'])
          await runner.query(script.cleanup)
        }
        await deploy()
      }
      for (const r of running) r.stop = true
      await Promise.all(running.map((r) => r.ended))
      expect(failures).toEqual([])
      expect(Object.values((await runner.query<Record<string, unknown>>(done)).rows[0]!)).toEqual([true])
    },
  )
})
