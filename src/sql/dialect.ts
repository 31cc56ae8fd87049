import { tokenAt } from './tokens.ts'

/** The SQL that a file is written in, as far as its text tells. */
export type SqlDialect = 'postgresql' | 'mysql' | 'sqlite' | 'sqlserver' | 'clickhouse' | 'unknown'

type Other = Exclude<SqlDialect, 'postgresql' | 'unknown'>

/** What only one dialect says, over the text without its strings and comments, lower case, tokens one space apart. */
const markers: Readonly<Record<Other | 'postgresql', readonly RegExp[]>> = {
  mysql: [
    /`/,
    /\bauto_increment\b/,
    /\bengine = ?(?:innodb|myisam|memory|aria|rocksdb)\b/,
    /\bdelimiter (?:\/\/|\$\$|;;)/,
    /\bmodify (?:column )?\S+ [a-z]/,
    /\bchange column\b/,
    /\b(?:tinyint|mediumint|longtext|mediumtext|tinytext|longblob|mediumblob|varbinary)\b/,
    /\bint(?:eger)? (?:\( \d+ \) )?unsigned\b/,
    /\bdatetime\b/,
    /\bdefault (?:charset|character set)\b|\bcollate (?:= )?utf8/,
    /\block tables\b|\bunlock tables\b/,
    /\bon update current_timestamp\b/,
    /\brename table\b/,
    /\binsert ignore\b/,
    /\breplace into\b/,
    /\bshow (?:tables|databases)\b/,
    /\bdrop foreign key\b/,
    /\bdrop index \S+ on\b/,
    /\balter table \S+ (?:add|drop) (?:index|key|unique key)\b/,
    /\bset foreign_key_checks\b/,
    /\bfulltext (?:key|index)\b/,
    /\buse \S+ ;/,
  ],
  sqlite: [
    /\bautoincrement\b/,
    /\bpragma\b/,
    /\bwithout rowid\b/,
    /\bsqlite_\w/,
    /\bstrftime \(/,
    /\bdatetime \( /,
    /\) strict ;/,
    /\battach database\b/,
    /\binsert or (?:ignore|replace)\b/,
    /\bvirtual table\b/,
    /`/,
  ],
  sqlserver: [
    /\[ \w+ \] \. \[/,
    /\b(?:table|into|from|on|constraint|column|add) \[ \w+ \]/,
    /(?:^|\n)go(?:\n|$)/,
    /\b(?:nvarchar|datetime2|uniqueidentifier|datetimeoffset)\b/,
    /\bidentity \( \d+ , \d+ \)/,
    /\bbegin (?:try|tran)\b/,
    /\bnonclustered\b|\bprimary key clustered\b/,
    /\bexec sp_|\bsp_rename\b|\bsp_executesql\b/,
    /\bdeclare @ ?\w/,
    /\bobject_id \(/,
    /\bset (?:nocount|quoted_identifier|ansi_nulls) o/,
  ],
  clickhouse: [
    /\bengine = ?\w*(?:mergetree|log|distributed|kafka|buffer|dictionary)\b/,
    /\bengine = ?(?:null|memory|join|set|merge)\b/,
    /\bon cluster\b/,
    /\blowcardinality \(/,
    /\bnullable \(/,
    /\bdatetime64\b/,
    /\bu?int(?:8|16|32|64|128|256)\b(?!\s*\))/,
    /\bcodec \(/,
    /\bttl \w/,
    /\bmaterialize (?:column|index|projection)\b/,
    /\bmodify (?:ttl|setting|query|order by)\b/,
    /\b(?:add|drop) projection\b/,
    /\b(?:add|materialize) index \S+ \S.* type\b/,
    /\btoyyyymm\b|\btostartof\w+ \(/,
    /\bsystem (?:stop|start|sync|flush)\b/,
    /\bformat (?:jsoneachrow|csv|null)\b/,
    /\badd index if not exists\b|[^;\s] drop index if exists\b/,
    /\bsettings \w+ =/,
    /\barray \( /,
    /\bmaterialized view (?:if not exists )?\S+ (?:\. \S+ )?to\b/,
    /\bgranularity \d/,
    /\b(?:add|modify) column (?:if not exists )?\S+ (?:string|float64|array|map|lowcardinality)\b/,
  ],
  postgresql: [
    /::/,
    /\$\$/,
    /\b(?:bigserial|smallserial|serial)\b/,
    /\bjsonb\b/,
    /\btimestamptz\b|\btimestamp \( \d \)|\bwith(?:out)? time zone\b/,
    /\bconcurrently\b/,
    /\bplpgsql\b/,
    /\busing (?:btree|gin|gist|brin|hash)\b/,
    /\bgen_random_uuid\b/,
    /\bcreate (?:extension|policy|domain|type)\b/,
    /\bnot valid\b/,
    /\balter type\b/,
    /\btext \[ \]/,
    /\brow level security\b/,
    /\bbytea\b/,
    /\bset data type\b/,
    /\bdouble precision\b/,
    /\bpublic \./,
    /\breturning\b/,
    /\bilike\b/,
  ],
}

const looked = 1 << 20

/** Strings emptied, comments dropped, words in lower case; the first million characters. */
function bareText(text: string): string {
  const parts: string[] = []
  let ended = false
  for (let token = tokenAt(text, 0); token !== undefined && token.end < looked; token = tokenAt(text, token.end)) {
    const written = text.slice(token.start, Math.min(token.end, token.start + 200))
    if (token.kind === 'space') ended = ended || written.includes('\n')
    else if (token.kind === 'comment') continue
    else {
      if (ended && /^(?:go|delimiter)$/i.test(written)) parts.push('\n')
      ended = false
      if (token.kind === 'string') parts.push("''")
      else if (token.kind === 'dollar') parts.push('$$')
      else if (token.kind === 'identifier') parts.push(`"${written.slice(1, -1).replaceAll(' ', '_')}"`)
      else parts.push(written.toLowerCase())
    }
  }
  return parts
    .join(' ')
    .replaceAll('\n ', '\n')
    .replace(/\ngo(?: |$)/g, '\ngo\n')
}

/**
 * Tells the dialect of a text that does not parse as Postgres'. `parsed` and `failed` count its statements. Postgres where the text says
 * nothing to the contrary: a mistake in Postgres' SQL must stay a mistake.
 */
export function guessDialect(text: string, parsed: number, failed: number): SqlDialect {
  const bare = bareText(text)
  const score = (name: Other | 'postgresql') => markers[name].filter((marker) => marker.test(bare)).length
  const own = score('postgresql')
  let best: SqlDialect = 'postgresql'
  let most = 0
  for (const name of ['clickhouse', 'sqlserver', 'sqlite', 'mysql'] as const) {
    const found = score(name)
    if (found > most) {
      best = name
      most = found
    }
  }
  return most > own || (most === own && most > 0 && failed > parsed) ? best : 'postgresql'
}
