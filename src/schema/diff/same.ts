import type {
  Check,
  Column,
  DomainType,
  Exclusion,
  ForeignKey,
  Index,
  OtherType,
  Policy,
  PrimaryKey,
  Sequence,
  SqlFunction,
  Trigger,
  Unique,
  View,
} from '../model.ts'
import { trimmedQuery, viewQuery } from '../sql/ddl.ts'

/** An expression with white space and the parentheses around all of it taken away, for comparing; constants stay as they are. */
function plainExpression(expression: string): string {
  let text = collapse(expression)
  while (text.startsWith('(') && closesAtEnd(text)) text = text.slice(1, -1).trim()
  return text
}

function collapse(text: string): string {
  let out = ''
  let quote = ''
  for (const c of text) {
    if (quote) {
      out += c
      if (c === quote) quote = ''
    } else if (c === "'" || c === '"') {
      quote = c
      out += c
    } else if (/\s/.test(c)) {
      if (!out.endsWith(' ')) out += ' '
    } else out += c
  }
  return out.trim()
}

function closesAtEnd(text: string): boolean {
  let depth = 0
  let quote = ''
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!
    if (quote) {
      if (c === quote) quote = ''
      continue
    }
    if (c === "'" || c === '"') quote = c
    else if (c === '(') depth++
    else if (c === ')' && --depth === 0) return i === text.length - 1
  }
  return false
}

/** True where both are absent, or both are there and mean the same text. */
export function sameExpression(a: string | null | undefined, b: string | null | undefined): boolean {
  if (a === null || a === undefined || b === null || b === undefined) return (a ?? null) === (b ?? null)
  return a === b || plainExpression(a) === plainExpression(b)
}

