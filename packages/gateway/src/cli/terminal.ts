import type { Readable, Writable } from 'node:stream'
import type { NodeProcess } from './node-process.ts'

/** Everything that a command may know of the process around it. main.ts makes it; nothing else touches `process`. */
export interface Terminal {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly stdin: Readable
  /** Where questions are shown: standard error, so that standard output stays for results. */
  readonly stderr: Writable
  /** Standard input is a terminal: reading it would wait for typing, and show what is typed. */
  readonly stdinIsTerminal: boolean
  /** Questions can be asked: input and error output are a terminal. */
  readonly isInteractive: boolean
  readonly colour: boolean
  /** Runs as root: a browser must not be started without its sandbox. */
  readonly isSuperuser: boolean
  readonly width: number
  out(text: string): void
  err(text: string): void
  /** Calls back once, at the first Ctrl-C or SIGTERM; the answer stops listening. */
  onStop(run: () => void): () => void
  /** Calls back at every SIGHUP. */
  onHangup(run: () => void): () => void
  /** Calls back for every exception and every rejected promise that nobody caught, in place of Node's own end of the process. */
  onCrash(run: (cause: unknown) => void): () => void
  readonly node: NodeProcess
  /** For a person who will not wait: ends the process with nothing written any more. */
  exitNow(code: number): void
}
