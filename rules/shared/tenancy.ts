import type { Column, Schema, Table } from '../../src/schema/model.ts'
import { snake } from './names.ts'

const names = new Set([
  'tenant_id',
  'org_id',
  'organization_id',
  'organisation_id',
  'workspace_id',
  'team_id',
  'company_id',
  'account_id',
])

/**
 * The column that says to whom a row belongs, in a schema where at least four tables and three in five have it; null in any other.
 * The name is in snake case, as tables may spell it differently.
 */
export function tenantOf(schema: Schema): string | null {
  const counts = new Map<string, number>()
  let tables = 0
  for (const table of schema.tables.values()) {
    if (table.schema !== schema.defaultSchema || /migration/i.test(table.name)) continue
    tables++
    for (const name of new Set(table.columns.map((column) => snake(column.name))))
      if (names.has(name)) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const [name, count] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? ['', 0]
  return count >= 4 && count >= (tables - 1) * 0.6 ? name : null
}

/** A table's column for its tenant. */
export function tenantColumn(table: Table, tenant: string): Column | null {
  return table.columns.find((column) => snake(column.name) === tenant) ?? null
}

/** How most tables spell the name of that column. */
export function tenantSpelled(schema: Schema, tenant: string): string {
  const counts = new Map<string, number>()
  for (const table of schema.tables.values()) {
    const name = tenantColumn(table, tenant)?.name
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? tenant
}

/** A schema of several tenants, for examples: every table but one says whose its rows are. */
export const tenants = `
  create table orgs (id bigint primary key);
  create table users (id bigint primary key, org_id bigint not null);
  create table projects (id bigint primary key, org_id bigint not null);
  create table invoices (id bigint primary key, org_id bigint not null);
  create table files (id bigint primary key, org_id bigint not null);`
