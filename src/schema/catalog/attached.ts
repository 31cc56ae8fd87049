import type { Policy, Trigger } from '../model.ts'
import { key } from '../model.ts'
import type { Row } from './rows.ts'
import { columnNames, list, own, str, strOrNull } from './rows.ts'

export const triggersQuery = `SELECT n.nspname, c.relname, t.tgname, t.tgtype::int AS type, t.tgenabled::text, t.tgconstraint <> 0 AS isconstraint, t.tgdeferrable, t.tginitdeferred, t.tgoldtable, t.tgnewtable, encode(t.tgargs, 'escape') AS args,
    substring(pg_get_triggerdef(t.oid) FROM ' WHEN \\((.*)\\) EXECUTE ') AS condition, fn.nspname AS fschema, p.proname, ${columnNames('t.tgattr::int2[]', 't.tgrelid')} AS columns
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace fn ON fn.oid = p.pronamespace
  WHERE NOT t.tgisinternal AND c.relkind IN ('r', 'p') AND ${own('pg_class', 'c.oid', 'c.relnamespace')} ORDER BY 1, 2, 3`

export function triggerOf(row: Row): Trigger {
  const type = Number(row['type'])
  const events: Trigger['events'] = (
    [
      ['insert', 4],
      ['delete', 8],
      ['update', 16],
      ['truncate', 32],
    ] as const
  ).flatMap(([event, bit]) => ((type & bit) !== 0 ? [event] : []))
  return {
    name: str(row['tgname']),
    timing: (type & 2) !== 0 ? 'before' : (type & 64) !== 0 ? 'instead of' : 'after',
    events,
    forEach: (type & 1) !== 0 ? 'row' : 'statement',
    function: key(str(row['fschema']), str(row['proname'])),
    columns: list(row['columns']),
    updateOf: list(row['columns']),
    when: strOrNull(row['condition']),
    arguments: str(row['args'] ?? '')
      .split('\\000')
      .slice(0, -1),
    constraint:
      row['isconstraint'] === true
        ? { deferrable: row['tgdeferrable'] === true, initiallyDeferred: row['tginitdeferred'] === true }
        : null,
    transition:
      row['tgoldtable'] == null && row['tgnewtable'] == null
        ? null
        : { old: strOrNull(row['tgoldtable']), new: strOrNull(row['tgnewtable']) },
    enabled: row['tgenabled'] !== 'D',
    declared: [],
  }
}

export const policiesQuery = `SELECT n.nspname, c.relname, p.polname, p.polcmd::text, p.polpermissive, pg_get_expr(p.polqual, p.polrelid) AS using, pg_get_expr(p.polwithcheck, p.polrelid) AS check,
    (SELECT json_agg(CASE WHEN r.role = 0 THEN 'public' ELSE pg_get_userbyid(r.role) END) FROM unnest(p.polroles) AS r (role)) AS roles
  FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace ORDER BY 1, 2, 3`

const commands: Readonly<Record<string, Policy['command']>> = {
  '*': 'all',
  r: 'select',
  a: 'insert',
  w: 'update',
  d: 'delete',
}

export function policyOf(row: Row): Policy {
  return {
    name: str(row['polname']),
    command: commands[str(row['polcmd'])] ?? 'all',
    permissive: row['polpermissive'] === true,
    roles: list(row['roles']),
    using: strOrNull(row['using']),
    check: strOrNull(row['check']),
    declared: [],
  }
}
