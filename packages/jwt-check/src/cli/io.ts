/** What the command touches of the world; a host such as the gateway's own command line hands in its own. */
export type Io = {
  readonly stdin: AsyncIterable<Uint8Array | string>
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
  readonly env: Readonly<Record<string, string | undefined>>
  /** True when `stdout` is a terminal. */
  readonly terminal: boolean
  /** True when standard input is a terminal, so that waiting for it would only puzzle. */
  readonly interactive: boolean
  /** Seconds since 1970. */
  readonly now: () => number
}

/** Exit codes, as documented in `--help`. */
export const exitCodes = { clean: 0, findings: 1, usage: 2, input: 3, inconclusive: 4 } as const

/** A problem that ends the command with a sentence for the user and an exit code; never a bug. */
export class CommandProblem extends Error {
  readonly exitCode: number
  constructor(message: string, exitCode: number) {
    super(message)
    this.exitCode = exitCode
  }
}
