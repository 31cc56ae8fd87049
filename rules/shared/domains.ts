import type { RuleContext } from '../../src/engine/rule.ts'
import { key, nameOf, schemaOf, type DomainType, type Key } from '../../src/schema/model.ts'
import { separateDeploy } from './deploys.ts'
import { ident, sqlName } from './sql.ts'
import { withSuffix } from './names.ts'

/** The domain that a type is, where it asks something of its values, so that a column of it is checked row by row; null for other types. */
export function constrainedDomain(type: string | null, ctx: RuleContext): DomainType | null {
  const bare = type?.replaceAll('"', '') ?? ''
  const { domains, defaultSchema } = ctx.step?.before ?? ctx.after
  const domain = domains.get(bare.includes('.') ? key(schemaOf(bare), nameOf(bare)) : key(defaultSchema, bare))
  return domain === undefined || (domain.checks.length === 0 && domain.nullable) ? null : domain
}

/** Lines of SQL that ask of a column of the base type what the domain asks, without a scan under a lock. */
export function checkedAlone(table: Key, column: string, domain: DomainType, ctx: RuleContext): readonly string[] {
  const name = sqlName(table, ctx)
  const constraint = ident(withSuffix(`${nameOf(table)}_${column}`, '_check'))
  const condition = domain.checks
    .map(({ expression }) => expression.replace(/\bVALUE\b/gi, ident(column)))
    .map((text) => (text.startsWith('(') ? text : `(${text})`))
    .join(' AND ')
  return condition === ''
    ? []
    : [
        `ALTER TABLE ${name} ADD CONSTRAINT ${constraint} CHECK (${condition}) NOT VALID;`,
        `-- ${separateDeploy(ctx).replaceAll('`', '')}:`,
        `ALTER TABLE ${name} VALIDATE CONSTRAINT ${constraint};`,
      ]
}
