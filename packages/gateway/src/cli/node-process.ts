/** The Node process that runs a command, as far as `start` must know it to confine itself. main.ts makes it. */
export interface NodeProcess {
  readonly execPath: string
  /** Node's own options on the command line. */
  readonly execArgv: readonly string[]
  /** The file that was started. */
  readonly script: string
  readonly major: number
  /** A debugger is attached, or may attach now. */
  readonly isInspected: boolean
  /** Null: not under the permission model. Else what it allows beyond single files. */
  readonly confined: { readonly mayAll: readonly string[] } | null
  /** Nobody may attach a debugger by signal from now on. */
  disarmDebugger(): void
  /** Fits V8's heap to a process that serves for long. */
  fitHeapToService(): void
  /** Replaces this process by Node with these arguments; false where the system cannot. */
  become(args: readonly string[]): boolean
}
