import type { RuleContext } from '../../src/engine/rule.ts'
import type { ConstraintRef } from '../../src/schema/change.ts'
import type { Check, ForeignKey, Key, Unique } from '../../src/schema/model.ts'
import { ident, sql, sqlName } from './sql.ts'

type Added =
  | { readonly type: 'unique'; readonly is: Unique }
  | { readonly type: 'foreignKey'; readonly is: ForeignKey }
  | { readonly type: 'check'; readonly is: Check }

/** The name of a valid constraint that the pull request drops before the step at hand and that said the same; null where there is none. */
export function droppedTwin(table: Key, added: Added, ctx: RuleContext): string | null {
  const at = ctx.step === null ? -1 : ctx.steps.indexOf(ctx.step)
  for (const change of ctx.steps.slice(0, at + 1).flatMap((step) => step.changes)) {
    if (change.kind !== 'dropConstraint' || change.table !== table || change.constraint === null) continue
    if (meaningOf(change.constraint) === meaningOf(added)) return change.name
  }
  return null
}

/** True where the pull request drops a unique constraint or index before the step at hand that told rows apart by some of the columns. */
export function wasUnique(table: Key, columns: readonly string[], ctx: RuleContext): boolean {
  const at = ctx.step === null ? -1 : ctx.steps.indexOf(ctx.step)
  const tells = (keys: readonly (string | null)[]) =>
    keys.length > 0 && keys.every((key) => key !== null && columns.includes(key))
  return ctx.steps.slice(0, at + 1).some(({ changes }) =>
    changes.some((change) => {
      if (change.kind === 'dropConstraint')
        return change.table === table && change.constraint?.type === 'unique' && tells(change.constraint.is.columns)
      if (change.kind !== 'dropIndex' || change.table !== table || change.index === null) return false
      const { unique, where, keys } = change.index
      return unique && where === null && tells(keys.map(({ column }) => column))
    }),
  )
}

function meaningOf(constraint: ConstraintRef): string {
  if (constraint.type === 'check') {
    const { expression, validated, enforced, noInherit } = constraint.is
    return JSON.stringify(['check', expression, validated, enforced, noInherit])
  }
  if (constraint.type === 'unique') {
    const { columns, include, nullsNotDistinct, deferrable, initiallyDeferred } = constraint.is
    return JSON.stringify(['unique', columns, include, nullsNotDistinct, deferrable, initiallyDeferred === true])
  }
  if (constraint.type !== 'foreignKey') return constraint.type
  const { columns, references, onDelete, onUpdate, match, validated, enforced, deferrable, initiallyDeferred } =
    constraint.is
  return JSON.stringify([
    'foreignKey',
    columns,
    [references.schema, references.table, references.columns],
    [onDelete, onUpdate, match],
    [validated, enforced, deferrable, initiallyDeferred === true],
  ])
}

/** What to do where a constraint only gets another name. */
export function renameInstead(table: Key, from: string, to: string, ctx: RuleContext): string {
  return from === to
    ? `It says what \`${from}\` said: leave that as it is.`
    : `Only its name changes. In place of dropping and adding it:\n${sql(`ALTER TABLE ${sqlName(table, ctx)} RENAME CONSTRAINT ${ident(from)} TO ${ident(to)};`)}`
}

/** True where the pull request drops and adds a column that was there before; an unknown table counts as holding it. */
export function isRecreated(table: Key, column: string, ctx: RuleContext): boolean {
  const known = ctx.before.tables.get(table)
  const existed = known === undefined || !known.complete || known.columns.some(({ name }) => name === column)
  const at = ctx.step === null ? -1 : ctx.steps.indexOf(ctx.step)
  return (
    existed &&
    ctx.steps
      .slice(0, at + 1)
      .some(({ changes }) =>
        changes.some((change) => change.kind === 'dropColumn' && change.table === table && change.from.name === column),
      )
  )
}

/** A name for an index that is built beside what stands there: another one where the name is still taken when the pull request begins. */
export function freeIndexName(name: string, table: Key, ctx: RuleContext): string {
  const known = ctx.before.tables.get(table)
  const taken = [known?.primaryKey, ...(known?.uniques ?? []), ...(known?.indexes ?? [])]
  return taken.some((each) => each?.name === name) ? `${name}_new` : name
}
