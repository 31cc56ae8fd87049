/** Every error that is the caller's to mend, with the exit status or answer it leads to. Anything else thrown is a defect of ours. */
export type ErrorCode =
  | 'usage' // the command line was not understood
  | 'unavailable' // a format or command that this version does not have
  | 'not-a-repository'
  | 'unknown-commit'
  | 'unreadable-file'
  | 'bad-configuration'
  | 'bad-environment' // a credential is missing or wrong
  | 'store-in-use' // another process has the embedded store open
  | 'github' // GitHub answered with an error that trying again does not mend
  | 'rate-limited'
  | 'rehearsal' // the embedded Postgres could not be started

/** An error with a message for people: it begins with what was being done and ends with what to do. */
export class SchemagateError extends Error {
  readonly code: ErrorCode
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SchemagateError'
    this.code = code
  }
}
