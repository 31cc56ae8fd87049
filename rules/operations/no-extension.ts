import type { Rule } from '../../src/engine/rule.ts'

export default {
  id: 'no-extension',
  severity: 'info',
  summary: 'CREATE EXTENSION fails where the migrating role may not install it or the server does not have it.',
  why: `Extensions that are not marked as trusted want a superuser, or the provider's own role, and the files of an extension have to be on the server, also on the machine
    where tests and staging run.`,
  fix: 'Install it on every server before the deploy, with a role that may, and keep IF NOT EXISTS in the migration.',
  references: ['https://www.postgresql.org/docs/current/sql-createextension.html'],
  sources: ['diesel-guard/CreateExtensionCheck'],
  bad: [{ sql: `create extension if not exists hstore;`, message: '`hstore` has to be on the server' }],
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
    statement({ node, inside }, ctx) {
      if (inside === 'function' || !('CreateExtensionStmt' in node)) return
      const { extname = '', if_not_exists } = node.CreateExtensionStmt
      if (extname === 'plpgsql' || (if_not_exists && ctx.step.before.extensions.has(extname))) return
      return {
        anySize: true,
        object: extname,
        message: `\`${extname}\` has to be on the server, and the role that migrates has to be allowed to install it.`,
        help: `Does the server have it, and does it want a superuser?\n\`\`\`sql\nSELECT name, version, superuser, trusted FROM pg_available_extension_versions WHERE name = '${extname.replaceAll("'", "''")}';\n\`\`\``,
      }
    },
  },
} satisfies Rule
