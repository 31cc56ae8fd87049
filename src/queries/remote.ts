import { functionOf } from './typescript/frames.ts'
import type { Module, Site } from './typescript/module.ts'
import type { Chain } from './typescript/nodes.ts'

const servers =
  /^(?:fetch|axios|got|ky|superagent|stripe|openai|anthropic|resend|sgMail|mailer|transporter|twilio|sleep|delay)$/i
const plain = /^(?:fetch|axios|got|ky|sleep|delay)$/i
/** What classes are given to ask other servers with; a router of the same name has other methods behind a path. */
const injected = /^(?:http|httpService|httpClient|axiosRef)$/
const verbs = /^(?:get|post|put|patch|delete|head|request)$/
const sending = /^(?:sendMail|sendEmail|send_email|sendMessage|chatCompletion)$/

/** The names that a chain goes through, what stands behind `this` like a name of its own. */
function namesOf({ root, steps }: Chain): readonly string[] {
  const names = steps.map(({ name }) => name ?? '')
  return root.type === 'Identifier' ? [root.name, ...names] : root.type === 'ThisExpression' ? names : ['', ...names]
}

/** The call of another server, or a pause, in words of the code; null for anything else, as far as names tell. */
export function remoteCall(site: Site, module: Module): string | null {
  if (site.chain.steps.at(-1)?.args == null) return null
  if (isPause(site, module)) return 'setTimeout'
  const [root = '', ...steps] = namesOf(site.chain)
  const called = [root, ...steps].filter((name) => name !== '').join('.')
  if (servers.test(root) && steps.length > 0 && (steps[0] !== '' || plain.test(root)))
    return /webhooks|constructEvent/.test(called) ? null : called
  if (site.chain.root.type === 'ThisExpression' && injected.test(root) && verbs.test(steps.at(-1) ?? '')) return called
  if (steps.some((name) => sending.test(name))) return called
  return /^send\w*(?:Email|Mail|Sms|Notification)s?$/.test(root) && steps[0] === '' ? root : null
}

/** True for a name that may stand before such a call. */
export function mayBeRemote(chain: Chain): boolean {
  const [root = ''] = namesOf(chain)
  return servers.test(root) || injected.test(root) || /^(?:setTimeout|send[A-Z]\w*)$/.test(root)
}

/** True for `await new Promise((done) => setTimeout(done, 500))`: not for a limit of time, which ends what takes too long. */
function isPause({ chain, frame, awaited }: Site, module: Module): boolean {
  const [step] = chain.steps
  const [first] = step?.args ?? []
  if (chain.root.type !== 'Identifier' || chain.root.name !== 'setTimeout' || step?.name !== '') return false
  if (first?.type === 'Literal') return awaited
  const own = functionOf(frame)?.node
  const done = own?.params[0]
  return (
    own !== undefined &&
    first?.type === 'Identifier' &&
    done?.type === 'Identifier' &&
    done.name === first.name &&
    /\bawait\s+new\s+Promise\s*(?:<[^()]*>)?\(\s*$/.test(module.file.text.slice(0, own.start).slice(-60))
  )
}
