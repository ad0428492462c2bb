import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Finding } from '../../src/doctor/finding.ts'
import { cloakroom, emptyFolder } from '../cli/run.ts'
import { windowSecret } from '@cloakroom/signature'
import { makeAuthority } from '../certificates.ts'
import { startUpstream, type Upstream, type UpstreamOptions } from '../upstream.ts'

const EXAMPLE = resolve(import.meta.dirname, '../../../../examples/api-behind-the-gateway/api.js')
const SECRET = 'canary-doctor-4Zk8Qw2LmX9'

let folder: ReturnType<typeof emptyFolder>
let children: ChildProcess[] = []
let upstream: Upstream | null = null
beforeEach(() => {
  folder = emptyFolder()
})
afterEach(async () => {
  for (const child of children) await stop(child)
  children = []
  await upstream?.close()
  upstream = null
  folder.remove()
})

const run = (args: readonly string[], input = '') => cloakroom(args, { cwd: folder.path, input })

async function must(args: readonly string[], input = ''): Promise<string> {
  const ran = await run(args, input)
  if (ran.code !== 0) throw new Error(ran.err)
  return ran.out
}

async function diagnosed(
  ...more: readonly string[]
): Promise<{ code: number | null; findings: readonly Finding[]; about: (area: string) => readonly string[] }> {
  const { code, out, err } = await run(['doctor', '--json', ...more])
  if (out === '') throw new Error(err)
  const { findings } = JSON.parse(out) as { findings: readonly Finding[] }
  return { code, findings, about: (area) => findings.filter((each) => each.area === area).map(({ level, text }) => `${level}: ${text}`) }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}

async function startExample(port: number, ...args: readonly string[]): Promise<ChildProcess> {
  const env = { ...process.env, PORT: String(port), AUTHORITY: `127.0.0.1:${port}`, KEYS: join(folder.path, 'gateway-public.json') }
  const child = spawn(process.execPath, ['--conditions=source', EXAMPLE, ...args], { env })
  children.push(child)
  await new Promise<void>((done, fail) => {
    child.once('exit', () => fail(new Error('the example ended')))
    child.stdout.on('data', (chunk: Buffer) => chunk.toString().includes('listening') && done())
  })
  return child
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((done) => child.once('exit', done))
  child.kill()
  await gone
}

/** A vault and a configuration for an API at this origin. */
async function installed(origin: string, place: string, sign: boolean): Promise<void> {
  await must(['init', '--api', 'shop', '--upstream', origin, '--place', place, '--allow', 'GET /orders', '--yes'], SECRET)
  if (!sign) return
  await must(['signing-key', 'add', 'shop-sign', '--origin', origin])
  writeFileSync(join(folder.path, 'gateway-public.json'), await must(['signing-key', 'public', 'shop-sign']))
  const file = join(folder.path, 'cloakroom.yaml')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^( +)upstream: .*$/m, '$&\n$1sign: { key: shop-sign }'))
}

