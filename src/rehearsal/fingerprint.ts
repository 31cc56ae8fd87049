import type { Session } from './session.ts'

/** What is there of an object that migrations define. */
export interface Definition {
  /** `function touch()`: kind and name, without the schema `public`. */
  readonly object: string
  /** Key of the table that it goes and comes with; null for what stands alone. */
  readonly of: string | null
  readonly text: string
}

/**
 * Everything that migrations define, by object. Columns stand by name: one that went and came back stands last in its table, which no
 * reader of names notices.
 */
export async function definitions(session: Pick<Session, 'ask'>): Promise<ReadonlyMap<string, Definition>> {
  // What Postgres prints of views and functions leaves out the schemas of the search path, which a migration may have changed.
  const [was] = await session.ask<{ readonly path: string }>(`select pg_catalog.current_setting('search_path') as path`)
  const search = (path: string) =>
    session.ask(`select pg_catalog.set_config('search_path', '${path.replaceAll("'", "''")}', false)`)
  await search('pg_catalog')
  const rows = await session.ask<{ kind: string; name: string; owner: string | null; line: string }>(definitionsSql)
  await search(was?.path ?? '')
  return new Map(
    rows.map(({ kind, name, owner, line }) => [
      `${kind} ${owner ?? ''} ${name}`,
      { object: `${kind} \`${name}\``, of: owner === null ? null : `table  ${owner}`, text: line },
    ]),
  )
}

