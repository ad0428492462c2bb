import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cloakroom, emptyFolder, MAIN } from './cli/run.ts'

/** `cloakroom start` as a process of its own. */
export interface ChildGateway {
  readonly child: ChildProcessWithoutNullStreams
  readonly port: number
  readonly adminPort: number
  /** Everything that it wrote on standard output and standard error. */
  readonly printed: () => string
  /** Ends it with this signal and waits for its end; its exit code, null when the signal killed it. */
  readonly end: (signal: 'SIGTERM' | 'SIGKILL') => Promise<number | null>
}

/** A folder as `cloakroom init` makes it, for an API at `upstream`, listening on free ports. */
export async function initiated(upstream: string, secret: string, more = ''): Promise<ReturnType<typeof emptyFolder>> {
  const folder = emptyFolder()
  const ran = await cloakroom(
    ['init', '--api', 'shop', '--path', '/api/shop', '--upstream', upstream, '--place', 'bearer', '--allow', 'GET /**', '--yes'],
    { cwd: folder.path, input: secret },
  )
  if (ran.code !== 0) throw new Error(ran.err)
  const file = join(folder.path, 'cloakroom.yaml')
  const text = readFileSync(file, 'utf8')
    .replace(/^listen: .*$/m, 'listen: 127.0.0.1:0')
    .replace(/^publicUrl: .*\n/m, '')
  writeFileSync(file, `${text}admin: { listen: "127.0.0.1:0" }\nguard: off\n${more}`)
  return folder
}

export async function startChild(folder: string): Promise<ChildGateway> {
  const child = spawn(process.execPath, ['--conditions=source', MAIN, 'start', '--json'], { cwd: folder })
  let printed = ''
  const ended = once(child, 'close')
  child.stderr.setEncoding('utf8').on('data', (text: string) => (printed += text))
  const ports = await new Promise<{ port: number; adminPort: number }>((done, fail) => {
    void ended.then(([code]) => fail(new Error(`ended with ${code}: ${printed}`)))
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text
      const line = /^\{"origin".*\}$/m.exec(printed)?.[0]
      if (line !== undefined) done(JSON.parse(line) as { port: number; adminPort: number })
    })
  })
  return {
    child,
    ...ports,
    printed: () => printed,
    async end(signal) {
      child.kill(signal)
      await ended
      return child.exitCode
    },
  }
}
