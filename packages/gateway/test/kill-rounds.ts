import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createMachineKeys } from '../src/account/machine-keys.ts'
import { sessionIdOf } from '../src/session/identifier.ts'
import { openSqlite } from '../src/store/sqlite/open.ts'
import type { Stores } from '../src/store/store.ts'
import { call } from './call.ts'
import { MAIN } from './cli/run.ts'
import { type Installation, PASSWORD, type Started } from './started.ts'

/** What is revoked in a round, and killed for in the moment in which that is acknowledged. */
export const REVOCATIONS = ['logout', 'session end', 'account disable', 'machine-key revoke', 'secret revoke', 'ban', 'panic'] as const
export type Revocation = (typeof REVOCATIONS)[number]

/** Somebody whom one round is about: an account of his own, a live session, a program's key. */
interface Subject {
  readonly name: string
  readonly cookie: string
  readonly key: string
}

export interface Round {
  readonly revocation: Revocation
  /** What still passed after the restart, or null. */
  readonly passed: string | null
  /** From the kill to a gateway that listens again. */
  readonly restartMs: number
}

/**
 * Rounds without end or until `rounds`: a gateway runs, something is revoked, and at the first byte of the acknowledgement the gateway (and the
 * command, where one did it) is killed with SIGKILL. Another gateway starts, and what was revoked is tried there.
 */
export async function killRounds(place: Installation, rounds: number, onRound: (round: Round) => void = () => undefined): Promise<void> {
  const stores = openSqlite(join(place.folder, 'data'))
  const ended: { readonly revocation: Revocation; readonly subject: Subject }[] = []
  let gateway = await place.start()
  try {
    for (let n = 0; n < rounds; n++) {
      const revocation = REVOCATIONS[n % REVOCATIONS.length] ?? 'logout'
      const subject = await makeSubject(stores, n)
      const control = await makeSubject(stores, n + 1_000_000)
      const secret = revocation === 'secret revoke' ? await leakSecret(place, gateway, subject, n) : ''
      await mustPass(gateway, subject)
      await mustPass(gateway, control)
      await revokeAndKill(place, gateway, revocation, subject)
      const killedAt = performance.now()
      gateway = await place.start()
      const restartMs = performance.now() - killedAt
      ended.push({ revocation, subject })
      const passed = await whatPasses(place, gateway, revocation, subject, control, secret)
      onRound({ revocation, passed, restartMs })
      if (revocation === 'panic') await good(place, ['panic', '--lift', '--reason', 'the round is over', '--yes'])
    }
    // And everything that was ever acknowledged, after all those kills.
    for (const { revocation, subject } of ended) {
      const isOpen =
        revocation === 'machine-key revoke' || revocation === 'panic' ? await byKey(gateway, subject) : await bySession(gateway, subject)
      if (isOpen && revocation !== 'secret revoke') onRound({ revocation, passed: `${subject.name} later`, restartMs: 0 })
    }
  } finally {
    await gateway.end('SIGKILL')
    await stores.close()
  }
}

async function makeSubject(stores: Stores, n: number): Promise<Subject> {
  const ada = await stores.accounts.findByKey('ada')
  if (ada === null) throw new Error('no ada')
  const name = `user-${n}`
  const at = Date.now()
  await stores.accounts.insert({ ...ada, id: name, name, key: name, createdAt: at })
  const value = randomBytes(32).toString('base64url')
  const { generation } = await stores.sessions.standing(name)
  const times = { createdAt: at, authenticatedAt: at, seenAt: at }
  const visitor = { address: '127.0.0.1', agent: 'kill-rounds', generation, factors: [], traits: '', revoked: null }
  await stores.sessions.insert({ id: sessionIdOf(value) ?? '', account: name, name, ...times, ...visitor })
  const wanted = { name: `key-${n}`, scopes: ['shop: GET /**'], roles: [], from: [], max: 1000, perMs: 60_000, expiresAt: null }
  const made = await createMachineKeys({ store: stores.machineKeys, random: randomBytes }).add(wanted, at)
  return { name, cookie: `__Host-Http-session=${value}`, key: made?.key ?? '' }
}

/** A new version that is in use and known to others. */
async function leakSecret(place: Installation, gateway: Started, subject: Subject, n: number): Promise<string> {
  const value = `canary-leaked-in-round-${n}-${randomBytes(6).toString('hex')}`
  await good(place, ['secret', 'rotate', 'shop-key'], value)
  await mustPass(gateway, subject)
  if (place.upstream.requests.at(-1)?.header('authorization') !== `Bearer ${value}`) throw new Error('the new version is not in use')
  return value
}

