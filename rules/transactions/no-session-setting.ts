import type { Problem, Rule } from '../../src/engine/rule.ts'
import { isTemplate } from '../../src/schema/template.ts'
import type { Step } from '../../src/step.ts'
import { wholeLines } from '../shared/suggest.ts'
import { sql } from '../shared/sql.ts'

export default {
  id: 'no-session-setting',
  severity: 'info',
  summary: 'SET ROLE or SET search_path without LOCAL also holds for the migrations that run after this one.',
  why: `Runners that keep one session for all files carry the setting on: later migrations create their tables in another schema or as another role, but only where both
    run in one deploy. Behind a pooler it reaches sessions of the application.`,
  fix: 'Use SET LOCAL in a transaction, name the schema in each statement, or RESET it at the end of the file.',
  references: ['https://www.postgresql.org/docs/current/sql-set.html'],
  sources: [],
  bad: [
    {
      sql: `set search_path = billing; create table public.users (id bigint generated always as identity primary key);`,
      message: '`search_path` stays set',
    },
    {
      title: 'Files that all do it are told of once.',
      sql: [`set search_path = public; select 1;`, `set search_path = public; select 2;`],
    },
    { sql: `set role admin;`, message: '`role` stays set', unproven: 'the role is not there' },
  ],
  good: [
    {
      title: 'A program that fills in the schema for each file sets it for each.',
      sql: `set search_path = '{{.Schema}}'; create table users (id bigint generated always as identity primary key);`,
    },
    { sql: `set local search_path = public; create table users (id bigint generated always as identity primary key);` },
    {
      sql: `set search_path = public; create table users (id bigint generated always as identity primary key); reset search_path;`,
    },
  ],
  visit: {
    *pullRequest(ctx) {
      const told = new Set<string>()
      for (const [i, step] of ctx.steps.entries()) {
        const { node, inside } = step.statement
        if (inside !== null || !('VariableSetStmt' in node)) continue
        const { kind, is_local, name = '' } = node.VariableSetStmt
        if (kind !== 'VAR_SET_VALUE' || is_local || !/^(role|session_authorization|search_path)$/.test(name)) continue
        const undone = ctx.steps
          .slice(i + 1)
          .some(
            ({ statement, migration }) =>
              migration.path === step.migration.path &&
              'VariableSetStmt' in statement.node &&
              (statement.node.VariableSetStmt.kind === 'VAR_RESET_ALL' ||
                ((statement.node.VariableSetStmt.kind === 'VAR_RESET' ||
                  statement.node.VariableSetStmt.kind === 'VAR_SET_DEFAULT') &&
                  statement.node.VariableSetStmt.name === name)),
          )
        // A program that fills in a template for each file sets it again for the next.
        if (undone || told.has(name) || isTemplate(step.statement.text)) continue
        told.add(name)
        yield {
          place: step.statement.place,
          anySize: true,
          object: `${step.migration.name}.${name}`,
          message: `The \`${name}\` stays set for whatever runs in this session after the file.`,
          ...(step.transaction.block === true
            ? endsWithTransaction(step)
            : { help: `At the end of the file:\n${sql(`RESET ${name};`)}` }),
        }
      }
    },
  },
} satisfies Rule

/** `SET LOCAL` in its place, which is there to the end of the transaction and no longer. */
function endsWithTransaction(step: Step): Pick<Problem, 'help' | 'suggestion'> {
  const local = `${step.statement.text.replace(/^(\s*set)\s+(?:session\s+(?!authorization))?/i, '$1 LOCAL ')};`
  return { help: `Let it end with the transaction:\n${sql(local)}`, ...wholeLines(step, local) }
}