describe('cloakroom doctor', { timeout: 120_000 }, () => {
  test('UPV-01 the example API, before and after its middleware is installed', async () => {
    const port = await freePort()
    await installed(`http://127.0.0.1:${port}`, 'none', true)
    const open = await startExample(port, '--open')
    const before = await run(['doctor'])
    expect(before.code).toBe(1)
    expect(before.out).toContain('problem  The API answers anybody, without any credential (200).')
    expect(before.out).toContain('problem  The API takes a signed request twice (200).')
    expect(before.out).toContain('docs/only-the-gateway.md')
    await stop(open)
    await startExample(port)
    const curl = await fetch(`http://127.0.0.1:${port}/orders`)
    expect(curl.status).toBe(403)
    const after = await run(['doctor'])
    expect([after.code, after.out]).toEqual([0, expect.stringContaining('All is well.')])
    expect(after.out).toContain('ok       The API takes the gateway’s own request for /orders (200).')
    for (const how of [
      'without any credential',
      'with a signed request that was sent before',
      'with a signature of ten minutes ago',
      'with the signature of another request',
      'from another address',
    ])
      expect(after.out).toContain(`It refuses a call ${how} (403).`)
  })

  async function api(script: UpstreamOptions['script']): Promise<readonly string[]> {
    upstream = await startUpstream(script === undefined ? {} : { script })
    await installed(upstream.origin, 'bearer', false)
    return (await diagnosed()).about('api shop')
  }

  test('an API that asks for the secret everywhere: whoever has it could call, which is a warning', async () => {
    const found = await api((request) => ({ status: request.header('authorization') === `Bearer ${SECRET}` ? 200 : 401 }))
    expect(found).toContain('ok: It refuses a call without any credential (401).')
    expect(found).toContain('ok: It refuses a call with a credential that is not the real one (401).')
    expect(found).toContain('warning: The API takes whoever has the secret: if it ever leaks, everybody (200).')
  })

  test('an API that takes any credential at all is a problem', async () => {
    const found = await api((request) => ({ status: request.header('authorization') === null ? 401 : 200 }))
    expect(found).toContain('problem: The API takes a credential that is not the real one (200).')
  })

  test('the version before is tried as it is: an API that still takes it, and one that does not', async () => {
    const next = 'another-secret-of-the-doctor-9Qw'
    let taken = [`Bearer ${SECRET}`, `Bearer ${next}`]
    await api((request) => ({ status: taken.includes(request.header('authorization') ?? '') ? 200 : 401 }))
    await must(['secret', 'rotate', 'shop-key'], next)
    expect((await diagnosed()).about('api shop')).toContain('warning: The API still takes the version before (200).')
    taken = [`Bearer ${next}`]
    expect((await diagnosed()).about('api shop')).toContain('ok: It refuses a call with the version before (401).')
  })

  test('the secret of a window that is over is tried as it is: an API that takes it, and one that does not', async () => {
    const root = 'r'.repeat(40)
    const windows = (now: number, count: number): Promise<string[]> =>
      Promise.all(Array.from({ length: count }, (_, ago) => windowSecret(Buffer.from(root), 30, now - ago * 30)))
    let remembered = 10
    upstream = await startUpstream({ script: (request) => ({ status: good.includes(request.header('x-api-key') ?? '') ? 200 : 401 }) })
    let good: readonly string[] = []
    const look = async (): Promise<readonly string[]> => {
      good = await windows(Math.floor(Date.now() / 1000) + 30, remembered + 1)
      return (await diagnosed()).about('api shop')
    }
    await installed(upstream.origin, 'bearer', false)
    const args = ['secret', 'add', 'crm-key', '--origin', upstream.origin, '--place', 'header:x-api-key', '--window', '30s']
    await must(args, root)
    const file = join(folder.path, 'cloakroom.yaml')
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^( +credential: ).*$/m, '$1crm-key'))
    expect(await look()).toContain('problem: The API takes the secret of a window that is over (200).')
    remembered = 2
    expect(await look()).toContain('ok: It refuses a call with the secret of a window that is over (401).')
  })

  test('an API behind TLS with an authority of its own: verified, and found when nobody known vouches for it', async () => {
    const authority = await makeAuthority()
    upstream = await startUpstream({
      tls: await authority.issue(['127.0.0.1']),
      script: (request) => ({ status: request.header('authorization') === `Bearer ${SECRET}` ? 200 : 401 }),
    })
    await installed(upstream.origin, 'bearer', false)
    expect((await diagnosed()).about('api shop').at(-1)).toMatch(/^problem: 127\.0\.0\.1:\d+ cannot be verified: /)
    // Nothing goes to a server that does not prove who it is.
    expect(upstream.requests).toEqual([])
    writeFileSync(join(folder.path, 'ca.pem'), authority.pem)
    const file = join(folder.path, 'cloakroom.yaml')
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^( +)upstream: .*$/m, '$&\n$1upstreamCa: ./ca.pem'))
    const found = (await diagnosed()).about('api shop')
    // Test certificates live for a day.
    expect(found[0]).toMatch(/^warning: It proves who it is \(TLSv1\.3\), for 0 more days\.$/)
    expect(found).toContain('ok: It refuses a call without any credential (401).')
  })

  test('an API that refuses the gateway itself, and one that is not there, are problems', async () => {
    expect(await api(() => ({ status: 401 }))).toContain('problem: The API refuses the gateway itself (401).')
    await upstream?.close()
    expect((await diagnosed()).about('api shop')).toContain('problem: The API does not answer (ECONNREFUSED).')
  })

  test('it sends GET alone, to the configured origin alone, ten times at most; and never the secret to anybody else', async () => {
    await api(() => ({ status: 200 }))
    expect(upstream?.requests.length).toBeLessThanOrEqual(10)
    expect(new Set(upstream?.requests.map(({ method, target }) => `${method} ${target}`))).toEqual(new Set(['GET /orders']))
  })

  test('nothing is sent off this machine unless somebody says so', async () => {
    await must(
      ['init', '--api', 'shop', '--upstream', 'https://api.example.invalid', '--place', 'bearer', '--allow', 'GET /orders', '--yes'],
      SECRET,
    )
    const { about } = await diagnosed()
    expect(about('api shop')).toEqual(['note: Nothing was sent to https://api.example.invalid.'])
    expect((await diagnosed('--yes')).about('api shop')).toEqual(['problem: api.example.invalid leads nowhere.'])
  })

  test('keys, store, clock and cookies are examined; a damaged database and a wrong recovery passphrase are found', async () => {
    upstream = await startUpstream({ script: () => ({ status: 200, headers: [['date', 'Mon, 01 Jan 2024 00:00:00 GMT']] }) })
    const made = await run(
      ['init', '--api', 'shop', '--upstream', upstream.origin, '--place', 'bearer', '--allow', 'GET /orders', '--yes'],
      SECRET,
    )
    const phrase = /(?:[0-9a-z]{4}-){6}[0-9a-z]{4}/.exec(made.err)?.[0] ?? ''
    writeFileSync(join(folder.path, 'recovery.txt'), phrase)
    chmodSync(join(folder.path, 'recovery.txt'), 0o600)
    const good = await diagnosed('--recovery-file', 'recovery.txt')
    expect(good.about('keys')).toEqual(['ok: The main slot opens (file).', 'ok: The recovery slot opens (passphrase).'])
    expect(good.about('store').slice(0, 2)).toEqual(['ok: hot.sqlite is whole.', 'ok: durable.sqlite is whole.'])
    expect(good.about('api shop').at(-1)).toMatch(/^problem: This clock and the API’s are \d+ s apart\.$/)
    writeFileSync(join(folder.path, 'recovery.txt'), phrase.replace(/^..../, 'aaaa'))
    const wrong = await diagnosed('--recovery-file', 'recovery.txt', '--no-probe')
    expect([wrong.code, wrong.about('keys')[1]]).toEqual([1, expect.stringMatching(/^problem: The recovery slot does not open/)])
    truncateSync(join(folder.path, 'data/hot.sqlite'), 20_000)
    const broken = await diagnosed('--no-probe')
    expect([broken.code, broken.about('store')[0]]).toEqual([1, expect.stringMatching(/^problem: hot\.sqlite: /)])
  })

  test.each([['--path', 'orders'], ['--nonsense']])('a mistake in the arguments (%s %s) is said', async (...args) => {
    await must(['init', '--api', 'shop', '--upstream', 'http://127.0.0.1:9', '--place', 'none', '--yes'])
    expect((await run(['doctor', ...args.filter(Boolean)])).code).toBe(64)
  })
})