async function revokeAndKill(place: Installation, gateway: Started, revocation: Revocation, { name, cookie }: Subject): Promise<void> {
  switch (revocation) {
    case 'logout':
      return await logOutAndKill(gateway, cookie)
    case 'session end':
      return await runAndKill(place, gateway, ['session', 'end', '--account', name])
    case 'account disable':
      return await runAndKill(place, gateway, ['account', 'disable', name])
    case 'machine-key revoke':
      return await runAndKill(place, gateway, ['machine-key', 'revoke', name.replace('user', 'key')])
    case 'secret revoke':
      return await runAndKill(place, gateway, ['secret', 'revoke', 'shop-key', '--only', await newestVersion(place), '--yes'])
    case 'ban':
      return await runAndKill(place, gateway, ['ban', 'add', '--account', name])
    case 'panic':
      return await runAndKill(place, gateway, ['panic', '--reason', 'a round', '--yes'])
  }
}

async function newestVersion(place: Installation): Promise<string> {
  const listed = JSON.parse(await good(place, ['secret', 'list', '--json'])) as readonly { versions: readonly { version: number }[] }[]
  return String(listed[0]?.versions[0]?.version ?? 0)
}

/** Kills both processes at the first byte that the command prints: for a person, that is the acknowledgement. */
async function runAndKill(place: Installation, gateway: Started, args: readonly string[]): Promise<void> {
  const command = spawn(process.execPath, ['--conditions=source', MAIN, ...args], { cwd: place.folder })
  let err = ''
  command.stdin.end()
  command.stderr.on('data', (bytes: Buffer) => (err += bytes.toString()))
  const isSaid = await new Promise<boolean>((done) => {
    command.stdout.once('data', () => {
      gateway.child.kill('SIGKILL')
      command.kill('SIGKILL')
      done(true)
    })
    command.once('close', () => done(false))
  })
  if (!isSaid) throw new Error(`${args.join(' ')}: ${err}`)
  await gateway.end('SIGKILL')
}

async function logOutAndKill(gateway: Started, cookie: string): Promise<void> {
  const { port } = gateway
  const head = [
    'POST /auth/logout HTTP/1.1',
    `Host: localhost:${port}`,
    'Sec-Fetch-Site: same-origin',
    'Sec-Fetch-Mode: cors',
    'Sec-Fetch-Dest: empty',
    `Cookie: ${cookie}`,
    'Content-Length: 0',
  ].join('\r\n')
  const first = await new Promise<string>((done, fail) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${head}\r\n\r\n`))
    socket.once('data', (bytes) => {
      gateway.child.kill('SIGKILL')
      done(bytes.toString())
      socket.destroy()
    })
    socket.once('error', fail)
  })
  if (!first.startsWith('HTTP/1.1 204')) throw new Error(first)
  await gateway.end('SIGKILL')
}

/** What the revocation should have ended and has not; null when it has. Somebody else is let through, but for a panic. */
async function whatPasses(
  place: Installation,
  gateway: Started,
  revocation: Revocation,
  subject: Subject,
  control: Subject,
  secret: string,
): Promise<string | null> {
  if (revocation === 'panic') {
    const open = (await bySession(gateway, control)) || (await byKey(gateway, control)) || (await login(gateway, 'ada')) !== 503
    return open ? 'somebody came in' : null
  }
  if (!(await bySession(gateway, control))) return 'nobody: the control was refused, too'
  if (revocation === 'machine-key revoke') return (await byKey(gateway, subject)) ? 'the key' : null
  if (revocation === 'secret revoke') {
    const used = place.upstream.requests.at(-1)?.header('authorization')
    return used === `Bearer ${secret}` || used === undefined || used === null ? `the secret (${String(used)})` : null
  }
  if (await bySession(gateway, subject)) return 'the session'
  const closes = revocation === 'account disable'
  return closes && (await login(gateway, subject.name)) === 200 ? 'a new login' : null
}

async function bySession({ port }: Started, { cookie }: Subject): Promise<boolean> {
  return (await call(port, 'GET', '/api/shop/products', { cookie })).status === 200
}

async function byKey({ port }: Started, { key }: Subject): Promise<boolean> {
  const headers = [['authorization', `Bearer ${key}`]] as const
  return (await call(port, 'GET', '/api/shop/products', { from: 'none', headers })).status === 200
}

async function login({ port }: Started, account: string): Promise<number> {
  return (await call(port, 'POST', '/auth/login', { json: { account, password: PASSWORD } })).status
}

async function mustPass(gateway: Started, subject: Subject): Promise<void> {
  if (!(await bySession(gateway, subject)) || !(await byKey(gateway, subject)))
    throw new Error(`${subject.name} was refused before anything was revoked`)
}

async function good(place: Installation, args: readonly string[], input = ''): Promise<string> {
  const ran = await place.run(args, input)
  if (ran.code !== 0) throw new Error(`${args.join(' ')}: ${ran.err}`)
  return ran.out
}
