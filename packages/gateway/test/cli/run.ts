import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

export const MAIN = resolve(import.meta.dirname, '../../src/cli/main.ts')

export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  readonly cwd: string
  /** Piped into standard input; nothing when left out. */
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
}

/** The real command as a child process, without a terminal. */
export async function cloakroom(args: readonly string[], { cwd, input = '', env = {} }: RunOptions): Promise<Ran> {
  // A command that should have refused and runs on instead must not outlive its test.
  const child = spawn(process.execPath, ['--conditions=source', MAIN, ...args], { cwd, env: { ...process.env, ...env }, timeout: 25_000 })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const code = await new Promise<number | null>((done) => child.on('close', done))
  return { code, out, err }
}

/** Can a test have a pseudo-terminal here? */
export const HAS_TERMINAL =
  process.platform === 'linux' && /util-linux/.test(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '')

export interface Step {
  /** Waits until this is on the screen … */
  readonly on: string
  /** … then types this. */
  readonly type: string
}

/** The real command on a pseudo-terminal; `screen` is everything that was shown. */
export async function atTerminal(
  args: readonly string[],
  cwd: string,
  steps: readonly Step[],
  env: Readonly<Record<string, string>> = {},
  size = 'cols 100 rows 40',
): Promise<{ readonly code: number | null; readonly screen: string }> {
  const command = [process.execPath, '--conditions=source', MAIN, ...args].map((word) => `'${word}'`).join(' ')
  const child = spawn('script', ['-qec', `stty ${size}; exec ${command}`, '/dev/null'], {
    cwd,
    env: { ...process.env, TERM: 'xterm', ...env },
    timeout: 25_000,
  })
  let screen = ''
  let from = 0
  let next = 0
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text
    const step = steps[next]
    if (step === undefined || !screen.slice(from).includes(step.on)) return
    next += 1
    from = screen.length
    child.stdin.write(step.type)
  })
  child.stdin.on('error', () => undefined)
  const code = await new Promise<number | null>((done) => child.on('close', done))
  return { code, screen }
}

/** An empty folder, and what deletes it. */
export function emptyFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'cloakroom-cli-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Every byte that is in the folder, as one text. */
export function everythingIn(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
    .join('\n')
}

export const INIT = [
  'init',
  '--api',
  'shop',
  '--path',
  '/api/shop',
  '--upstream',
  'https://api.example.com/v1',
  '--place',
  'bearer',
  '--allow',
  'GET /**',
  '--yes',
] as const

/** An installation that `init` made once for this file; each test gets a copy. */
export async function installation(secret: string): Promise<{ copy(): ReturnType<typeof emptyFolder>; remove(): void }> {
  const model = emptyFolder()
  const ran = await cloakroom(INIT, { cwd: model.path, input: secret })
  if (ran.code !== 0) throw new Error(ran.err)
  return {
    copy() {
      const folder = emptyFolder()
      cpSync(model.path, folder.path, { recursive: true, preserveTimestamps: true })
      return folder
    },
    remove: () => model.remove(),
  }
}
