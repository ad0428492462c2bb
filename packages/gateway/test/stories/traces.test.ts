import { type Context, type Span, type SpanContext, type SpanOptions, trace, type Tracer } from '@opentelemetry/api'
import { randomBytes } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { findTracing } from '../../src/audit/tracing.ts'
import { type Kit, startKit } from '../kit.ts'

const GIVEN = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const FIELDS = [
  ['traceparent', GIVEN],
  ['tracestate', 'vendor=a1'],
  ['baggage', 'user=7'],
] as const

let kit: Kit | null = null
afterEach(async () => {
  trace.disable()
  await kit?.close()
  kit = null
})

async function sent(made: Kit, headers: readonly (readonly [string, string])[] = FIELDS) {
  const cookie = await made.signIn()
  expect((await made.call('GET', '/api/shop/products?token=private', { cookie, headers })).status).toBe(200)
  const request = made.upstream.requests.at(-1)
  return (name: string) => request?.header(name) ?? null
}

interface Recorded {
  readonly name: string
  readonly kind: number | undefined
  readonly context: SpanContext
  readonly parent: string | null
  readonly attributes: Record<string, unknown>
  ended: number
}

/** An SDK as far as a gateway can see one: it makes spans, and remembers them. */
function registerSdk(): readonly Recorded[] {
  const all: Recorded[] = []
  const startSpan = (name: string, { kind, attributes = {} }: SpanOptions = {}, context?: Context): Span => {
    const above = context === undefined ? undefined : trace.getSpanContext(context)
    const own: SpanContext = {
      traceId: above?.traceId ?? randomBytes(16).toString('hex'),
      spanId: randomBytes(8).toString('hex'),
      traceFlags: 1,
      ...(above?.traceState === undefined ? {} : { traceState: above.traceState }),
    }
    const recorded = { name, kind, context: own, parent: above?.spanId ?? null, attributes: { ...attributes }, ended: 0 }
    all.push(recorded)
    const span: Partial<Span> & { readonly [name: string]: unknown } = {
      spanContext: () => own,
      setAttribute(key, value) {
        recorded.attributes[key] = value
        return span as Span
      },
      setStatus({ code }) {
        recorded.attributes['status'] = code
        return span as Span
      },
      updateName(next) {
        recorded.name = next
        return span as Span
      },
      end: () => void (recorded.ended += 1),
    }
    return span as Span
  }
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan }) as Partial<Tracer> as Tracer })
  return all
}

test('a visitor’s trace is not taken over; a trusted proxy’s is passed on, baggage never', async () => {
  kit = await startKit()
  const strangers = await sent(kit)
  expect([strangers('traceparent'), strangers('tracestate'), strangers('baggage')]).toEqual([null, null, null])
  await kit.close()
  kit = await startKit({ config: { trustedProxies: ['127.0.0.1'] } })
  const proxies = await sent(kit)
  expect([proxies('traceparent'), proxies('tracestate'), proxies('baggage')]).toEqual([GIVEN, 'vendor=a1', null])
  const broken = await sent(kit, [['traceparent', 'evil']])
  expect(broken('traceparent')).toBeNull()
})

test('with an SDK in the process each request is a span, its round trip one below, and the API hangs on that', async () => {
  const spans = registerSdk()
  kit = await startKit({ config: { trustedProxies: ['127.0.0.1'] } })
  const upstream = await sent(kit)
  const [request, trip] = spans.slice(-2)
  expect(request).toMatchObject({ name: 'shop: GET /**', kind: 1, parent: '00f067aa0ba902b7', ended: 1 })
  expect(request?.context.traceId).toBe('4bf92f3577b34da6a3ce929d0e0e4736')
  expect(trip).toMatchObject({ name: 'GET shop', kind: 2, parent: request?.context.spanId, ended: 1 })
  expect(upstream('traceparent')).toBe(`00-${trip?.context.traceId}-${trip?.context.spanId}-01`)
  expect(upstream('tracestate')).toBe('vendor=a1')
  const refused = await kit.call('GET', '/api/shop/products')
  expect(refused.status).toBe(401)
  expect(spans.at(-1)).toMatchObject({ attributes: { 'http.response.status_code': 401, 'error.type': 'session_required' }, ended: 1 })
  expect(spans.every(({ ended }) => ended === 1)).toBe(true)
  // What hangs on a request is nobody's: no path, no query, no address, no session.
  const said = JSON.stringify(spans.map(({ name, attributes }) => [name, attributes]))
  for (const personal of ['products', 'private', '127.0.0.1"', 'ada'])
    expect(said.replaceAll('"server.address":"127.0.0.1"', '')).not.toContain(personal)
})

test('without an SDK nothing is loaded; with one whose API cannot be found the operator is told', async () => {
  const notices: string[] = []
  let loaded = 0
  const load = (): never => {
    loaded += 1
    throw Object.assign(new Error('not there'), { code: 'ERR_MODULE_NOT_FOUND' })
  }
  expect(await findTracing((text) => notices.push(text), load)).toBeNull()
  expect([loaded, notices]).toEqual([0, []])
  registerSdk()
  expect(await findTracing((text) => notices.push(text), load)).toBeNull()
  expect([loaded, notices]).toEqual([1, [expect.stringContaining('install it beside cloakroom')]])
})
