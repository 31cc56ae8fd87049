import type { ChangeOf } from '../change.ts'
import { part, type Disturbed } from '../disturb.ts'
import type { Schema } from '../model.ts'
import { optionChanges } from '../sequence-options.ts'
import { createPolicy, ownSequence, roleList } from './ddl.ts'
import { quoteIdent, quoteKey, quoteLiteral } from './quote.ts'
import { unknown } from './schema.ts'

export function alterPolicy(
  change: ChangeOf<'alterPolicy'>,
  table: string,
  d: string,
  disturbed: Disturbed,
): readonly string[] {
  const { from, to } = change
  if (disturbed.policies.has(part(change.table, to.name))) return []
  const losesClause = !from || (from.using !== null && to.using === null) || (from.check !== null && to.check === null)
  if (losesClause) return [`DROP POLICY ${quoteIdent(to.name)} ON ${table}`, createPolicy(change.table, to, d)]
  const roles =
    JSON.stringify(from.roles) === JSON.stringify(to.roles)
      ? ''
      : ` TO ${roleList(to.roles.length ? to.roles : ['public'])}`
  return [
    `ALTER POLICY ${quoteIdent(to.name)} ON ${table}${roles}${to.using === null ? '' : ` USING (${to.usingText ?? to.using})`}${to.check === null ? '' : ` WITH CHECK (${to.checkText ?? to.check})`}`,
  ]
}

export function addEnumValue(change: ChangeOf<'addEnumValue'>, before: Schema, after: Schema): string {
  const values = after.enums.get(change.object)?.values ?? []
  const at = values.indexOf(change.value)
  const previous = values[at - 1]
  const first = before.enums.get(change.object)?.values[0]
  const where =
    change.position === 'end' || at < 0
      ? ''
      : previous !== undefined
        ? ` AFTER ${quoteLiteral(previous)}`
        : first !== undefined
          ? ` BEFORE ${quoteLiteral(first)}`
          : ''
  return `ALTER TYPE ${quoteKey(change.object, after.defaultSchema)} ADD VALUE ${change.ifNotExists ? 'IF NOT EXISTS ' : ''}${quoteLiteral(change.value)}${where}`
}

export function alterDomain(change: ChangeOf<'alterDomain'>, name: string): readonly string[] {
  const { from, to } = change
  if (!from || !to) return [unknown('domain', name)]
  const same = (a: (typeof from.checks)[number], b: (typeof from.checks)[number]) =>
    a.name === b.name && a.expression === b.expression && (a.validated === b.validated || b.validated)
  return [
    ...from.checks
      .filter((c) => !to.checks.some((o) => same(c, o)))
      .map((c) => `ALTER DOMAIN ${name} DROP CONSTRAINT ${quoteIdent(c.name)}`),
    ...(from.default === to.default
      ? []
      : [`ALTER DOMAIN ${name} ${to.default === null ? 'DROP DEFAULT' : `SET DEFAULT ${to.default}`}`]),
    ...(from.nullable === to.nullable ? [] : [`ALTER DOMAIN ${name} ${to.nullable ? 'DROP' : 'SET'} NOT NULL`]),
    ...to.checks
      .filter((c) => !from.checks.some((o) => same(o, c)))
      .map(
        (c) =>
          `ALTER DOMAIN ${name} ADD CONSTRAINT ${quoteIdent(c.name)} CHECK (${c.expression})${c.validated ? '' : ' NOT VALID'}`,
      ),
    ...to.checks
      .filter((c) => c.validated && from.checks.some((o) => same(o, c) && !o.validated))
      .map((c) => `ALTER DOMAIN ${name} VALIDATE CONSTRAINT ${quoteIdent(c.name)}`),
  ]
}

export function alterSequence(change: ChangeOf<'alterSequence'>, before: Schema, after: Schema): readonly string[] {
  const from = before.sequences.get(change.object)
  const to = after.sequences.get(change.object)
  if (!to) return []
  const name = quoteKey(change.object, after.defaultSchema)
  const fresh = optionChanges(from?.options ?? [], to.options ?? [], to.type)
  return [
    ...(from?.type === to.type ? [] : [`ALTER SEQUENCE ${name} AS ${to.type}`]),
    ...(fresh.length ? [`ALTER SEQUENCE ${name} ${fresh.join(' ')}`] : []),
    ...(JSON.stringify(from?.ownedBy ?? null) === JSON.stringify(to.ownedBy)
      ? []
      : [ownSequence(to, after.defaultSchema)]),
  ]
}
