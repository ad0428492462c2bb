import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface Child {
  readonly pid: number
  /** The first line that it printed. */
  readonly line: string
  stop(): Promise<void>
}

const running = new Set<ChildProcess>()
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')))

/** Starts a program and waits for its first line, at most 15 s; `null` for programs that print none. */
export async function start(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly waitForLine: RegExp | null },
): Promise<Child> {
  const child = spawn(command, args, { cwd: options.cwd, stdio: ['ignore', 'pipe', options.waitForLine === null ? 'ignore' : 'inherit'] })
  running.add(child)
  const line = options.waitForLine === null ? '' : await firstLine(child, options.waitForLine)
  return {
    pid: child.pid ?? 0,
    line,
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve()
        child.once('exit', () => {
          running.delete(child)
          resolve()
        })
        child.kill('SIGTERM')
      }),
  }
}

function firstLine(child: ChildProcess, wanted: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${child.spawnfile} did not start within 15 s`)), 15_000)
    child.once('exit', (code) => reject(new Error(`${child.spawnfile} ended with ${code}`)))
    if (child.stdout === null) return
    createInterface(child.stdout).on('line', (line) => {
      const found = wanted.exec(line)
      if (found === null) return
      clearTimeout(timer)
      resolve(found[1] ?? line)
    })
  })
}
