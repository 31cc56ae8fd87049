import type { Rule } from '../../src/engine/rule.ts'

export default {
  id: 'no-privileged-role',
  severity: 'warning',
  summary: 'A role with SUPERUSER, BYPASSRLS or CREATEROLE goes past what grants and policies forbid.',
  why: `A superuser is asked for no privilege and may run programs on the server; BYPASSRLS reads the rows of every tenant; CREATEROLE makes further roles. Such a role in a
    migration exists in each environment that runs it, and its password there is not the one of a person who can be asked.`,
  fix: 'Make the role without these attributes and grant it what it uses; make administrators by hand.',
  references: [
    'https://www.postgresql.org/docs/current/role-attributes.html',
    'https://www.postgresql.org/docs/current/sql-createrole.html',
  ],
  sources: [],
  bad: [
    { sql: `create role ops login superuser;`, message: '`ops` is a superuser', unproven: 'roles are of the cluster' },
    {
      given: `create role app login;`,
      sql: `alter role app bypassrls createrole;`,
      message: '`app` goes past every row level policy and may make and change roles',
      unproven: 'roles are of the cluster',
    },
  ],
  good: [
    {
      sql: `create role reports login nosuperuser nobypassrls; grant pg_read_all_data to reports;`,
      unproven: 'roles are of the cluster',
    },
    {
      given: `create role app login;`,
      sql: `alter role app set statement_timeout = '30s';`,
      unproven: 'roles are of the cluster',
    },
  ],
  visit: {
    statement({ node, inside }) {
      if (inside === 'function') return null
      const [role, options] =
        'CreateRoleStmt' in node
          ? [node.CreateRoleStmt.role, node.CreateRoleStmt.options]
          : 'AlterRoleStmt' in node
            ? [node.AlterRoleStmt.role?.rolename, node.AlterRoleStmt.options]
            : []
      const powers = (options ?? []).flatMap((option) => {
        if (
          !('DefElem' in option) ||
          !option.DefElem.arg ||
          !('Boolean' in option.DefElem.arg) ||
          option.DefElem.arg.Boolean.boolval !== true
        )
          return []
        return attributes[option.DefElem.defname ?? ''] ?? []
      })
      return powers.length === 0
        ? null
        : {
            anySize: true,
            object: role ?? '',
            message: `\`${role ?? 'the role'}\` ${powers.length < 2 ? powers.join('') : `${powers.slice(0, -1).join(', ')} and ${powers.at(-1) ?? ''}`}.`,
            help: 'Leave the attributes out and grant what the role uses.',
          }
    },
  },
} satisfies Rule

/** What an attribute of a role lets it do, by the name that the parser gives it. */
const attributes: Readonly<Record<string, string>> = {
  superuser: 'is a superuser, who is asked for no privilege',
  bypassrls: 'goes past every row level policy',
  createrole: 'may make and change roles',
  isreplication: 'may copy the whole cluster',
}
