import type { Rule } from '../../src/engine/rule.ts'
import type { Step } from '../../src/step.ts'
import { listed } from '../shared/query-words.ts'
import { sql } from '../shared/sql.ts'

export default {
  id: 'no-extension',
  severity: 'info',
  summary: 'CREATE EXTENSION fails where the migrating role may not install it or the server does not have it.',
  why: `Extensions that are not marked as trusted want a superuser, or the provider's own role, and the files of an extension have to be on the server, also on the machine
    where tests and staging run.`,
  fix: 'Install it on every server before the deploy, with a role that may, and keep IF NOT EXISTS in the migration.',
  references: ['https://www.postgresql.org/docs/current/sql-createextension.html'],
  sources: ['diesel-guard/CreateExtensionCheck'],
  bad: [
    { sql: `create extension if not exists hstore;`, message: '`hstore` has to be on the server' },
    {
      title: 'Several are told once.',
      sql: `create extension hstore; create extension citext;`,
      message: '`hstore` and `citext` have to be on the server',
    },
  ],
  good: [
    {
      title: 'It is there already.',
      given: `create extension if not exists hstore;`,
      sql: `create extension if not exists hstore;`,
    },
    {
      given: `create extension if not exists hstore;`,
      sql: `create table users (id bigint generated always as identity primary key, tags hstore);`,
    },
  ],
  visit: {
    statement(statement, ctx) {
      const here = newExtension(ctx.step)
      if (here === null) return
      const [first, ...others] = ctx.steps.filter(
        (step) => step.migration === ctx.step.migration && newExtension(step) !== null,
      )
      if (first !== ctx.step) return
      const names = [here, ...others.flatMap((step) => newExtension(step) ?? [])]
      const quoted = [...new Set(names)].map((name) => `'${name.replaceAll("'", "''")}'`)
      return {
        anySize: true,
        object: here,
        message: `${listed(names)} ${quoted.length < 2 ? 'has' : 'have'} to be on the server, and the role that migrates has to be allowed to install ${quoted.length < 2 ? 'it' : 'them'}.`,
        help: `Does the server have ${quoted.length < 2 ? 'it, and does it want' : 'them, and which want'} a superuser?\n${sql(
          `SELECT name, version, superuser, trusted FROM pg_available_extension_versions WHERE name ${quoted.length < 2 ? `= ${quoted.join('')}` : `IN (${quoted.join(', ')})`};`,
        )}`,
      }
    },
  },
} satisfies Rule

/** Name of an extension that a statement installs; null where it does none, or none that is not there. */
function newExtension({ statement: { node, inside }, before }: Step): string | null {
  if (inside === 'function' || !('CreateExtensionStmt' in node)) return null
  const { extname = '', if_not_exists } = node.CreateExtensionStmt
  return extname === 'plpgsql' || (if_not_exists === true && before.extensions.has(extname)) ? null : extname
}
