import type { Rule } from '../../src/engine/rule.ts'
import { sql } from '../shared/sql.ts'
import { isSupabase } from '../shared/supabase.ts'

export default {
  id: 'no-exposed-queue',
  severity: 'info',
  summary: 'On Supabase a queue without row level security is open to everybody as soon as the API serves pgmq_public.',
  why: `pgmq.create makes a table for the messages, and the table has no row level security. The functions of pgmq_public, which the API serves once that schema is exposed,
    read and send with the rights of whoever calls.`,
  fix: 'Enable row level security on the table of the queue in the same migration, and add policies.',
  references: ['https://supabase.com/docs/guides/queues/quickstart'],
  sources: ['splinter/0019_insecure_queue_exposed_in_api'],
  bad: [
    {
      runner: 'supabase',
      sql: `select pgmq.create('invoices');`,
      message: 'The queue `invoices` has no row level security',
      unproven: 'the extension is missing',
    },
  ],
  good: [
    {
      runner: 'supabase',
      sql: `select pgmq.create('invoices'); alter table pgmq.q_invoices enable row level security;`,
      unproven: 'the extension is missing',
    },
  ],
  visit: {
    statement({ node, text, inside }, ctx) {
      if (!isSupabase(ctx) || inside === 'function' || !('SelectStmt' in node)) return null
      const queue = /\bpgmq\.create(?:_unlogged|_partitioned)?\s*\(\s*(?:queue_name\s*=>\s*)?'([^']+)'/i.exec(text)?.[1]
      if (queue === undefined) return null
      const table = `q_${queue.toLowerCase()}`
      const guarded = ctx.steps.some(
        ({ statement }) =>
          'AlterTableStmt' in statement.node &&
          statement.node.AlterTableStmt.relation?.relname === table &&
          /\benable\s+row\s+level\s+security\b/i.test(statement.text),
      )
      if (guarded) return null
      return {
        anySize: true,
        object: queue,
        message: `The queue \`${queue}\` has no row level security: everybody reads and sends its messages where the API serves \`pgmq_public\`.`,
        help: `Enable it in the same migration, and add policies:\n${sql(`ALTER TABLE pgmq.${table} ENABLE ROW LEVEL SECURITY;`)}`,
      }
    },
  },
} satisfies Rule
