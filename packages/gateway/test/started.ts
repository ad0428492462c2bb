import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { call } from './call.ts'
import { cloakroom, emptyFolder, MAIN } from './cli/run.ts'
import { startUpstream, type Upstream, type UpstreamOptions } from './upstream.ts'

export const PASSWORD = 'canary correct horse battery'

/** A folder as `cloakroom init` leaves it, with a site, an account `ada` and an upstream; the ports are free ones. */
export interface Installation {
  readonly folder: string
  readonly upstream: Upstream
  run(args: readonly string[], input?: string): ReturnType<typeof cloakroom>
  edit(change: (text: string) => string): void
  start(options?: StartOptions): Promise<Started>
  /** Ends what was started, too. */
  remove(): Promise<void>
}

export interface StartOptions {
  readonly args?: readonly string[]
  /** Another Node than this one. */
  readonly node?: string
  readonly nodeArgs?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Another path of the command's file. */
  readonly main?: string
}

/** `cloakroom start` as a child process that listens. */
export interface Started {
  readonly child: ChildProcessWithoutNullStreams
  readonly port: number
  readonly adminPort: number
  /** Both streams, as far as they have come. */
  printed(): string
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<number | null>
}

export async function install(secret: string, script?: UpstreamOptions['script']): Promise<Installation> {
  const folder = emptyFolder()
  const upstream = await startUpstream(script === undefined ? {} : { script })
  const children: ChildProcessWithoutNullStreams[] = []
  const run: Installation['run'] = (args, input = '') => cloakroom(args, { cwd: folder.path, input })
  const must = async (args: readonly string[], input: string): Promise<void> => {
    const ran = await run(args, input)
    if (ran.code !== 0) throw new Error(ran.err)
  }
  mkdirSync(join(folder.path, 'public'))
  writeFileSync(join(folder.path, 'public/index.html'), '<!doctype html><title>Shop</title>')
  await must(['init', '--api', 'shop', '--upstream', upstream.origin, '--place', 'bearer', '--site', './public', '--yes'], secret)
  await must(['account', 'add', 'ada'], PASSWORD)
  const file = join(folder.path, 'cloakroom.yaml')
  const edit: Installation['edit'] = (change) => writeFileSync(file, change(readFileSync(file, 'utf8')))
  edit((text) => text.replace(/^listen: .*$/m, 'listen: 127.0.0.1:0').replace(/^publicUrl: .*\n/m, ''))
  // What is shown there hammers harder than any visitor may.
  appendFileSync(file, 'admin: { listen: "127.0.0.1:0" }\nguard: off\n')
  return {
    folder: folder.path,
    upstream,
    run,
    edit,
    async start({ args = [], node = process.execPath, nodeArgs = [], env = {}, main = MAIN } = {}) {
      const child = spawn(node, ['--conditions=source', ...nodeArgs, main, 'start', '--json', ...args], {
        cwd: folder.path,
        env: { ...process.env, ...env },
      })
      children.push(child)
      return await listening(child)
    },
    async remove() {
      for (const child of children) await ended(child, 'SIGKILL')
      await upstream.close()
      folder.remove()
    },
  }
}

function listening(child: ChildProcessWithoutNullStreams): Promise<Started> {
  let printed = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (printed += text))
  return new Promise((done, fail) => {
    child.once('close', (code) => fail(new Error(`ended with ${code}: ${printed}`)))
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text
      const line = /^\{"origin".*\}$/m.exec(printed)?.[0]
      if (line === undefined) return
      const { port, adminPort } = JSON.parse(line) as { port: number; adminPort: number }
      done({ child, port, adminPort, printed: () => printed, end: (signal) => ended(child, signal) })
    })
  })
}

async function ended(child: ChildProcessWithoutNullStreams, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const closed = new Promise<number | null>((done) => child.once('close', done))
  child.kill(signal)
  return await closed
}

/** Signs `ada` in; the session cookie as a `Cookie` value. */
export async function signIn(port: number): Promise<string> {
  const answer = await call(port, 'POST', '/auth/login', { json: { account: 'ada', password: PASSWORD } })
  const line = answer.all('set-cookie').find((each) => each.startsWith('__Host-Http-session='))
  if (line === undefined) throw new Error(`signing in failed: ${answer.status} ${answer.text}`)
  return line.split(';', 1)[0] ?? ''
}
