import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { call } from '../call.ts'
import { cloakroom, everythingIn, MAIN } from '../cli/run.ts'
import { install, type Installation, signIn, type Started } from '../started.ts'

const FIRST = 'canary-sandbox-4Zk8Qw2LmX9'
const SECOND = 'canary-sandbox-7Hn3Vt5Bc1'
const NODE_24 = resolve(import.meta.dirname, '../../../../node_modules/node24-linux-x64/bin/node')

const OPEN = '--permission --allow-fs-read=* --allow-fs-write=* --allow-child-process'

const nodes: readonly (readonly [string, string])[] = [
  ['this Node', process.execPath],
  ...(existsSync(NODE_24) ? [['Node 24', NODE_24] as const] : []),
]

const ACTS = [
  ['a file outside its folders', `import('node:fs').then((fs) => fs.readFileSync('/etc/passwd'))`],
  ['a neighbour of its folders', `import('node:fs').then((fs) => fs.readFileSync(process.cwd() + '-x/secret'))`],
  ['writing beside its store', `import('node:fs').then((fs) => fs.writeFileSync('outside/x', ''))`],
  ['writing its own configuration', `import('node:fs').then((fs) => fs.appendFileSync('cloakroom.yaml', ''))`],
  ['a child process', `import('node:child_process').then((child) => child.execFileSync('/bin/true'))`],
  ['a worker', `import('node:worker_threads').then(({ Worker }) => new Worker('1', { eval: true }))`],
  ['a debugger', `import('node:inspector').then((inspector) => inspector.open(0))`],
] as const

describe.skipIf(process.platform === 'win32').each(nodes)('in the sandbox of %s', (_name, node) => {
  let at: Installation
  let gateway: Started
  let bin: string
  beforeAll(async () => {
    at = await install(FIRST)
    mkdirSync(join(at.folder, 'outside'))
    // As npm installs it: by a link from a folder that is not its own.
    bin = mkdtempSync(join(tmpdir(), 'cloakroom-bin-'))
    symlinkSync(MAIN, join(bin, 'cloakroom.ts'))
    gateway = await at.start({ node, args: ['--sandbox'], main: join(bin, 'cloakroom.ts') })
  }, 30_000)
  afterAll(async () => {
    await at.remove()
    rmSync(bin, { recursive: true })
  })

  test('ADM-03 it tells what it may do, and is still the process that was started', () => {
    expect(gateway.printed()).toMatch(/In the sandbox:\n {2}reads .*\n {2}writes .*\/data.*\n {2}the network; no child processes/)
    expect(existsSync(`/proc/${gateway.child.pid}`)).toBe(true)
    expect(readFileSync(`/proc/${gateway.child.pid}/cmdline`, 'utf8').split('\0')).toContain('--permission')
  })

  test('ADM-03 the whole main job works: signing in, a call with the secret, the leak guard, the site, rotation from outside, a new configuration', async () => {
    const { port, adminPort } = gateway
    expect((await call(port, 'GET', '/', { from: 'none' })).text).toContain('<title>Shop</title>')
    expect((await call(adminPort, 'GET', '/healthz', { host: `127.0.0.1:${adminPort}`, from: 'none' })).status).toBe(200)
    const cookie = await signIn(port)
    const echoed = await call(port, 'GET', '/api/shop/products', { cookie })
    expect(echoed.status).toBe(200)
    expect(at.upstream.requests.at(-1)?.header('authorization')).toBe(`Bearer ${FIRST}`)
    expect(echoed.raw.includes(FIRST)).toBe(false)
    expect(echoed.text).toMatch(/\[redacted\]|\*{4,}|redacted/)
    expect(await at.run(['secret', 'rotate', 'shop-key'], SECOND)).toMatchObject({ code: 0 })
    expect((await call(port, 'GET', '/api/shop/products', { cookie })).status).toBe(200)
    expect(at.upstream.requests.at(-1)?.header('authorization')).toBe(`Bearer ${SECOND}`)
    at.edit((text) => text.replace('path: /api/shop', 'path: /api/store'))
    await vi.waitFor(async () => expect((await call(port, 'GET', '/api/store/products', { cookie })).status).toBe(200), { timeout: 5000 })
    await vi.waitFor(() => expect(everythingIn(join(at.folder, 'data'))).toContain('"kind":"secret.reflected"'), { timeout: 5000 })
  })

  test('ADM-03 a new configuration does not lead out of it', async () => {
    at.edit((text) => text.replace('site: ./public', 'site: /usr/share'))
    await vi.waitFor(() => expect(gateway.printed()).toMatch(/\/usr\/share is not a folder that can be read\.[\s\S]*was not taken/), {
      timeout: 5000,
    })
    at.edit((text) => text.replace('site: /usr/share', 'site: ./public'))
    expect((await call(gateway.port, 'GET', '/', { from: 'none' })).text).toContain('<title>Shop</title>')
  })

  test('VLT-12 nobody attaches a debugger by signal', async () => {
    gateway.child.kill('SIGUSR1')
    expect((await call(gateway.port, 'GET', '/', { from: 'none' })).status).toBe(200)
    expect(gateway.printed()).not.toContain('Debugger listening')
    await expect(
      new Promise((done, fail) => {
        connect(9229, '127.0.0.1').once('connect', done).once('error', fail)
      }),
    ).rejects.toThrow(/ECONNREFUSED/)
  })

  test('signals arrive, and the exit code is the gateway’s', async () => {
    const before = performance.now()
    expect(await gateway.end('SIGTERM')).toBe(0)
    expect(performance.now() - before).toBeLessThan(5000)
    for (const secret of [FIRST, SECOND]) expect(gateway.printed() + everythingIn(at.folder)).not.toContain(secret)
  })

  describe('what is refused to whatever runs inside it', () => {
    let faulty: Started
    beforeAll(async () => {
      const fault = join(at.folder, 'fault.mjs')
      const act = ([what, code]: readonly [string, string]): string =>
        `${code}.then(() => console.error('DONE ${what}'), (cause) => console.error('REFUSED ${what}', cause.code))`
      writeFileSync(fault, `process.on('SIGUSR2', () => {\n${ACTS.map(act).join('\n')}\n})\n`)
      faulty = await at.start({ node, args: ['--sandbox'], nodeArgs: ['--import', fault] })
      faulty.child.kill('SIGUSR2')
    })

    test.each(ACTS)('ADM-03 %s', async (what) => {
      await vi.waitFor(() => expect(faulty.printed()).toMatch(new RegExp(`(?:DONE|REFUSED) ${what}`)), { timeout: 5000, interval: 20 })
      expect(faulty.printed()).toContain(`REFUSED ${what} ERR_ACCESS_DENIED`)
    })
  })

  test('ADM-03 a key that a program unwraps does not go with it', async () => {
    const file = join(at.folder, 'exec.yaml')
    const text = readFileSync(join(at.folder, 'cloakroom.yaml'), 'utf8')
    writeFileSync(file, `${text.replace(/^vault:.*\n/m, '')}vault: { key: { exec: [/bin/true] } }\n`)
    const ran = await cloakroom(['start', '--sandbox', '--config', 'exec.yaml'], { cwd: at.folder })
    expect(ran.code).toBe(78)
    expect(ran.err).toMatch(/no child processes, and `vault\.key\.exec` is one/)
  })

  test('ADM-03 a sandbox that NODE_OPTIONS opens is none', async () => {
    const ran = await cloakroom(['start', '--sandbox'], { cwd: at.folder, env: { NODE_OPTIONS: OPEN } })
    expect([ran.code, ran.err]).toEqual([78, expect.stringMatching(/The sandbox is open: fs\.read, fs\.write, child/)])
  })
})

