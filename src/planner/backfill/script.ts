import { schemaOf } from '../../schema/model.ts'
import { dollarTag } from '../../schema/sql/ddl.ts'
import { quoteIdent, quoteLiteral, quoteName } from '../../schema/sql/quote.ts'
import type { BackfillJob } from './backfill.ts'

/** A backfill as scripts: the same function does one batch, whoever calls it. */
export interface BackfillScript {
  readonly job: BackfillJob
  /** Creates the table that keeps the progress, the function that does one batch and the procedure that runs them all. Safe to repeat. */
  readonly install: string
  /** Runs all batches inside the database, each in a transaction of its own. */
  readonly run: string
  /** The same as a shell loop over psql. */
  readonly psql: string
  readonly prisma: string
  readonly drizzle: string
  readonly progress: string
  /** Answers 0 rows left, or a row that says it is finished. */
  readonly verify: string
  readonly cleanup: string
}

/** Rows that a batch has at most, seconds of pause between two, seconds that a batch may hold its locks before the next ones get smaller. */
const pace = { batch: 1000, pause: 0.05, budget: 0.5 } as const

/** Writes the scripts of a job; null where its table has no key to walk by, or a schema whose name has no place in a shell script. */
export function backfillScript(job: BackfillJob, defaultSchema = 'public'): BackfillScript | null {
  if (!job.key.length || job.obstacle !== null || !/^[\p{L}\p{N}_ -]*$/u.test(schemaOf(job.table))) return null
  const own = (suffix: string) => quoteName(schemaOf(job.table), `backfill_${job.name}${suffix}`, defaultSchema)
  const [step, runAll, progress] = [own('_step'), own(''), own('_progress')]
  const table = quoteName(schemaOf(job.table), job.table.slice(job.table.indexOf('.') + 1), defaultSchema)
  return {
    job,
    install: `${[progressTable(job, progress), stepFunction(job, table, step, progress), procedure(step, runAll, progress)].join('\n\n')}\n`,
    run: `CALL ${runAll}();`,
    psql: psqlLoop(step),
    prisma: typescript(job, `SELECT ${step}($1::integer) AS more`, progress, 'prisma'),
    drizzle: typescript(job, `SELECT ${step}(BATCH) AS more`, progress, 'drizzle'),
    progress: `SELECT * FROM ${progress};`,
    verify: `${job.verify ?? `SELECT rows_changed, finished_at IS NOT NULL AS finished FROM ${progress}`};`,
    cleanup: [
      `DROP PROCEDURE ${runAll}(integer, double precision, double precision, integer);`,
      `DROP FUNCTION ${step}(integer);`,
      `DROP TABLE ${progress};`,
      '',
    ].join('\n'),
  }
}

function progressTable(job: BackfillJob, progress: string): string {
  const keys = job.key.map((k, i) => `  last_${i + 1} ${k.type},\n  until_${i + 1} ${k.type},`)
  return `CREATE TABLE IF NOT EXISTS ${progress} (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
${keys.join('\n')}
  rows_read bigint NOT NULL DEFAULT 0,
  rows_changed bigint NOT NULL DEFAULT 0,
  about_rows bigint,
  finished_at timestamp with time zone
);
INSERT INTO ${progress} DEFAULT VALUES ON CONFLICT DO NOTHING;`
}

