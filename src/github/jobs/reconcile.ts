import type { ReconcileJob } from '../../queue/jobs.ts'
import type { Client } from '../client.ts'
import type { Context } from '../context.ts'

/** A delivery that failed so often is left alone. */
const mostAttempts = 3
/** GitHub delivers again what is younger than three days (https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks). */
const oldest = 3 * 86_400_000
const mostPages = 10

/** Asks GitHub to deliver again what did not arrive, which it never does by itself, and sweeps every installation. */
export async function runReconcile(_job: ReconcileJob, context: Context): Promise<void> {
  const client = await context.client(null)
  const attempts = new Map<string, Attempt[]>()
  for (const attempt of await recentAttempts(client, context.now()))
    attempts.set(attempt.guid, [...(attempts.get(attempt.guid) ?? []), attempt])
  // Oldest first, as they happened.
  for (const [newest, ...before] of [...attempts.values()].toReversed()) {
    if (
      newest === undefined ||
      before.length + 1 >= mostAttempts ||
      [newest, ...before].some((a) => a.status_code >= 200 && a.status_code < 300)
    )
      continue
    await client.rest.apps.redeliverWebhookDelivery({ delivery_id: newest.id })
  }
  const installations = await client.paginate(client.rest.apps.listInstallations, { per_page: 100 })
  for (const { id } of installations.filter((i) => i.suspended_at === null))
    await context.enqueue({ kind: 'sweep', installation: id, repository: null })
}

interface Attempt {
  readonly id: number
  readonly guid: string
  readonly status_code: number
  readonly delivered_at: string
}

/** Deliveries newest first, page by page, back to what GitHub would still deliver again. */
async function recentAttempts(client: Client, now: Date): Promise<readonly Attempt[]> {
  const found: Attempt[] = []
  let pages = 0
  for await (const { data } of client.paginate.iterator(client.rest.apps.listWebhookDeliveries, { per_page: 100 })) {
    found.push(...data)
    const last = data.at(-1)
    if (++pages === mostPages || last === undefined || Date.parse(last.delivered_at) < now.getTime() - oldest) break
  }
  return found.filter((a) => Date.parse(a.delivered_at) >= now.getTime() - oldest)
}
