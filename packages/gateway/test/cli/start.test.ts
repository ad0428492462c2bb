import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { call } from '../call.ts'
import { startUpstream, type Upstream } from '../upstream.ts'
import { cloakroom, emptyFolder, everythingIn, MAIN } from './run.ts'

const FIRST = 'canary-first-4Zk8Qw2LmX9'
const SECOND = 'canary-second-7Hn3Vt5Bc1'
const PASSWORD = 'canary correct horse battery'

let folder: ReturnType<typeof emptyFolder>
let upstream: Upstream
const children: ChildProcessWithoutNullStreams[] = []

beforeEach(async () => {
  folder = emptyFolder()
  upstream = await startUpstream()
  mkdirSync(join(folder.path, 'public'))
  writeFileSync(join(folder.path, 'public/index.html'), '<!doctype html><title>Shop</title>')
  const ran = await cloakroom(
    ['init', '--api', 'shop', '--upstream', upstream.origin, '--place', 'bearer', '--site', './public', '--yes'],
    { cwd: folder.path, input: FIRST },
  )
  expect(ran.code).toBe(0)
  edit(
    (text) => text.replace(/^listen: .*$/m, 'listen: 127.0.0.1:0').replace(/^publicUrl: .*\n/m, '') + 'admin: { listen: "127.0.0.1:0" }\n',
  )
})
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await new Promise((done) => child.once('close', done))
  }
  await upstream.close()
  folder.remove()
})

const run = (args: readonly string[], input = '') => cloakroom(args, { cwd: folder.path, input })

function edit(change: (text: string) => string): void {
  const file = join(folder.path, 'cloakroom.yaml')
  writeFileSync(file, change(readFileSync(file, 'utf8')))
}

interface Started {
  readonly child: ChildProcessWithoutNullStreams
  readonly port: number
  readonly adminPort: number
  readonly printed: () => string
}

async function start(): Promise<Started> {
  const child = spawn(process.execPath, ['--conditions=source', MAIN, 'start', '--json'], { cwd: folder.path })
  children.push(child)
  let printed = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (printed += text))
  return await new Promise((done, fail) => {
    child.on('close', (code) => fail(new Error(`ended with ${code}: ${printed}`)))
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text
      const line = /^\{"origin".*\}$/m.exec(printed)?.[0]
      if (line !== undefined) done({ child, ...(JSON.parse(line) as { port: number; adminPort: number }), printed: () => printed })
    })
  })
}

async function signIn(port: number): Promise<string> {
  const answer = await call(port, 'POST', '/auth/login', { json: { account: 'ada', password: PASSWORD } })
  expect(answer.status).toBe(200)
  const line = answer.all('set-cookie').find((each) => each.startsWith('__Host-Http-session=')) ?? ''
  return line.split(';')[0] ?? ''
}

