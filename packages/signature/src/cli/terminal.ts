/** All that a command touches of the world, so that tests need no process. */
export interface Terminal {
  readonly print: (line: string) => void
  readonly complain: (line: string) => void
  readonly readInput: () => Promise<Uint8Array>
  /** Unix seconds. */
  readonly now: () => number
}

export const EXIT = { ok: 0, refused: 1, usage: 2, configuration: 78 } as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** What a command came to: an exit code, or a complaint with its exit code. */
export type CommandResult = ExitCode | { readonly exit: ExitCode; readonly complaint: string }

export function usage(complaint: string): CommandResult {
  return { exit: EXIT.usage, complaint: `${complaint}\nSee: cloakroom-signature --help` }
}

export function misconfigured(complaint: string): CommandResult {
  return { exit: EXIT.configuration, complaint }
}