/** One batch: from the key after the last one, so many keys in their order. The progress commits with the rows. */
function stepFunction(job: BackfillJob, table: string, step: string, progress: string): string {
  const columns = job.key.map((k) => quoteIdent(k.name))
  const row = (of: readonly string[]) => (of.length === 1 ? of[0]! : `(${of.join(', ')})`)
  const variables = (prefix: string) => job.key.map((_, i) => `backfill_${prefix}_${i + 1}`)
  const [low, high] = [variables('low'), variables('high')]
  const last = job.key.map((_, i) => `backfill_at.last_${i + 1}`)
  const until = job.key.map((_, i) => `backfill_at.until_${i + 1}`)
  const aliased = row(columns.map((c) => `${quoteIdent(job.alias)}.${c}`))
  const descending = columns.map((c) => `${c} DESC`).join(', ')
  const body = `
DECLARE
  backfill_at ${progress}%ROWTYPE;
${job.key.map((k, i) => `  ${low[i]} ${k.type};\n  ${high[i]} ${k.type};`).join('\n')}
  backfill_read bigint;
  backfill_changed bigint;
BEGIN
  PERFORM set_config('lock_timeout', '2s', true);
  SELECT * INTO backfill_at FROM ${progress} FOR UPDATE;
  IF backfill_at.finished_at IS NOT NULL THEN
    RETURN false;
  END IF;
  IF ${last[0]} IS NULL THEN
    -- Rows that are added from now on are the business of the code that adds them; without an end the walk would follow them for ever.
    SELECT ${columns.join(', ')} INTO ${until.join(', ')} FROM ${table} ORDER BY ${descending} LIMIT 1;
    SELECT ${columns.join(', ')} INTO ${low.join(', ')} FROM ${table} ORDER BY ${columns.join(', ')} LIMIT 1;
  ELSE
    SELECT ${columns.join(', ')} INTO ${low.join(', ')} FROM ${table} WHERE ${row(columns)} > ${row(last)} AND ${row(columns)} <= ${row(until)} ORDER BY ${columns.join(', ')} LIMIT 1;
  END IF;
  IF NOT FOUND THEN
    UPDATE ${progress} SET finished_at = clock_timestamp();
    RETURN false;
  END IF;
  SELECT count(*) OVER (), ${columns.join(', ')} INTO backfill_read, ${high.join(', ')}
    FROM (SELECT ${columns.join(', ')} FROM ${table} WHERE ${row(columns)} >= ${row(low)} AND ${row(columns)} <= ${row(until)} ORDER BY ${columns.join(', ')} LIMIT batch) AS backfill_batch
    ORDER BY ${descending} LIMIT 1;
${batchStatement(job, `${aliased} >= ${row(low)} AND ${aliased} <= ${row(high)}`)}
  GET DIAGNOSTICS backfill_changed = ROW_COUNT;
  UPDATE ${progress} SET ${job.key.map((_, i) => `last_${i + 1} = ${high[i]}, until_${i + 1} = ${until[i]}`).join(', ')}, rows_read = rows_read + backfill_read, rows_changed = rows_changed + backfill_changed,
    about_rows = coalesce(about_rows, (SELECT nullif(greatest(reltuples, -1), -1)::bigint FROM pg_class WHERE oid = ${quoteLiteral(table)}::regclass));
  RETURN true;
END
`
  const tag = dollarTag(body)
  return `CREATE OR REPLACE FUNCTION ${step}(batch integer DEFAULT ${pace.batch}) RETURNS boolean
LANGUAGE plpgsql AS ${tag}${body}${tag};`
}

/** The statement of the change, for the rows of one batch. A clause may end in a comment, so each ends its line. */
function batchStatement(job: BackfillJob, range: string): string {
  const where = `\n    WHERE ${range}${job.where ? ` AND (${job.where}\n    )` : ''}`
  const first = job.with ? `  ${job.with}\n` : ''
  switch (job.kind) {
    case 'update':
      return `${first}  UPDATE ${job.target}\n    SET ${job.set}${job.from ? `\n    FROM ${job.from}` : ''}${where};`
    case 'delete':
      return `${first}  DELETE FROM ${job.target}${job.from ? `\n    USING ${job.from}` : ''}${where};`
    case 'insert':
      return `${first}  INSERT INTO ${job.target}\n    SELECT ${job.select ?? '*'}\n    FROM ${job.from ?? job.alias}${where}${job.conflict ? `\n    ${job.conflict}` : ''};`
  }
}

