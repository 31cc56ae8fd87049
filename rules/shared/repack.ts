import type { RuleContext } from '../../src/engine/rule.ts'
import { nameOf, schemaOf, type Key } from '../../src/schema/model.ts'
import { outsideTransaction } from './outside-transaction.ts'
import { ident, sql, sqlName, tableAt } from './sql.ts'

/** How a table is written anew while others read and write it. */
export interface Repacking {
  /** The index whose order it gets; null for any order. */
  readonly index: string | null
  readonly tablespace: string | null
}

/**
 * The command that writes a table anew without locking everybody out: REPACK where the server has it, else the extension pg_repack, which
 * wants a primary key or a unique index over NOT NULL columns. https://reorg.github.io/pg_repack/
 */
export function repacked(table: Key, { index, tablespace }: Repacking, ctx: RuleContext): string {
  if (ctx.postgres >= 19 && tablespace === null) {
    const by = index === null ? '' : ` USING INDEX ${ident(index)}`
    return `${outsideTransaction(ctx).how}:\n${sql(`REPACK (CONCURRENTLY) ${sqlName(table, ctx)}${by};`)}`
  }
  const order = orderOf(table, index, ctx)
  const options = [
    ...(order === null ? ['--no-order'] : [`--order-by=${shell(order)}`]),
    ...(tablespace === null ? [] : [`--tablespace=${shell(tablespace)}`]),
    `--table=${shell(`${quoted(schemaOf(table))}.${quoted(nameOf(table))}`)}`,
  ]
  return `with the extension pg_repack, from a shell:\n\`\`\`sh\npg_repack ${options.join(' ')}\n\`\`\``
}

function orderOf(table: Key, index: string | null, ctx: RuleContext): string | null {
  const known = tableAt(table, ctx)
  if (index === null || !known) return null
  const keys = known.indexes.find((i) => i.name === index)?.keys.map((k) => k.column)
  const columns = keys ?? [known.primaryKey, ...known.uniques].find((k) => k?.name === index)?.columns
  return columns?.every((c) => c !== null) ? columns.map((c) => quoted(c)).join(',') : null
}

function quoted(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}

/** A word that a shell takes as it is, whatever stands in it. */
function shell(word: string): string {
  return /^[\w.,=-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}
