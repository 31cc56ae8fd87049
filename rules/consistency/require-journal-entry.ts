import type { Rule } from '../../src/engine/rule.ts'
import { startOf } from '../../src/location.ts'

export default {
  id: 'require-journal-entry',
  severity: 'error',
  summary: 'A migration that Drizzle\'s journal does not list never runs, and an entry without its file stops the run.',
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
  ],
  good: [{ runner: 'drizzle@0.45', given: `create table users (id bigint primary key);`, sql: `alter table users add column name text;` }],
  visit: {
    *pullRequest(ctx) {
      const { before, after } = ctx.journal
      if (!after) return
      for (const { path, isNew } of ctx.orphans) {
        if (!isNew || !path.endsWith('.sql')) continue
        yield { place: startOf(path), object: path, anySize: true, message: 'This migration never runs: `meta/_journal.json` does not list it.' }
      }
      const old = new Set(before?.entries.map((entry) => entry.tag))
      for (const entry of after.missing) {
        if (old.has(entry.tag) && before?.missing.some((other) => other.tag === entry.tag)) continue
        yield { place: entry.place, object: entry.tag, anySize: true, message: `\`migrate()\` fails: the journal lists \`${entry.tag}\` and there is no \`${entry.file}\`.` }
      }
      for (const entry of after.duplicates) {
        if (before?.duplicates.some((other) => other.tag === entry.tag)) continue
        yield { place: entry.place, object: entry.tag, anySize: true, message: `\`${entry.tag}\` has the number or the name of another entry of the journal.` }
      }
    },
  },
} satisfies Rule
