import type { Check, Exclusion, ForeignKey, PrimaryKey, Table, Unique } from '../model.ts'
import { referentialActions } from '../model.ts'
import type { Row } from './rows.ts'
import { columnNames, list, own, str, strOrNull } from './rows.ts'

export const constraintsQuery = `SELECT n.nspname, c.relname, k.conname, k.contype::text, k.convalidated, k.condeferrable, k.condeferred, k.connoinherit, k.confdeltype::text, k.confupdtype::text, k.confmatchtype::text,
    coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true) AS enforced, fn.nspname AS fschema, f.relname AS ftable, ${columnNames('k.confkey', 'k.confrelid')} AS fcolumns,
    ${columnNames('k.conkey', 'k.conrelid')} AS columns, pg_get_expr(k.conbin, k.conrelid) AS expression, CASE WHEN k.contype = 'x' THEN pg_get_constraintdef(k.oid) END AS definition,
    obj_description(k.oid, 'pg_constraint') AS comment, coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) AS nnd,
    (SELECT coalesce(json_agg(a.attname ORDER BY p.n), '[]') FROM unnest(i.indkey) WITH ORDINALITY AS p (attnum, n) JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = p.attnum WHERE p.n > i.indnkeyatts) AS include
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_class f ON f.oid = k.confrelid LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace
  LEFT JOIN pg_index i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u')
  WHERE ${own('pg_class', 'c.oid', 'c.relnamespace')} AND NOT (k.contype = 'f' AND k.conparentid <> 0 AND f.relispartition) ORDER BY 1, 2, 3`

export function addConstraint(table: { -readonly [K in keyof Table]: Table[K] }, row: Row): void {
  const common = { name: str(row['conname']), comment: strOrNull(row['comment']), declared: [] }
  const deferred = row['condeferred'] === true ? { initiallyDeferred: true } : {}
  const columns = list(row['columns'])
  const deferrable = row['condeferrable'] === true
  switch (row['contype']) {
    case 'p': {
      const to: PrimaryKey = { ...common, columns, include: list(row['include']), deferrable, ...deferred }
      table.primaryKey = to
      return
    }
    case 'u': {
      const to: Unique = {
        ...common,
        columns,
        include: list(row['include']),
        nullsNotDistinct: row['nnd'] === true,
        deferrable,
        ...deferred,
      }
      table.uniques = [...table.uniques, to]
      return
    }
    case 'f': {
      const to: ForeignKey = {
        ...common,
        columns,
        references: { schema: str(row['fschema']), table: str(row['ftable']), columns: list(row['fcolumns']) },
        onDelete: referentialActions[str(row['confdeltype'])] ?? 'NO ACTION',
        onUpdate: referentialActions[str(row['confupdtype'])] ?? 'NO ACTION',
        match: row['confmatchtype'] === 'f' ? 'full' : row['confmatchtype'] === 'p' ? 'partial' : 'simple',
        validated: row['convalidated'] === true,
        enforced: row['enforced'] === true,
        deferrable,
        ...deferred,
      }
      table.foreignKeys = [...table.foreignKeys, to]
      return
    }
    case 'c': {
      const to: Check = {
        ...common,
        expression: str(row['expression']),
        validated: row['convalidated'] === true,
        enforced: row['enforced'] === true,
        noInherit: row['connoinherit'] === true,
      }
      table.checks = [...table.checks, to]
      return
    }
    case 'n': {
      const [column = ''] = columns
      const named = { name: common.name, validated: row['convalidated'] === true }
      // Every NOT NULL has a name; one that Postgres made, for this table or for one that it was copied or renamed from, is none of its own.
      if (!named.validated || !/_not_null\d*$/.test(named.name))
        table.columns = table.columns.map((each) => (each.name === column ? { ...each, notNull: named } : each))
      return
    }
    case 'x': {
      const to: Exclusion = { ...common, definition: str(row['definition']), columns }
      table.exclusions = [...table.exclusions, to]
      return
    }
    default:
  }
}
