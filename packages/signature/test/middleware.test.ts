import { afterEach, describe, expect, it } from 'vitest'
import { memoryNonces, staticKeys, type FieldLine, type RequestMessage } from '../src/index.ts'
import { APPS, collectReasons, type Echo, type RunningApp } from './apps.ts'
import { CONTENT, gatewayKey, NOON, signed } from './kit.ts'

const keys = await staticKeys([gatewayKey.publicJwk!])
let app: RunningApp
afterEach(() => app.close())

function orderTo(authority: string, more: readonly FieldLine[] = []): RequestMessage {
  return {
    kind: 'request',
    method: 'POST',
    scheme: authority.startsWith('127.') ? null : 'https',
    authority,
    path: '/v1/orders',
    query: 'dry=1',
    fields: [['Host', authority], ['Content-Type', 'application/json'], ['Cloakroom-Context', 'v=1, sub="u_123"'], ...more],
  }
}

function seen(body: string): Echo {
  return JSON.parse(body) as Echo
}

describe.each(APPS)('the middleware for $name', ({ start, wire }) => {
  const options = () => ({ keys, nonces: memoryNonces(), clock: () => NOON })

  it('hands a signed request on with its content and its context', async () => {
    app = await start(options())
    const { fields } = await signed(orderTo(app.authority))
    const answer = await app.call('POST', '/v1/orders?dry=1', fields, CONTENT)
    expect(answer.status).toBe(200)
    expect(seen(answer.body)).toMatchObject({ text: '{"item":7}', account: 'u_123' })
  })

  it('UPV-01 refuses an unsigned request before the handler', async () => {
    const { reasons, report } = collectReasons()
    app = await start({ ...options(), report })
    const answer = await app.call(
      'POST',
      '/v1/orders',
      [
        ['Host', app.authority],
        ['Content-Type', 'application/json'],
      ],
      CONTENT,
    )
    expect({ status: answer.status, reached: app.reached(), reasons }).toEqual({ status: 403, reached: 0, reasons: ['unsigned'] })
    expect(answer.fields['cloakroom-error']).toBe('signature_refused')
    expect(answer.fields['content-type']).toBe('application/problem+json')
  })

  it('UPV-04 refuses other content under the signed digest', async () => {
    const { reasons, report } = collectReasons()
    app = await start({ ...options(), report })
    const { fields } = await signed(orderTo(app.authority))
    const answer = await app.call('POST', '/v1/orders?dry=1', fields, new TextEncoder().encode('{"item":8}'))
    expect({ status: answer.status, reached: app.reached(), reasons }).toEqual({ status: 403, reached: 0, reasons: ['digest_mismatch'] })
  })

  it('UPV-08 refuses the same bytes a second time', async () => {
    app = await start(options())
    const { fields } = await signed(orderTo(app.authority))
    const statuses = []
    for (let round = 0; round < 3; round++) statuses.push((await app.call('POST', '/v1/orders?dry=1', fields, CONTENT)).status)
    expect(statuses).toEqual([200, 403, 403])
  })

  it('UPV-14 drops what claims to come from the gateway but is not signed', async () => {
    const { reasons, report } = collectReasons()
    app = await start({ ...options(), report, dropAlso: ['x-tenant'] })
    const { fields } = await signed(orderTo(app.authority))
    const claims: readonly FieldLine[] = [
      ['X-Forwarded-For', '10.0.0.1'],
      ['X-Forwarded-Host', 'evil.example'],
      ['X_Forwarded_Proto', 'https'],
      ['Forwarded', 'for=10.0.0.1'],
      ['Cloakroom-Roles', 'admin'],
      ['X-HTTP-Method-Override', 'DELETE'],
      ['X-Original-URL', '/admin'],
      ['X-Tenant', 'other'],
    ]
    const answer = await app.call('POST', '/v1/orders?dry=1', [...fields, ...claims, ['X-Harmless', 'stays']], CONTENT)
    expect({ status: answer.status, reasons }).toEqual({ status: 200, reasons: [] })
    const { fields: kept, rawNames, distinct } = seen(answer.body)
    for (const [name] of claims) {
      expect(Object.keys(kept)).not.toContain(name.toLowerCase())
      expect(rawNames).not.toContain(name.toLowerCase())
      expect(distinct).not.toContain(name.toLowerCase())
    }
    expect(kept['x-harmless']).toBe('stays')
    expect(kept['cloakroom-context']).toBe('v=1, sub="u_123"')
  })

  it('UPV-14 keeps the same fields when the signature covers them', async () => {
    app = await start(options())
    const { fields } = await signed(orderTo(app.authority, [['X-Forwarded-For', '203.0.113.9']]), CONTENT, {
      coverAlso: ['x-forwarded-for'],
    })
    const answer = await app.call('POST', '/v1/orders?dry=1', fields, CONTENT)
    expect(seen(answer.body).fields['x-forwarded-for']).toBe('203.0.113.9')
  })

  it('takes content of 300 kB whole, and refuses one byte over the limit with 413', async () => {
    app = await start({ ...options(), largestContent: 300_000 })
    const large = new TextEncoder().encode('x'.repeat(300_000))
    const first = await signed(orderTo(app.authority), large)
    expect(seen((await app.call('POST', '/v1/orders?dry=1', first.fields, large)).body).text).toHaveLength(300_000)
    const larger = new TextEncoder().encode('x'.repeat(300_001))
    const second = await signed(orderTo(app.authority), larger, { nonce: () => 'another-nonce-for-large' })
    const answer = await app.call('POST', '/v1/orders?dry=1', second.fields, larger)
    expect({ status: answer.status, reached: app.reached() }).toEqual({ status: 413, reached: 1 })
  })

  it.runIf(wire)('stops reading chunked content one byte over the limit, whose length nobody announced', async () => {
    app = await start({ ...options(), largestContent: 30_000 })
    const content = new TextEncoder().encode('x'.repeat(30_001))
    const { fields } = await signed(orderTo(app.authority), content)
    const answer = await app.call('POST', '/v1/orders?dry=1', fields, content, 7)
    expect({ status: answer.status, reached: app.reached() }).toEqual({ status: 413, reached: 0 })
  })

  it('accepts requests without content: GET, and an empty POST', async () => {
    app = await start(options())
    for (const method of ['GET', 'DELETE', 'POST']) {
      const request = { ...orderTo(app.authority), method, fields: [['Host', app.authority]] as const }
      const { fields } = await signed(request, null, { nonce: () => `nonce-for-the-method-${method}` })
      const answer = await app.call(method, '/v1/orders?dry=1', fields, method === 'POST' ? new Uint8Array() : null)
      expect({ method, status: answer.status }).toEqual({ method, status: 200 })
    }
  })

  it.runIf(wire)('takes chunked content, also when it is empty', async () => {
    app = await start(options())
    const content = new TextEncoder().encode('0123456789'.repeat(5000))
    const { fields } = await signed(orderTo(app.authority), content)
    const answer = await app.call('POST', '/v1/orders?dry=1', fields, content, 7)
    expect(seen(answer.body).text).toHaveLength(50_000)
    const empty = await signed(orderTo(app.authority), null, { nonce: () => 'nonce-for-empty-content' })
    const second = await app.call('POST', '/v1/orders?dry=1', empty.fields, new Uint8Array(), 1)
    expect({ status: second.status, text: seen(second.body).text }).toEqual({ status: 200, text: '' })
  })

  it.runIf(wire)('UPV-04 refuses content added to a signed GET', async () => {
    const { reasons, report } = collectReasons()
    app = await start({ ...options(), report })
    const { fields } = await signed({ ...orderTo(app.authority), method: 'GET', fields: [['Host', app.authority]] }, null)
    const answer = await app.call('GET', '/v1/orders?dry=1', fields, CONTENT)
    expect({ status: answer.status, reached: app.reached(), reasons }).toEqual({
      status: 403,
      reached: 0,
      reasons: ['insufficient_coverage'],
    })
  })
})
