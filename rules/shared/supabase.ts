import type { RuleContext } from '../../src/engine/rule.ts'
import { ident } from './sql.ts'

/** True where tables of the default schema are served to browsers with a public key, so that row level security is all that guards them. */
export function isSupabase(ctx: RuleContext): boolean {
  return ctx.runner.name === 'supabase'
}

/** True where the pull request takes privileges on something of that name away from the roles of the API. */
export function isRevoked(name: string, ctx: RuleContext): boolean {
  return ctx.steps.some(
    ({ statement }) =>
      'GrantStmt' in statement.node &&
      statement.node.GrantStmt.is_grant !== true &&
      /\b(?:anon|authenticated|public)\b/i.test(statement.text) &&
      (statement.node.GrantStmt.targtype === 'ACL_TARGET_ALL_IN_SCHEMA' || statement.text.includes(name)),
  )
}

/** Statements that keep a copy in a table of its own, which is closed to browsers where others are served to them. */
export function backup(name: string, as: string, ctx: RuleContext): readonly string[] {
  const closed = isSupabase(ctx) ? [`ALTER TABLE ${ident(name)} ENABLE ROW LEVEL SECURITY;`] : []
  return [`CREATE TABLE ${ident(name)} AS ${as};`, ...closed]
}
