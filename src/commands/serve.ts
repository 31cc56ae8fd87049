import { SchemagateError } from '../errors.ts'
import type { Io } from './io.ts'

/** `schemagate serve`: runs the server until it is told to stop. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  if (args.length > 0) throw new SchemagateError('usage', `schemagate serve takes no arguments; it reads its settings from the environment.`)
  const { serve } = await import('../server.ts')
  return serve((text) => { io.stderr(text) })
}
