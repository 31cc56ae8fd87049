import { dollarTag } from '../../schema/sql/ddl.ts'
import { nameOf, schemaOf, type Key } from '../../schema/model.ts'
import { quoteIdent, quoteKey, quoteName } from '../../schema/sql/quote.ts'

/** A trigger that keeps two places equal while old and new code run side by side. */
export interface Sync {
  readonly create: readonly string[]
  readonly drop: readonly string[]
}

/** Two columns of one table and how a value of each becomes one of the other; `$` stands for the value. */
export interface SyncedPair {
  readonly from: string
  readonly to: string
  readonly forth: string
  readonly back: string
}

/**
 * Keeps columns of one table equal in both directions: whichever the code writes, the other follows. What stands for the other already is
 * left as it is, so that a backfill loses nothing where the way back is not exact.
 */
export function syncColumns(table: Key, pairs: readonly SyncedPair[], d: string): Sync {
  const name = syncName(table, pairs[0]?.to ?? '')
  const body = `
BEGIN
${pairs.map((p) => pairLines(p)).join('\n')}
  RETURN NEW;
END
`
  return triggerOf(table, name, body, 'BEFORE INSERT OR UPDATE', d)
}

function pairLines({ from, to, forth, back }: SyncedPair): string {
  const [f, t] = [quoteIdent(from), quoteIdent(to)]
  const forthOf = forth.replaceAll('$', () => `NEW.${f}`)
  const backOf = back.replaceAll('$', () => `NEW.${t}`)
  return `  IF TG_OP = 'INSERT' THEN
    IF NEW.${t} IS NOT NULL THEN
      IF NEW.${t}::text IS DISTINCT FROM (${forthOf})::text THEN
        NEW.${f} := ${backOf};
      END IF;
    ELSE
      NEW.${t} := ${forthOf};
    END IF;
  ELSIF NEW.${t}::text IS DISTINCT FROM OLD.${t}::text THEN
    IF NEW.${t}::text IS DISTINCT FROM (${forthOf})::text THEN
      NEW.${f} := ${backOf};
    END IF;
  ELSIF NEW.${f}::text IS DISTINCT FROM OLD.${f}::text THEN
    NEW.${t} := ${forthOf};
  END IF;`
}

/** Two tables whose rows belong together by `on` (a column of each), and the columns of the first that also stand in the second. */
export interface SyncedTables {
  readonly source: Key
  readonly target: Key
  readonly on: { readonly source: string; readonly target: string }
  readonly columns: readonly string[]
  /** True where a row of the first makes one of the second (a table that is split off). */
  readonly inserts: boolean
}

/** Keeps columns equal in two tables, in both directions; a row that is new in the second takes its values from the first. */
export function syncTables({ source, target, on, columns, inserts }: SyncedTables, d: string): Sync {
  const [s, t] = [quoteKey(source, d), quoteKey(target, d)]
  const set = (prefix: string) => columns.map((c) => `${quoteIdent(c)} = ${prefix}.${quoteIdent(c)}`).join(', ')
  const differ = (table: string) =>
    columns.map((c) => `${table}.${quoteIdent(c)}::text IS DISTINCT FROM NEW.${quoteIdent(c)}::text`).join(' OR ')
  const names = columns.map(quoteIdent).join(', ')
  const update = (table: string, own: string, other: string) =>
    `  UPDATE ${table} AS synced SET ${set('NEW')} WHERE synced.${quoteIdent(own)} = NEW.${quoteIdent(other)} AND (${differ('synced')});`
  const forth = inserts
    ? `  INSERT INTO ${t} AS synced (${quoteIdent(on.target)}, ${names}) VALUES (NEW.${quoteIdent(on.source)}, ${columns.map((c) => `NEW.${quoteIdent(c)}`).join(', ')})
    ON CONFLICT (${quoteIdent(on.target)}) DO UPDATE SET ${set('EXCLUDED')} WHERE ${differ('synced')};`
    : update(t, on.target, on.source)
  const there = triggerOf(
    source,
    syncName(source, nameOf(target)),
    `\nBEGIN\n${forth}\n  RETURN NULL;\nEND\n`,
    `AFTER INSERT OR UPDATE OF ${names}`,
    d,
  )
  const back = triggerOf(
    target,
    syncName(target, nameOf(source)),
    `\nBEGIN\n${update(s, on.source, on.target)}\n  RETURN NULL;\nEND\n`,
    `AFTER ${inserts ? 'INSERT OR ' : ''}UPDATE OF ${names}`,
    d,
  )
  const take = inserts
    ? null
    : triggerOf(
        target,
        syncName(target, 'take'),
        `
BEGIN
  IF ${columns.map((c) => `NEW.${quoteIdent(c)} IS NULL`).join(' AND ')} THEN
    SELECT ${names} INTO ${columns.map((c) => `NEW.${quoteIdent(c)}`).join(', ')} FROM ${s} WHERE ${quoteIdent(on.source)} = NEW.${quoteIdent(on.target)};
  END IF;
  RETURN NEW;
END
`,
        'BEFORE INSERT',
        d,
      )
  const all = [there, back, ...(take ? [take] : [])]
  const drops = [back, ...(take ? [take] : []), there].flatMap((x) => x.drop)
  return {
    create: all.flatMap((x) => x.create),
    drop: [...drops.filter((x) => x.startsWith('DROP TRIGGER')), ...drops.filter((x) => !x.startsWith('DROP TRIGGER'))],
  }
}

function triggerOf(table: Key, name: string, body: string, when: string, d: string): Sync {
  const of = quoteName(schemaOf(table), name, d)
  const tag = dollarTag(body)
  return {
    create: [
      `CREATE FUNCTION ${of}() RETURNS trigger LANGUAGE plpgsql AS ${tag}${body}${tag}`,
      `CREATE TRIGGER ${quoteIdent(name)} ${when} ON ${quoteKey(table, d)} FOR EACH ROW EXECUTE FUNCTION ${of}()`,
    ],
    drop: [`DROP TRIGGER ${quoteIdent(name)} ON ${quoteKey(table, d)}`, `DROP FUNCTION ${of}()`],
  }
}

function syncName(table: Key, other: string): string {
  return `sync_${nameOf(table)}_${other}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .slice(0, 60)
}
