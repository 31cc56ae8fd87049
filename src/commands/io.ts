/** What a command may touch of the process it runs in. */
export interface Io {
  /** Working directory that relative paths start from. */
  readonly cwd: string
  /** True where standard output is a terminal that shows colour. */
  readonly isTerminal: boolean
  readonly environment: Readonly<Record<string, string | undefined>>
  stdout(text: string): void
  stderr(text: string): void
  /** Progress for people: shown on standard error where that is a terminal, after a second of work. */
  progress(doing: string): void
  readStdin(): Promise<string>
  writeFile(path: string, text: string): Promise<void>
}

/** A command of the command line: takes what follows its name, answers the exit status. */
export type Command = (args: readonly string[], io: Io) => Promise<number>