describe('VLT-12 a gateway does not run with its memory open', () => {
  let at: Installation
  beforeAll(async () => {
    at = await install(FIRST)
  })
  afterAll(async () => {
    await at.remove()
  })

  test.each([
    '--inspect=0',
    '"--inspect=0"',
    '--heapsnapshot-signal=SIGUSR2',
    '--heapsnapshot-near-heap-limit=1',
    '--abort-on-uncaught-exception',
    '--report-on-signal',
  ])('NODE_OPTIONS=%s', (option) => {
    // Not --inspect-brk and --inspect-wait: with those nothing of ours runs until a debugger has said so.
    const ran = spawnSync(process.execPath, ['--conditions=source', MAIN, 'start'], {
      cwd: at.folder,
      env: { ...process.env, NODE_OPTIONS: option },
      encoding: 'utf8',
      timeout: 10_000,
    })
    expect(ran.status).toBe(78)
    expect(ran.stderr).toMatch(/A gateway does not run with `--/)
  })

  test('on the command line', () => {
    expect(() =>
      execFileSync(process.execPath, ['--inspect=0', '--conditions=source', MAIN, 'start'], {
        cwd: at.folder,
        stdio: 'pipe',
        timeout: 5000,
      }),
    ).toThrow(/does not run with `--inspect`/)
  })

  test('without a sandbox, a debugger does not attach by signal either', async () => {
    const gateway = await at.start()
    gateway.child.kill('SIGUSR1')
    expect((await call(gateway.port, 'GET', '/', { from: 'none' })).status).toBe(200)
    expect(gateway.printed()).not.toContain('Debugger listening')
    expect(await gateway.end('SIGTERM')).toBe(0)
  })
})