/** True where two values are equal as data. */
function sameData(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

/** Types are equal, or one of them is not known. */
export function sameType(a: string | null, b: string | null): boolean {
  return a === null || b === null || a === b
}

/** Both plain, or both generated in the same way. */
export function sameGenerated(a: Column, b: Column): boolean {
  return a.generated === null || b.generated === null
    ? a.generated === b.generated
    : a.generated.stored === b.generated.stored && sameExpression(a.generated.expression, b.generated.expression)
}

/** Equal in name, columns and deferral. */
export function samePrimaryKey(a: PrimaryKey, b: PrimaryKey): boolean {
  return (
    a.name === b.name &&
    sameData(a.columns, b.columns) &&
    sameData(a.include, b.include) &&
    a.deferrable === b.deferrable &&
    !a.initiallyDeferred === !b.initiallyDeferred
  )
}

/** Equal but for the name. */
export function sameUnique(a: Unique, b: Unique): boolean {
  return (
    sameData(a.columns, b.columns) &&
    sameData(a.include, b.include) &&
    a.nullsNotDistinct === b.nullsNotDistinct &&
    a.deferrable === b.deferrable &&
    !a.initiallyDeferred === !b.initiallyDeferred
  )
}

/** Equal but for whether it has been validated and when it is checked, which can be altered in place. */
export function sameForeignKeyCore(a: ForeignKey, b: ForeignKey): boolean {
  return (
    sameData(a.columns, b.columns) &&
    a.references.schema === b.references.schema &&
    a.references.table === b.references.table &&
    (sameData(a.references.columns, b.references.columns) ||
      a.references.columns.length === 0 ||
      b.references.columns.length === 0) &&
    a.onDelete === b.onDelete &&
    a.onUpdate === b.onUpdate &&
    a.match === b.match &&
    a.enforced === b.enforced
  )
}

/** Checked at the same moment. */
export function sameDeferral(a: ForeignKey, b: ForeignKey): boolean {
  return a.deferrable === b.deferrable && !a.initiallyDeferred === !b.initiallyDeferred
}

/** Equal but for whether it has been validated. */
export function sameCheckCore(a: Check, b: Check): boolean {
  return sameExpression(a.expression, b.expression) && a.noInherit === b.noInherit && a.enforced === b.enforced
}

/** Equal but for the name. */
export function sameExclusion(a: Exclusion, b: Exclusion): boolean {
  return sameExpression(a.definition, b.definition)
}

/** Equal but for the name and for whether it is valid. */
export function sameIndex(a: Index, b: Index): boolean {
  return (
    a.unique === b.unique &&
    a.nullsNotDistinct === b.nullsNotDistinct &&
    a.method === b.method &&
    sameData(a.include, b.include) &&
    sameExpression(a.where, b.where) &&
    sameData((a.with ?? []).toSorted(), (b.with ?? []).toSorted()) &&
    a.keys.length === b.keys.length &&
    a.keys.every((k, i) => {
      const o = b.keys[i]!
      return (
        k.column === o.column &&
        sameExpression(k.expression, o.expression) &&
        k.descending === o.descending &&
        k.nullsFirst === o.nullsFirst &&
        k.opclass === o.opclass &&
        k.collation === o.collation
      )
    })
  )
}

// A condition is kept as written by one reader and as Postgres prints it by another, so case, casts and parentheses do not count.
function sameCondition(a: string | null, b: string | null): boolean {
  const loose = (text: string) =>
    text
      .split(/('(?:[^']|'')*'|"[^"]*")/)
      .map((part, i) => (i % 2 ? part : part.toLowerCase().replaceAll(/::[a-z_]+( [a-z]+)*(\[\])?|[\s()]/g, '')))
      .join('')
  return a === null || b === null ? a === b : loose(a) === loose(b)
}

/** Equal but for being switched on. */
export function sameTriggerCore(a: Trigger, b: Trigger): boolean {
  return (
    a.timing === b.timing &&
    sameData(a.events.toSorted(), b.events.toSorted()) &&
    a.forEach === b.forEach &&
    a.function === b.function &&
    sameData(a.updateOf ?? [], b.updateOf ?? []) &&
    sameCondition(a.when ?? null, b.when ?? null) &&
    sameData(a.arguments ?? [], b.arguments ?? []) &&
    sameData(a.constraint ?? null, b.constraint ?? null) &&
    sameData(a.transition ?? null, b.transition ?? null)
  )
}

/** Equal but for the name. */
export function samePolicy(a: Policy, b: Policy): boolean {
  return (
    a.command === b.command &&
    a.permissive === b.permissive &&
    sameData(a.roles.toSorted(), b.roles.toSorted()) &&
    sameExpression(a.using, b.using) &&
    sameExpression(a.check, b.check)
  )
}

/** Equal in base, nullability, default and checks. */
export function sameDomain(a: DomainType, b: DomainType): boolean {
  return (
    sameType(a.base, b.base) &&
    a.nullable === b.nullable &&
    sameExpression(a.default, b.default) &&
    a.checks.length === b.checks.length &&
    a.checks.every((c) =>
      b.checks.some(
        (o) => o.name === c.name && o.validated === c.validated && sameExpression(o.expression, c.expression),
      ),
    )
  )
}

/** Equal in form and, where both are known, in definition. */
export function sameOtherType(a: OtherType, b: OtherType): boolean {
  if (a.attributes && b.attributes) return a.form === b.form && sameData(a.attributes, b.attributes)
  return a.form === b.form && (!a.definition || !b.definition || sameExpression(a.definition, b.definition))
}

/** A view whose query or columns are not known on one side counts as equal in them. */
export function sameView(a: View, b: View): boolean {
  return (
    a.materialized === b.materialized &&
    a.securityInvoker === b.securityInvoker &&
    (a.definition === null ||
      b.definition === null ||
      ((sameQuery(a.definition, b.definition) || sameQuery(viewQuery(a), viewQuery(b))) &&
        (a.columns === null || b.columns === null || sameData(a.columns, b.columns))))
  )
}

function sameQuery(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && collapse(trimmedQuery(a)) === collapse(trimmedQuery(b))
}

/** Owner and options; the owner counts where both sides know the table. */
export function sameSequence(a: Sequence, b: Sequence): boolean {
  return (
    a.type === b.type &&
    sameData(a.ownedBy, b.ownedBy) &&
    sameData((a.options ?? []).toSorted(), (b.options ?? []).toSorted())
  )
}

/** Equal in what it does, as far as both bodies are known. */
export function sameFunction(a: SqlFunction, b: SqlFunction): boolean {
  return (
    a.kind === b.kind &&
    a.language === b.language &&
    a.volatility === b.volatility &&
    a.securityDefiner === b.securityDefiner &&
    sameData(a.settings, b.settings) &&
    sameType(a.returns, b.returns) &&
    (a.body === null || b.body === null ? true : a.body.trim() === b.body.trim())
  )
}

/** True where Postgres replaces the function in place: kind and result type stay. */
export function replaceable(a: SqlFunction, b: SqlFunction): boolean {
  return a.kind === b.kind && a.returns === b.returns
}

/** What stands on one side only is not to be trusted where the other side is known in part and this one as a whole. */
export function onlyOneSideKnown(
  partly: { readonly complete: boolean },
  wholly: { readonly complete: boolean },
): boolean {
  return !partly.complete && wholly.complete
}

/** True for the same words in any order. */
export function sameList(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return a.length === b.length && a.every((each) => b.includes(each))
}
