import type { RuleContext } from '../../src/engine/rule.ts'

/** True where tables of the default schema are served to browsers with a public key, so that row level security is all that guards them. */
export function isSupabase(ctx: RuleContext): boolean {
  return ctx.runner.name === 'supabase'
}
