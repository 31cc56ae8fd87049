import type { Rule } from '../../src/engine/rule.ts'
import { createView } from '../../src/schema/sql/ddl.ts'
import { sql } from '../shared/sql.ts'
import { usesOf } from '../shared/uses.ts'

const given = `create table users (id bigint primary key, email varchar(100)); create view contacts as select id, email from users;`

export default {
  id: 'no-drop-view',
  severity: 'warning',
  summary: 'Dropping a view breaks every running instance that still reads it.',
  why: `A view holds no rows, so nothing is lost. But the drop is immediate, and the deploy of the code is not: instances of the version before fail on every query of the view until they are replaced.`,
  fix: 'Deploy the code that reads it no longer, and drop the view in a later pull request.',
  references: ['https://www.postgresql.org/docs/current/sql-dropview.html'],
  sources: [],
  bad: [
    { given, sql: `drop view contacts;`, message: 'still reads `contacts`' },
    {
      given: `create table users (id bigint primary key); create materialized view counts as select count(*) from users;`,
      sql: `drop materialized view if exists counts;`,
    },
  ],
  good: [
    {
      title: 'A view that is made anew under the same name.',
      given,
      sql: `drop view contacts; alter table users alter column email type text; create view contacts as select id, email from users;`,
    },
    {
      title: 'A table takes its place.',
      given,
      sql: `drop view contacts; create table contacts (id bigint primary key, email text);`,
    },
    {
      title: 'A view of the same pull request.',
      given: `create table users (id bigint primary key, email text);`,
      sql: `create view contacts as select id, email from users; drop view contacts;`,
    },
    { title: 'A view that is not there.', sql: `drop view if exists contacts;`, given: `create table users (id int);` },
  ],
  visit: {
    dropView({ object, from }, ctx) {
      // Of code of this very commit another rule speaks.
      if ((!ctx.alone && from === null) || usesOf(ctx, object, null).length > 0) return
      if (ctx.after.views.has(object) || ctx.after.tables.has(object)) return
      const isMadeHere = ctx.steps.some((step) =>
        step.changes.some((change) => change.kind === 'createView' && change.object === object),
      )
      if (isMadeHere) return
      const back = from === null ? null : createView(from, ctx.before.defaultSchema)
      return {
        anySize: true,
        object,
        ...(back === null
          ? {}
          : {
              help: `Deploy the code that reads it no longer, and drop the view in a later pull request. What brings it back:\n${sql(`${back};`)}`,
            }),
        message: `Dropping \`${ctx.name(object)}\` breaks every running instance that still reads \`${ctx.name(object)}\`.`,
      }
    },
  },
} satisfies Rule