/** What became of one set of definitions in another, by object: `the function \`touch()\` is left behind`. Parts of a table that comes or goes are left out. */
export function differences(
  before: ReadonlyMap<string, Definition>,
  after: ReadonlyMap<string, Definition>,
): ReadonlyMap<string, string> {
  const lacking = (all: ReadonlyMap<string, Definition>, other: ReadonlyMap<string, Definition>, what: string) =>
    [...all].flatMap(([key, { object, of }]) =>
      other.has(key) || (of !== null && all.has(of) && !other.has(of))
        ? []
        : [[key, `the ${object} is ${what}`] as const],
    )
  const changed = [...before].flatMap(([key, { object, text }]) => {
    const now = after.get(key)
    if (now === undefined || now.text === text) return []
    const isShort = [text, now.text].every((each) => each !== '' && each.length <= 100 && !/[\n`]/.test(each))
    return [[key, `the ${object} ${isShort ? `is \`${now.text}\` and was \`${text}\`` : 'is another one'}`] as const]
  })
  return new Map([...lacking(before, after, 'missing'), ...changed, ...lacking(after, before, 'left behind')])
}

const own = `n.nspname <> 'information_schema' and n.nspname !~ '^pg_' and not exists (select 1 from pg_catalog.pg_depend d where d.objid = o.oid and d.deptype = 'e')`

/** A name without the schema `public`. */
const shown = (schema: string, name: string) =>
  `(case when ${schema}.nspname = 'public' then '' else ${schema}.nspname || '.' end || ${name})`

const definitionsSql = `
select 'schema' as kind, n.nspname::text as name, null::text as owner, '' as line from pg_catalog.pg_namespace n where n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
union all select 'extension', e.extname, null, '' from pg_catalog.pg_extension e
union all
select case o.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' else 'table' end, ${shown('n', 'o.relname')},
    (select ${shown('m', 't.relname')} from pg_catalog.pg_depend d join pg_catalog.pg_class t on t.oid = d.refobjid join pg_catalog.pg_namespace m on m.oid = t.relnamespace
      where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = o.oid and d.refobjsubid > 0 and d.deptype in ('a', 'i') and o.relkind = 'S' limit 1),
    o.relkind::text || case when o.relpersistence = 'u' then ' unlogged' else '' end || case when o.relrowsecurity then ' row security' else '' end
    || case when o.relforcerowsecurity then ' forced' else '' end || coalesce(' as ' || case when o.relkind in ('v', 'm') then pg_catalog.pg_get_viewdef(o.oid) end, '')
    || coalesce(' with ' || o.reloptions::text, '')
  from pg_catalog.pg_class o join pg_catalog.pg_namespace n on n.oid = o.relnamespace where o.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and ${own}
union all
select 'column', ${shown('n', 'o.relname')} || '.' || a.attname, ${shown('n', 'o.relname')}, pg_catalog.format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
    || coalesce(' default ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid), '') || a.attidentity::text || a.attgenerated::text || coalesce(' collate ' || l.collname, '')
  from pg_catalog.pg_class o join pg_catalog.pg_namespace n on n.oid = o.relnamespace
  join pg_catalog.pg_attribute a on a.attrelid = o.oid and a.attnum > 0 and not a.attisdropped
  left join pg_catalog.pg_attrdef d on d.adrelid = o.oid and d.adnum = a.attnum
  left join pg_catalog.pg_collation l on l.oid = a.attcollation and l.collname <> 'default'
  where o.relkind in ('r', 'p', 'f', 'c') and ${own}
union all
select 'constraint', o.conname, ${shown('n', 't.relname')}, pg_catalog.pg_get_constraintdef(o.oid)
  from pg_catalog.pg_constraint o join pg_catalog.pg_class t on t.oid = o.conrelid join pg_catalog.pg_namespace n on n.oid = t.relnamespace where o.contype <> 'n' and ${own}
union all
select 'index', ${shown('n', 'o.relname')}, (select ${shown('n', 't.relname')} from pg_catalog.pg_class t where t.oid = i.indrelid), pg_catalog.pg_get_indexdef(o.oid) || case when i.indisvalid then '' else ' invalid' end
  from pg_catalog.pg_class o join pg_catalog.pg_namespace n on n.oid = o.relnamespace join pg_catalog.pg_index i on i.indexrelid = o.oid where ${own}
union all
select 'trigger', o.tgname, ${shown('n', 't.relname')}, pg_catalog.pg_get_triggerdef(o.oid) || o.tgenabled::text
  from pg_catalog.pg_trigger o join pg_catalog.pg_class t on t.oid = o.tgrelid join pg_catalog.pg_namespace n on n.oid = t.relnamespace where not o.tgisinternal and ${own}
union all
select 'function', ${shown('n', 'o.proname')} || '(' || pg_catalog.pg_get_function_identity_arguments(o.oid) || ')', null, case when o.prokind = 'a' then '' else pg_catalog.pg_get_functiondef(o.oid) end
  from pg_catalog.pg_proc o join pg_catalog.pg_namespace n on n.oid = o.pronamespace where ${own}
union all
select 'type', ${shown('n', 'o.typname')}, null, coalesce((select pg_catalog.string_agg(e.enumlabel, ', ' order by e.enumsortorder) from pg_catalog.pg_enum e where e.enumtypid = o.oid), '')
    || coalesce(pg_catalog.format_type(nullif(o.typbasetype, 0), o.typtypmod), '') || case when o.typnotnull then ' not null' else '' end || coalesce(' default ' || o.typdefault, '')
    || coalesce((select ' ' || pg_catalog.string_agg(pg_catalog.pg_get_constraintdef(c.oid), ', ' order by c.conname) from pg_catalog.pg_constraint c where c.contypid = o.oid), '')
  from pg_catalog.pg_type o join pg_catalog.pg_namespace n on n.oid = o.typnamespace where o.typtype in ('e', 'd', 'r') and ${own}
union all
select 'policy', o.polname, ${shown('n', 't.relname')}, o.polcmd::text || o.polpermissive::text || coalesce(' using ' || pg_catalog.pg_get_expr(o.polqual, o.polrelid), '')
    || coalesce(' check ' || pg_catalog.pg_get_expr(o.polwithcheck, o.polrelid), '')
  from pg_catalog.pg_policy o join pg_catalog.pg_class t on t.oid = o.polrelid join pg_catalog.pg_namespace n on n.oid = t.relnamespace where ${own}
union all
select 'comment on', pg_catalog.pg_describe_object(c.classoid, c.objoid, c.objsubid), ${shown('n', 'o.relname')}, c.description
  from pg_catalog.pg_description c join pg_catalog.pg_class o on o.oid = c.objoid and c.classoid = 'pg_catalog.pg_class'::regclass join pg_catalog.pg_namespace n on n.oid = o.relnamespace where ${own}`
