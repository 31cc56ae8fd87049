import type { Rule } from '../../src/engine/rule.ts'
import { otherTypes } from '../shared/column-type.ts'
import { newColumns } from '../shared/columns.ts'

export default {
  id: 'no-reg-type',
  severity: 'warning',
  summary: 'A column that holds the number of a catalog object keeps pg_upgrade from upgrading the database.',
  why: `regproc, regprocedure, regoper, regoperator, regconfig, regdictionary, regnamespace and regcollation are stored as object numbers, which differ in the new cluster. pg_upgrade
    refuses a database with such a column. Those of regclass, regrole and regtype it carries over.`,
  fix: 'Store the name as text and cast it where it is used.',
  references: [
    'https://www.postgresql.org/docs/current/pgupgrade.html',
    'https://www.postgresql.org/docs/current/datatype-oid.html',
  ],
  sources: ['splinter/0018_unsupported_reg_types'],
  bad: [
    {
      sql: `create table searches (id bigint generated always as identity primary key, dictionary regconfig not null);`,
      message: '`dictionary` is `regconfig`',
    },
  ],
  good: [
    {
      sql: `create table searches (id bigint generated always as identity primary key, dictionary text not null, source regclass);`,
    },
  ],
  visit: newColumns((column, table, ctx) => {
    if (!/^reg(?:proc|procedure|oper|operator|config|dictionary|namespace|collation)(?:\[\])*$/.test(column.type ?? ''))
      return null
    return {
      ...otherTypes([column], table, ctx, (_, { text, inTable }) =>
        inTable ? `text${/(?:\[\d*\])+$/.exec(text)?.[0] ?? ''}` : null,
      ),
      message: `\`${column.name}\` is \`${column.type ?? ''}\`, and pg_upgrade refuses a database that stores one.`,
      help: `Store the name as \`text\` and cast it where it is used: \`${column.name}::${column.type ?? ''}\`.`,
    }
  }, true),
} satisfies Rule
