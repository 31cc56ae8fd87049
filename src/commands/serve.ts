import { SchemagateError } from '../errors.ts'
import type { Command } from './io.ts'

/** `schemagate serve`: runs the server until it is told to stop. */
export const serveCommand: Command = async (args, io) => {
  if (args.length > 0)
    throw new SchemagateError(
      'usage',
      `schemagate serve takes no arguments; it reads its settings from the environment.`,
    )
  const { serve } = await import('../server.ts')
  return serve((text) => {
    io.stderr(text)
  })
}
