import type * as OpenTelemetry from '@opentelemetry/api'
import type { Answer } from '../answer.ts'
import { traceFields, type OutboundHead } from '../decide/outbound.ts'
import type { RequestHead } from '../decide/head.ts'
import type { Gateway } from '../gateway.ts'
import { GateError } from '../errors.ts'
import type { AccessLine, ForwardPart, ObserverPart } from '../parts.ts'

/** Spans of OpenTelemetry: one for each request, to the head of its answer, and one below it for the round trip to the API. */
export interface Tracing extends ObserverPart {
  gateway(inner: Gateway): Gateway
  forward(inner: ForwardPart): ForwardPart
}

type Api = typeof OpenTelemetry
type Context = OpenTelemetry.Context
type Span = OpenTelemetry.Span

/**
 * Null unless an SDK registered itself in this process (as with `node --import ./tracing.mjs`): then nothing is loaded and no request is touched.
 * `load` fetches @opentelemetry/api, which is no dependency of ours but one of whoever brings the SDK.
 */
export async function findTracing(
  onNotice: (text: string) => void,
  load: () => Promise<Api> = () => import('@opentelemetry/api'),
): Promise<Tracing | null> {
  if (!isRegistered(globalThis)) return null
  try {
    return createTracing(await load())
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND')) throw cause
    onNotice(
      'An OpenTelemetry SDK is running, and @opentelemetry/api cannot be found from here: install it beside cloakroom. There are no traces.',
    )
    return null
  }
}

/** Where every copy of the API, of whatever version, keeps what was registered (opentelemetry-js, api/src/internal/global-utils.ts). */
const REGISTRY = Symbol.for('opentelemetry.js.api.1')

function isRegistered(scope: object): boolean {
  const registry = (scope as Record<symbol, unknown>)[REGISTRY]
  return typeof registry === 'object' && registry !== null && 'trace' in registry && registry.trace !== undefined
}

function createTracing({ trace, ROOT_CONTEXT, SpanKind, SpanStatusCode, createTraceState }: Api): Tracing {
  const tracer = trace.getTracer('cloakroom')
  const spans = new WeakMap<RequestHead, Span>()
  /** By the request's id, which goes with it to the API. */
  const contexts = new Map<string, Context>()

  function parentOf({ trace: given }: RequestHead): Context {
    if (!given) return ROOT_CONTEXT
    const [, traceId = '', spanId = '', flags = ''] = given.parent.split('-')
    const traceState = given.state === null ? {} : { traceState: createTraceState(given.state) }
    return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true, ...traceState })
  }

  return {
    gateway: (inner) => ({
      judge: (head) => inner.judge(head),
      async handle(head, body, departure): Promise<Answer> {
        const parent = parentOf(head)
        // No path: it may hold what is personal. The route says which line of `allow` it met.
        const attributes = { 'http.request.method': head.method, 'url.scheme': head.scheme, 'cloakroom.request': head.id }
        const span = tracer.startSpan(head.method, { kind: SpanKind.SERVER, attributes }, parent)
        spans.set(head, span)
        contexts.set(head.id, trace.setSpan(parent, span))
        try {
          return await inner.handle(head, body, departure)
        } finally {
          contexts.delete(head.id)
          span.end()
        }
      },
    }),
    access({ head, route, status, code }: AccessLine) {
      const span = spans.get(head)
      if (span === undefined) return
      if (route !== null) span.updateName(route).setAttribute('http.route', route)
      span.setAttribute('http.response.status_code', status)
      if (code !== null) span.setAttribute('error.type', code)
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
    },
    failure: () => undefined,
    forward: (inner) => ({
      async send(request, body, api, departure) {
        const parent = contexts.get(request.headers.find(([name]) => name === 'x-request-id')?.[1] ?? '')
        if (parent === undefined) return await inner.send(request, body, api, departure)
        const attributes = {
          'http.request.method': request.method,
          'server.address': new URL(request.origin).hostname,
          'cloakroom.api': api.name,
        }
        const span = tracer.startSpan(`${request.method} ${api.name}`, { kind: SpanKind.CLIENT, attributes }, parent)
        try {
          const answer = await inner.send(withParent(request, span), body, api, departure)
          span.setAttribute('http.response.status_code', answer.status)
          if (answer.status >= 400) span.setStatus({ code: SpanStatusCode.ERROR })
          return answer
        } catch (cause) {
          span.setAttribute('error.type', cause instanceof GateError ? cause.code : 'internal').setStatus({ code: SpanStatusCode.ERROR })
          throw cause
        } finally {
          span.end()
        }
      },
    }),
  }
}

/** The API's own spans hang on this one. */
function withParent(request: OutboundHead, span: Span): OutboundHead {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext()
  const parent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
  const others = request.headers.filter(([name]) => name !== 'traceparent' && name !== 'tracestate')
  return { ...request, headers: [...others, ...traceFields({ parent, state: traceState?.serialize() ?? null })] }
}