describe('cloakroom start', () => {
  test('PWD-16 prints the code for the first owner, and no code once there is an administrator, or where the API is off', async () => {
    const first = await start()
    const code = /makes the first owner, once: (\S+)/.exec(first.printed())?.[1]
    const json = { code, account: 'olga', password: PASSWORD }
    const setUp = async ({ adminPort }: Started) => await call(adminPort, 'POST', '/admin/setup', { json, headers: [['x-csrf', '1']] })
    expect((await setUp(first)).text).toContain('"next":"enrol"')
    expect(everythingIn(folder.path)).not.toContain(code)
    const second = await start()
    expect(second.printed()).not.toContain('first owner')
    expect((await setUp(second)).status).toBe(410)
    edit((text) => text.replace('admin: { ', 'admin: { api: false, '))
    const third = await start()
    expect(third.printed()).not.toContain('first owner')
    expect((await setUp(third)).header('cloakroom-error')).toBe('cross_site')
  })

  test('runs what init made; every command takes effect at the next request; SIGTERM ends it', async () => {
    await run(['account', 'add', 'ada'], PASSWORD)
    const { child, port, adminPort, printed } = await start()
    expect((await call(adminPort, 'GET', '/healthz', { host: `127.0.0.1:${adminPort}`, from: 'none' })).status).toBe(200)
    expect((await call(port, 'GET', '/api/shop/products')).status).toBe(401)
    const cookie = await signIn(port)
    expect((await call(port, 'GET', '/api/shop/products', { cookie })).status).toBe(200)
    expect(upstream.requests.at(-1)?.header('authorization')).toBe(`Bearer ${FIRST}`)

    expect((await run(['secret', 'rotate', 'shop-key'], SECOND)).code).toBe(0)
    expect((await call(port, 'GET', '/api/shop/products', { cookie })).status).toBe(200)
    expect(upstream.requests.at(-1)?.header('authorization')).toBe(`Bearer ${SECOND}`)

    expect((await run(['session', 'end', '--all'])).code).toBe(0)
    expect((await call(port, 'GET', '/api/shop/products', { cookie })).status).toBe(401)
    const again = await signIn(port)
    expect((await run(['account', 'disable', 'ada'])).code).toBe(0)
    expect((await call(port, 'GET', '/api/shop/products', { cookie: again })).status).toBe(401)

    expect((await run(['secret', 'rekey', '--new-key'])).code).toBe(0)
    expect((await run(['account', 'enable', 'ada'])).code).toBe(0)
    const third = await signIn(port)
    expect((await call(port, 'GET', '/api/shop/products', { cookie: third })).status).toBe(200)
    expect((await run(['secret', 'revoke', 'shop-key', '--yes'])).code).toBe(0)
    const before = upstream.requests.length
    expect((await call(port, 'GET', '/api/shop/products', { cookie: third })).status).toBe(503)
    expect(upstream.requests).toHaveLength(before)

    child.removeAllListeners('close')
    child.kill('SIGTERM')
    expect(await new Promise((done) => child.once('close', done))).toBe(0)
    const seen = printed() + everythingIn(folder.path)
    for (const secret of [FIRST, SECOND, PASSWORD]) expect(seen).not.toContain(secret)
    expect(seen).toContain('"kind":"gateway.started"')
  })

  test('VLT-14 does not start when the upstream is not one that was sealed with the credential', async () => {
    edit((text) => text.replace(upstream.origin, 'https://collector.example'))
    for (const command of ['start', 'check']) {
      const ran = await run([command])
      expect(ran.code).toBe(78)
      expect(ran.err).toMatch(/cloakroom\.yaml:\d+:15: .*will not be sent to https:\/\/collector\.example\. \[origin_not_sealed\]/)
    }
  })

  test('COO-06 does not start with a cookie domain, which the prefix __Host- forbids', async () => {
    edit((text) => text.replace('sessions: { idle: 30m', 'sessions: { domain: example.com, idle: 30m'))
    const ran = await run(['start'])
    expect(ran.code).toBe(78)
    expect(ran.err).toMatch(/`domain` is no key: the session cookie’s name and attributes are fixed/)
  })

  test.each([
    [
      'a credential that is not in the vault',
      (text: string) => text.replace('credential: shop-key', 'credential: shop-kye'),
      /Did you mean `shop-key`/,
    ],
    ['a site folder that is not there', (text: string) => text.replace('./public', './publik'), /file_missing/],
    ['a logo that is no picture', (text: string) => `${text}theme: { logo: ./cloakroom.yaml }\n`, /theme_refused/],
    ['a certificate that is not there', (text: string) => `${text}tls: { cert: ./c.pem, key: ./k.pem }\n`, /file_missing/],
    ['broken YAML', (text: string) => `${text}  : :\n`, /yaml_syntax/],
    ['every address as a proxy', (text: string) => text.replace('trustedProxies: []', 'trustedProxies: [0.0.0.0/0]'), /proxy_everyone/],
  ])('ADM-02 does not start with %s', async (_what, change, text) => {
    edit(change)
    const ran = await run(['start'])
    expect(ran.code).toBe(78)
    expect(ran.err).toMatch(text)
    expect(ran.out).toBe('')
  })

  test('a link from the data into the site is found although the paths look apart', async () => {
    symlinkSync(join(folder.path, 'data'), join(folder.path, 'elsewhere'))
    edit((text) => text.replace('./public', './elsewhere'))
    expect((await run(['check'])).err).toMatch(/site_exposes/)
  })

  test('a port that is taken is said plainly, exit 69', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((done) => other.once('listening', done))
    edit((text) => text.replace('127.0.0.1:0', `127.0.0.1:${(other.address() as AddressInfo).port}`))
    const ran = await run(['start'])
    other.close()
    expect(ran.code).toBe(69)
    expect(ran.err).toMatch(/in use by another program[\s\S]*another port/)
    expect(ran.err).not.toMatch(/\.ts:/)
  })

  test('of a taken port the key is named under which it stands: the administrators’ port, too', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((done) => other.once('listening', done))
    const { port } = other.address() as AddressInfo
    edit((text) => `${text.replace(/^admin:.*\n/m, '')}admin: { listen: 127.0.0.1:${port} }\n`)
    const ran = await run(['start'])
    other.close()
    expect(ran.code).toBe(69)
    expect(ran.err).toContain(`127.0.0.1:${port} is in use by another program.`)
    expect(ran.err).toContain('choose another port with `admin.listen`')
  })

  test('an empty file is called empty, and the command that looks again names the file', async () => {
    writeFileSync(join(folder.path, 'other.yaml'), '# nothing\n')
    const ran = await run(['check', '--config', 'other.yaml'])
    expect(ran.code).toBe(78)
    expect(ran.err).toMatch(/This file is empty\.[\s\S]*then run: cloakroom check --config other\.yaml/)
  })
})

describe('cloakroom check', () => {
  test('without the vault it needs no key: for machines that have none', async () => {
    edit((text) => text.replace('./cloakroom.key', './nowhere.key'))
    expect((await run(['check'])).err).toMatch(/vault_closed/)
    expect(await run(['check', '--no-vault'])).toMatchObject({ code: 0 })
    edit((text) => text.replace('store: ./data', 'store: ./nowhere'))
    expect((await run(['check'])).err).toMatch(/vault_missing/)
    expect(existsSync(join(folder.path, 'nowhere'))).toBe(false)
  })

  test('ADM-02 prints every problem at once, each with its place and its fix', async () => {
    writeFileSync(
      join(folder.path, 'bad.yaml'),
      'sesions: {}\nsite: .\napis:\n  shop:\n    path: /api/shop\n    upstream: http://api.example.com\n    allow: [POST /x]\n    access: public\n',
    )
    const ran = await run(['check', '--config', 'bad.yaml', '--json'])
    expect(ran.code).toBe(78)
    const { error } = JSON.parse(ran.out) as { error: { problems: { code: string; line: number; fix: string }[] } }
    expect(error.problems.map(({ line, code }) => `${line} ${code}`)).toEqual(
      expect.arrayContaining(['1 unknown_key', '2 site_exposes', '6 upstream_plain', '7 public_write']),
    )
  })
})
