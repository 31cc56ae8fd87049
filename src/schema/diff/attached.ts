import type { Change } from '../change.ts'
import type { Declaration, Table } from '../model.ts'
import { pairUp } from './pairs.ts'
import { placeOfDeclared } from './place.ts'
import { onlyOneSideKnown, samePolicy, sameTriggerCore } from './same.ts'

export function diffTriggersAndPolicies(from: Table, to: Table): readonly Change[] {
  const table = to.key
  const mayDrop = !onlyOneSideKnown(to, from)
  const mayAdd = !onlyOneSideKnown(from, to)
  const triggers = pairUp(from.triggers, to.triggers, sameTriggerCore, mayDrop, mayAdd)
  const policies = pairUp(
    from.policies,
    to.policies,
    (a, b) => a.command === b.command && a.permissive === b.permissive,
    mayDrop,
    mayAdd,
  )
  const security =
    from.rowSecurity.enabled !== to.rowSecurity.enabled || from.rowSecurity.forced !== to.rowSecurity.forced
  return [
    ...triggers.gone.map((t): Change => ({
      kind: 'dropTrigger',
      table,
      name: t.name,
      from: t,
      place: placeOfDeclared(t.declared, from.declared),
    })),
    ...policies.gone.map((p): Change => ({
      kind: 'dropPolicy',
      table,
      name: p.name,
      from: p,
      place: placeOfDeclared(p.declared, from.declared),
    })),
    ...triggers.fresh.map((t): Change => ({
      kind: 'addTrigger',
      table,
      to: t,
      orReplace: false,
      place: placeOfDeclared(t.declared, to.declared),
    })),
    ...triggers.same
      .filter(([a, b]) => a.enabled !== b.enabled)
      .map(([, b]): Change => ({
        kind: 'setTrigger',
        table,
        name: b.name,
        enabled: b.enabled,
        place: placeOfDeclared(b.declared, to.declared),
      })),
    ...(security
      ? [
          {
            kind: 'setRowSecurity' as const,
            table,
            from: from.rowSecurity,
            to: to.rowSecurity,
            place: placeOfDeclared(to.declared),
          },
        ]
      : []),
    ...policies.fresh.map((p): Change => ({
      kind: 'addPolicy',
      table,
      to: p,
      place: placeOfDeclared(p.declared, to.declared),
    })),
    ...policies.same
      .filter(([a, b]) => !samePolicy(a, b))
      .map(([a, b]): Change => ({
        kind: 'alterPolicy',
        table,
        from: a,
        to: b,
        place: placeOfDeclared(b.declared, to.declared),
      })),
  ]
}

interface Commented {
  readonly name: string
  readonly comment?: string | null
  readonly declared: readonly Declaration[]
}

export function diffComments(from: Table, to: Table, changes: readonly Change[]): readonly Change[] {
  const table = to.key
  const had = new Map(from.columns.map((c) => [c.name, c]))
  const constraints = (t: Table) => [
    ...(t.primaryKey ? [t.primaryKey] : []),
    ...t.uniques,
    ...t.checks,
    ...t.exclusions,
    ...t.foreignKeys.filter((f) => !f.clientOnly),
  ]
  // What is dropped and added again loses its comment.
  const lost = new Set(changes.flatMap((c) => (c.kind === 'dropConstraint' || c.kind === 'dropIndex' ? [c.name] : [])))
  const commented = (
    kind: 'commentConstraint' | 'commentIndex',
    before: readonly Commented[],
    after: readonly Commented[],
  ): readonly Change[] => {
    const old = new Map(before.filter((each) => !lost.has(each.name)).map((each) => [each.name, each.comment ?? null]))
    return after.flatMap((each) => {
      const [was, is] = [old.get(each.name) ?? null, each.comment ?? null]
      return was === is
        ? []
        : [{ kind, table, name: each.name, from: was, to: is, place: placeOfDeclared(each.declared, to.declared) }]
    })
  }
  return [
    ...commented('commentConstraint', constraints(from), constraints(to)),
    ...commented('commentIndex', from.indexes, to.indexes),
    ...(from.comment === to.comment
      ? []
      : [
          {
            kind: 'commentTable' as const,
            table,
            from: from.comment,
            to: to.comment,
            place: placeOfDeclared(to.declared),
          },
        ]),
    ...to.columns.flatMap((c): Change[] => {
      const old = had.get(c.name)
      const was = old?.comment ?? null
      const is = c.comment ?? null
      return was === is
        ? []
        : [
            {
              kind: 'commentColumn',
              table,
              column: c.name,
              from: was,
              to: is,
              place: placeOfDeclared(c.declared, to.declared),
            },
          ]
    }),
  ]
}
