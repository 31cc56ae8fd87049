import type { Rule } from '../../src/engine/rule.ts'
import { startOf } from '../../src/location.ts'

export default {
  id: 'require-journal-entry',
  severity: 'error',
  summary: "A migration that Drizzle's journal does not list never runs, and an entry without its file stops the run.",
  why: `Drizzle runs what meta/_journal.json lists and looks at nothing else in the folder. A file that lost its entry in a merge is reviewed, merged and
    forgotten; an entry that lost its file makes migrate() fail.`,
  fix: 'Generate the migration anew with `npx drizzle-kit generate` on top of the base branch.',
  references: ['https://orm.drizzle.team/docs/drizzle-kit-generate'],
  dialects: 'all',
  sources: [],
  bad: [
    {
      runner: 'drizzle@0.45',
      given: `create table users (id bigint primary key);`,
      files: { 'drizzle/0007_lost.sql': `alter table users add column name text;` },
      message: 'never runs',
    },
    {
      title: 'What has no number was not made by drizzle-kit: a warning.',
      runner: 'drizzle@0.45',
      given: `create table users (id bigint primary key);`,
      files: { 'drizzle/helpers.sql': `alter table users add column name text;` },
      severity: 'warning',
    },
    {
      title: 'Files that are not there are told of once.',
      runner: 'drizzle@0.45',
      given: `create table users (id bigint primary key);`,
      files: {
        'drizzle/meta/_journal.json': `{ "version": "7", "dialect": "postgresql", "entries": [${['0001_a', '0002_b'].map((tag, i) => `{ "idx": ${i}, "version": "7", "when": ${i + 2}, "tag": "${tag}", "breakpoints": true }`).join(', ')}] }`,
      },
      message: 'lists `0001_a` and there is no `drizzle/0001_a.sql`, and 1 more is not there either',
    },
  ],
  good: [
    {
      runner: 'drizzle@0.45',
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column name text;`,
    },
  ],
  visit: {
    *pullRequest(ctx) {
      const { before, after } = ctx.journal
      if (!after) return
      const unlisted = ctx.orphans.filter(({ path }) => path.endsWith('.sql'))
      const fresh = unlisted.filter(({ isNew }) => isNew)
      const stale = unlisted.length - fresh.length
      const listed = after.entries.length - after.missing.length
      if (fresh[0] && (listed === 0 ? stale > 0 : stale >= 3 && stale > listed)) {
        // Whoever keeps most of the files out of the journal runs them by other means.
        yield {
          place: startOf(fresh[0].path),
          object: fresh[0].path,
          anySize: true,
          severity: 'info',
          message: `Drizzle never runs this: \`meta/_journal.json\` lists ${listed} of ${listed + unlisted.length} migrations.`,
        }
      } else
        for (const { path } of fresh) {
          yield {
            place: startOf(path),
            object: path,
            anySize: true,
            // drizzle-kit numbers what it makes; what has no number was put there by hand, for whatever it is.
            ...(numberOf(path.slice(path.lastIndexOf('/') + 1)) === null ? { severity: 'warning' as const } : {}),
            message: 'This migration never runs: `meta/_journal.json` does not list it.',
          }
        }
      const old = new Set(before?.entries.map((entry) => entry.tag))
      const missing = after.missing.filter(
        ({ tag }) => !(old.has(tag) && before?.missing.some((other) => other.tag === tag)),
      )
      if (missing[0]) {
        const rest = missing.length - 1
        const more = rest === 0 ? '' : `, and ${rest} more ${rest === 1 ? 'is' : 'are'} not there either`
        yield {
          place: missing[0].place,
          object: missing.map(({ tag }) => tag).join(' '),
          anySize: true,
          message: `\`migrate()\` fails: the journal lists \`${missing[0].tag}\` and there is no \`${missing[0].file}\`${more}.`,
        }
      }
      for (const [at, entry] of after.entries.entries()) {
        const first = after.entries.slice(0, at)
        const same = first.find((other) => other.tag === entry.tag)
        const number = first.find(
          (other) => numberOf(other.tag) !== null && numberOf(other.tag) === numberOf(entry.tag),
        )
        const twice = same ?? number
        const count = (tag: string) => before?.entries.filter((other) => other.tag === tag).length ?? 0
        if (twice && count(entry.tag) > 0 && count(twice.tag) > (same ? 1 : 0)) continue
        if (same) {
          yield {
            place: entry.place,
            object: entry.tag,
            anySize: true,
            message: `On a new database \`${entry.tag}\` runs twice: the journal lists it twice.`,
          }
        } else if (number) {
          yield {
            place: entry.place,
            object: entry.tag,
            anySize: true,
            severity: 'warning',
            message: `The next \`drizzle-kit generate\` forgets what \`${number.tag}\` or \`${entry.tag}\` does: both have the number \`${numberOf(entry.tag)}\`, and there is one snapshot of it.`,
          }
        }
      }
    },
  },
} satisfies Rule

/** What drizzle-kit names the snapshot after. */
function numberOf(tag: string): string | null {
  return /^(\d+)_/.exec(tag)?.[1] ?? null
}