/** Runs batches until none is left (or `most` are done), commits each, rests between two, and makes them smaller where one takes too long. */
function procedure(step: string, name: string, progress: string): string {
  return `CREATE OR REPLACE PROCEDURE ${name}(batch integer DEFAULT ${pace.batch}, pause double precision DEFAULT ${pace.pause}, budget double precision DEFAULT ${pace.budget}, most integer DEFAULT NULL)
LANGUAGE plpgsql AS $$
DECLARE
  size integer := batch;
  batches integer := 0;
  more boolean;
  began timestamp with time zone;
  took double precision;
  done ${progress}%ROWTYPE;
BEGIN
  LOOP
    EXIT WHEN batches >= most;
    began := clock_timestamp();
    more := ${step}(size);
    COMMIT;
    took := extract(epoch FROM clock_timestamp() - began);
    batches := batches + 1;
    SELECT * INTO done FROM ${progress};
    RAISE NOTICE 'batch % of up to % rows took % s; % of about % rows read, % changed', batches, size, round(took::numeric, 3), done.rows_read, coalesce(done.about_rows::text, '?'), done.rows_changed;
    EXIT WHEN NOT more;
    IF took > budget THEN
      size := greatest(size / 2, 1);
    ELSIF took < budget / 4 THEN
      size := least(size * 2, batch);
    END IF;
    PERFORM pg_sleep(pause);
  END LOOP;
END
$$;`
}

function psqlLoop(step: string): string {
  return `#!/usr/bin/env bash
# Wants DATABASE_URL. Stop it at any time; the next run goes on where it stopped.
set -euo pipefail
while [ "$(psql "$DATABASE_URL" -X -q -A -t -v ON_ERROR_STOP=1 <<'SQL'
SELECT ${step}(${pace.batch});
SQL
)" = t ]; do
  sleep ${pace.pause}
done
`
}

function typescript(job: BackfillJob, step: string, progress: string, orm: 'prisma' | 'drizzle'): string {
  const head =
    orm === 'prisma'
      ? `import { setTimeout } from 'node:timers/promises'
import { PrismaClient } from '@prisma/client'

const prisma = new PrismaClient()
const query = async <T>(text: string, ...values: unknown[]): Promise<T | undefined> => (await prisma.$queryRawUnsafe<T[]>(text, ...values))[0]`
      : `import { setTimeout } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { db } from './db' // your own instance

const query = async <T>(text: string): Promise<T | undefined> => {
  const result = await db.execute(sql.raw(text)) as unknown as { rows?: T[] } & T[]
  return (result.rows ?? result)[0]
}`
  const call =
    orm === 'prisma'
      ? `query<{ more: boolean }>(${JSON.stringify(step)}, batch)`
      : `query<{ more: boolean }>(${JSON.stringify(step)}.replace('BATCH', String(batch)))`
  return `// ${job.kind === 'insert' ? 'Copies' : job.kind === 'delete' ? 'Clears' : 'Fills'} ${oneLine(job.table)} in batches. Install the SQL beside it first; stop it at any time, the next run goes on where it stopped.
${head}
const most = Math.trunc(Number(process.env.BATCH ?? ${pace.batch}))
const pause = Number(process.env.PAUSE_MS ?? ${pace.pause * 1000})
const budget = Number(process.env.BUDGET_MS ?? ${pace.budget * 1000})

let batch = most
for (let more = true; more;) {
  const began = Date.now()
  more = (await ${call})?.more ?? false
  // A batch that takes too long is followed by smaller ones.
  const took = Date.now() - began
  batch = took > budget ? Math.max(1, Math.trunc(batch / 2)) : Math.min(most, batch * 2)
  const done = await query<{ read: string; about: string | null; changed: string }>(${JSON.stringify(`SELECT rows_read::text AS read, about_rows::text AS about, rows_changed::text AS changed FROM ${progress}`)})
  console.log(\`\${done?.read ?? '0'} of about \${done?.about ?? '?'} rows read, \${done?.changed ?? '0'} changed\`)
  if (more) await setTimeout(pause)
}
${orm === 'prisma' ? 'await prisma.$disconnect()\n' : ''}`
}

function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
}
