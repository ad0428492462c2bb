import { readFileSync, writeFileSync } from 'node:fs'
import { Agent, request, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { everythingIn } from '../cli/run.ts'
import { startKit } from '../kit.ts'
import { install, type Installation } from '../started.ts'

const SECRET = 'canary-crash-4Zk8Qw2LmX9'

describe('what nobody caught', () => {
  let at: Installation
  beforeEach(async () => {
    at = await install(SECRET)
  })
  afterEach(async () => {
    await at.remove()
  })

  test.each<[string, string, string]>([
    ['an exception', `throw new TypeError('bad value ${SECRET}')`, 'TypeError'],
    ['a rejected promise', `void Promise.reject(new RangeError('${SECRET}'))`, 'RangeError'],
    ['a parser that quotes what it read', `JSON.parse('${SECRET}')`, 'SyntaxError'],
    ['something that is no error', `throw '${SECRET}'`, 'a thrown string'],
  ])('LOG-07 %s ends the process with code 70, is in the audit trail, and says no secret', async (_what, act, name) => {
    const fault = join(at.folder, 'fault.mjs')
    writeFileSync(fault, `process.on('SIGUSR2', () => { ${act} })\n`)
    const gateway = await at.start({ nodeArgs: ['--import', fault] })
    expect(await gateway.end('SIGUSR2')).toBe(70)
    expect(gateway.printed()).toContain(`This is a mistake in cloakroom: ${name}.`)
    expect(gateway.printed()).not.toContain(SECRET)
    expect(everythingIn(join(at.folder, 'data'))).not.toContain(SECRET)
    const trail = readFileSync(join(at.folder, 'data/audit.jsonl'), 'utf8').trim().split('\n')
    const events = trail.map((line) => JSON.parse(line) as { kind: string; reason: string | null })
    expect(events.slice(-2)).toMatchObject([{ kind: 'gateway.failed', reason: name }, { kind: 'gateway.stopped' }])
    // The supervisor starts it anew: nothing that fell is in the way.
    const again = await at.start()
    expect(await again.end('SIGTERM')).toBe(0)
  })
})

describe('a gateway that is told to stop', () => {
  test('requests under way finish, new ones on open connections get 503 with Retry-After, new connections none', async () => {
    const kit = await startKit({ config: { shop: { allow: ['POST /orders', 'GET /**'] } } })
    const agent = new Agent({ keepAlive: true })
    const cookie = await kit.signIn()
    const headers = { host: new URL(kit.origin).host, cookie, 'sec-fetch-site': 'same-origin' }
    const ask = (method: string, path: string) => request({ port: kit.running.port, host: '127.0.0.1', agent, headers, method, path })
    const upload = ask('POST', '/api/shop/orders')
    const uploaded = new Promise<IncomingMessage>((done, fail) => upload.once('response', done).once('error', fail))
    upload.write('first half, ')
    await kit.upstream.until(() => kit.upstream.bodyBytes > 0)

    // A connection that has begun to ask when the stop comes.
    const late = connect(kit.running.port, '127.0.0.1')
    await new Promise((done) => late.once('connect', done))
    late.write(`GET /api/shop/products HTTP/1.1\r\nhost: ${headers.host}\r\n`)
    let said = ''
    late.setEncoding('latin1').on('data', (text: string) => (said += text))
    const over = new Promise((done) => late.once('close', done))
    const tunnel = connect(kit.running.port, '127.0.0.1')
    await new Promise((done) => tunnel.once('connect', done))
    tunnel.write(`GET /api/shop/live HTTP/1.1\r\nhost: ${headers.host}\r\nupgrade: websocket\r\n`)
    let refused = ''
    tunnel.setEncoding('latin1').on('data', (text: string) => (refused += text))
    const tunnelOver = new Promise((done) => tunnel.once('close', done))
    await kit.call('GET', '/api/shop/products', { cookie })

    const closed = kit.running.close(10_000)
    late.write(`cookie: ${cookie}\r\nsec-fetch-site: same-origin\r\n\r\n`)
    await over
    expect(said).toMatch(/^HTTP\/1\.1 503 [\s\S]*cloakroom-error: stopping\r\n/)
    expect(said).toMatch(/\r\nretry-after: 5\r\n/)
    expect(said).toMatch(/\r\nconnection: close\r\n/)
    tunnel.write('connection: upgrade\r\n\r\n')
    await tunnelOver
    expect(refused).toMatch(/^HTTP\/1\.1 503 [\s\S]*cloakroom-error: stopping\r\n/)
    upload.end('second half')
    const answer = await uploaded
    answer.resume()
    expect(answer.statusCode).toBe(200)
    await expect(kit.call('GET', '/')).rejects.toThrow(/ECONNREFUSED/)
    agent.destroy()
    await closed
    await kit.close()
  })

  test('what does not finish is ended when the bound is reached', { timeout: 5000 }, async () => {
    const kit = await startKit({ upstream: { script: () => 'hang' } })
    const cookie = await kit.signIn()
    const asked = kit.call('GET', '/api/shop/products', { cookie })
    await kit.upstream.until(() => kit.upstream.requests.length === 1)
    await kit.running.close(50)
    // Cut off, and not answered with anything that looks whole.
    expect((await asked).raw.toString()).toBe('')
    await kit.close()
  })
})
