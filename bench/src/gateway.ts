import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { type Child, start } from './children.ts'

const MAIN = resolve(import.meta.dirname, '../../packages/gateway/bin/cloakroom.js')

export interface Gateway {
  readonly folder: string
  readonly port: number
  /** `Cookie` of a signed-in visitor; it outlives restarts. */
  readonly cookie: string
  start(): Promise<Child>
}

/** Sets the gateway up as a user would: init, an account, start, sign in. Session, allow-list, credential and leak guard are on; `guard`: the rules, which would count a benchmark as an attack; `main`: the command that is started, when it is another build's. */
export async function setUpGateway(folder: string, upstream: string, key: string, guard = 'off', main = MAIN): Promise<Gateway> {
  const port = await freePort()
  const adminPort = await freePort()
  command(
    folder,
    [
      'init',
      '--api',
      'shop',
      '--path',
      '/api/shop',
      '--upstream',
      upstream,
      '--place',
      'bearer',
      '--allow',
      'GET /**',
      '--allow',
      'POST /sink',
      '--yes',
    ],
    key,
  )
  const file = join(folder, 'cloakroom.yaml')
  const yaml = readFileSync(file, 'utf8').replaceAll(/^#?\s*(?:listen|publicUrl|admin):.*\n/gm, '')
  writeFileSync(
    file,
    `listen: 127.0.0.1:${port}\nadmin: { listen: 127.0.0.1:${adminPort} }\nlog: { file: ./access.log }\nguard: ${guard}\n${yaml}`,
  )
  addAccount(folder, 'bench')
  const launch = (): Promise<Child> => startGateway(folder, 'cloakroom.yaml', main)
  const first = await launch()
  const cookie = await signIn(port, 'bench')
  await first.stop()
  return { folder, port, cookie, start: launch }
}

/** What the website's own page sends with a call. */
export function visitorHeaders({ port, cookie }: Gateway): Readonly<Record<string, string>> {
  return { host: `localhost:${port}`, accept: '*/*', cookie, 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'empty' }
}

/** The session cookie of an account that `addAccount` made. */
export async function signIn(port: number, account: string): Promise<string> {
  const answer = await eventually(() =>
    fetch(`http://localhost:${port}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-csrf': '1' },
      body: JSON.stringify({ account, password: PASSWORD }),
    }),
  )
  const cookie = answer.headers.getSetCookie().find((line) => line.startsWith('__Host-Http-session='))
  if (cookie === undefined) throw new Error(`signing in failed: ${answer.status} ${await answer.text()}`)
  return cookie.split(';', 1)[0] ?? ''
}

/** Another gateway on the same store, with a configuration of its own. */
export function startGateway(folder: string, config: string, main = MAIN): Promise<Child> {
  return start(process.execPath, [main, 'start', '--config', config], { cwd: folder, waitForLine: null })
}

export function addAccount(folder: string, name: string): void {
  command(folder, ['account', 'add', name], PASSWORD)
}

/** Runs `cloakroom …` to its end; what it printed. */
export function command(folder: string, args: readonly string[], input = ''): string {
  return execFileSync(process.execPath, [MAIN, ...args], { cwd: folder, input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] })
}

const PASSWORD = 'a password for the benchmark only'

/** Repeats until it works, every 2 ms, at most 15 s. */
export async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  const until = performance.now() + 15_000
  for (;;) {
    try {
      return await attempt()
    } catch (cause) {
      if (performance.now() > until) throw cause
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))))
    })
  })
}
