import type { Session } from './session.ts'

/**
 * Everything that migrations define, one line for each object, sorted. Columns stand by name: one that went and came back
 * stands last in its table, which no reader of names notices.
 */
export async function definitions(session: Session): Promise<ReadonlySet<string>> {
  // What Postgres prints of views and functions leaves out the schemas of the search path, which a migration may have changed.
  const [was] = await session.ask<{ readonly path: string }>(`select pg_catalog.current_setting('search_path') as path`)
  const search = (path: string) =>
    session.ask(`select pg_catalog.set_config('search_path', '${path.replaceAll("'", "''")}', false)`)
  await search('pg_catalog')
  const rows = await session.ask<{ readonly line: string }>(definitionsSql)
  await search(was?.path ?? '')
  return new Set(rows.map((row) => row.line))
}

/** What one set of definitions has and the other lacks, as one line; null where they are equal. */
export function difference(before: ReadonlySet<string>, after: ReadonlySet<string>): string | null {
  const missing = [...before].filter((line) => !after.has(line))
  const extra = [...after].filter((line) => !before.has(line))
  const [first] = missing.length > 0 ? missing : extra
  if (first === undefined) return null
  const more = missing.length + extra.length - 1
  return `${missing.length > 0 ? 'missing' : 'left behind'}: ${first}${more > 0 ? `, and ${more} more` : ''}`
}

const own = `n.nspname <> 'information_schema' and n.nspname !~ '^pg_' and not exists (select 1 from pg_catalog.pg_depend d where d.objid = o.oid and d.deptype = 'e')`

const definitionsSql = `
select 'schema ' || n.nspname as line from pg_catalog.pg_namespace n where n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
union all select 'extension ' || e.extname from pg_catalog.pg_extension e
union all
select case o.relkind when 'r' then 'table ' when 'p' then 'partitioned table ' when 'v' then 'view ' when 'm' then 'materialized view ' when 'S' then 'sequence ' else 'relation ' end
    || n.nspname || '.' || o.relname || case when o.relpersistence = 'u' then ' unlogged' else '' end || case when o.relrowsecurity then ' row security' else '' end
    || case when o.relforcerowsecurity then ' forced' else '' end || coalesce(' as ' || case when o.relkind in ('v', 'm') then pg_catalog.pg_get_viewdef(o.oid) end, '')
    || coalesce(' with ' || o.reloptions::text, '')
  from pg_catalog.pg_class o join pg_catalog.pg_namespace n on n.oid = o.relnamespace where o.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and ${own}
union all
select 'column ' || n.nspname || '.' || o.relname || '.' || a.attname || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
    || coalesce(' default ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid), '') || a.attidentity::text || a.attgenerated::text || coalesce(' collate ' || l.collname, '')
  from pg_catalog.pg_class o join pg_catalog.pg_namespace n on n.oid = o.relnamespace
  join pg_catalog.pg_attribute a on a.attrelid = o.oid and a.attnum > 0 and not a.attisdropped
  left join pg_catalog.pg_attrdef d on d.adrelid = o.oid and d.adnum = a.attnum
  left join pg_catalog.pg_collation l on l.oid = a.attcollation and l.collname <> 'default'
  where o.relkind in ('r', 'p', 'f', 'c') and ${own}
union all
select 'constraint ' || n.nspname || '.' || t.relname || '.' || o.conname || ' ' || pg_catalog.pg_get_constraintdef(o.oid)
  from pg_catalog.pg_constraint o join pg_catalog.pg_class t on t.oid = o.conrelid join pg_catalog.pg_namespace n on n.oid = t.relnamespace where o.contype <> 'n' and ${own}
union all
select 'index ' || pg_catalog.pg_get_indexdef(o.oid) || case when i.indisvalid then '' else ' invalid' end
  from pg_catalog.pg_class o join pg_catalog.pg_namespace n on n.oid = o.relnamespace join pg_catalog.pg_index i on i.indexrelid = o.oid where ${own}
union all
select 'trigger ' || pg_catalog.pg_get_triggerdef(o.oid) || o.tgenabled::text
  from pg_catalog.pg_trigger o join pg_catalog.pg_class t on t.oid = o.tgrelid join pg_catalog.pg_namespace n on n.oid = t.relnamespace where not o.tgisinternal and ${own}
union all
select 'function ' || case when o.prokind = 'a' then n.nspname || '.' || o.proname || '(' || pg_catalog.pg_get_function_identity_arguments(o.oid) || ')' else pg_catalog.pg_get_functiondef(o.oid) end
  from pg_catalog.pg_proc o join pg_catalog.pg_namespace n on n.oid = o.pronamespace where ${own}
union all
select 'type ' || n.nspname || '.' || o.typname || ' ' || coalesce((select pg_catalog.string_agg(e.enumlabel, ', ' order by e.enumsortorder) from pg_catalog.pg_enum e where e.enumtypid = o.oid), '')
    || coalesce(pg_catalog.format_type(nullif(o.typbasetype, 0), o.typtypmod), '') || case when o.typnotnull then ' not null' else '' end || coalesce(' default ' || o.typdefault, '')
    || coalesce((select ' ' || pg_catalog.string_agg(pg_catalog.pg_get_constraintdef(c.oid), ', ' order by c.conname) from pg_catalog.pg_constraint c where c.contypid = o.oid), '')
  from pg_catalog.pg_type o join pg_catalog.pg_namespace n on n.oid = o.typnamespace where o.typtype in ('e', 'd', 'r') and ${own}
union all
select 'policy ' || n.nspname || '.' || t.relname || '.' || o.polname || ' ' || o.polcmd::text || o.polpermissive::text || coalesce(' using ' || pg_catalog.pg_get_expr(o.polqual, o.polrelid), '')
    || coalesce(' check ' || pg_catalog.pg_get_expr(o.polwithcheck, o.polrelid), '')
  from pg_catalog.pg_policy o join pg_catalog.pg_class t on t.oid = o.polrelid join pg_catalog.pg_namespace n on n.oid = t.relnamespace where ${own}
union all
select 'comment ' || pg_catalog.pg_describe_object(c.classoid, c.objoid, c.objsubid) || ' ' || c.description
  from pg_catalog.pg_description c join pg_catalog.pg_class o on o.oid = c.objoid and c.classoid = 'pg_catalog.pg_class'::regclass join pg_catalog.pg_namespace n on n.oid = o.relnamespace where ${own}`
