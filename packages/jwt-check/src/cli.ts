import { runJwtCheck } from './cli/run.ts'

export { type Io } from './cli/io.ts'
export { runJwtCheck }

/** Runs the command against this process's streams. Answers the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  // `jwt-check … | head` closes the pipe early; that is no error.
  process.stdout.on('error', () => {})
  return runJwtCheck(argv, {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    terminal: process.stdout.isTTY,
    interactive: process.stdin.isTTY,
    now: () => Math.floor(Date.now() / 1000),
  })
}
