import { createRequire } from 'node:module'
import type { IncomingMessage, RequestListener } from 'node:http'
import Fastify from 'fastify'
import { Hono } from 'hono'
import type { Refusal, SignedRequest, VerifierOptions } from '../src/index.ts'
import * as express from '../src/middleware/express.ts'
import * as fastify from '../src/middleware/fastify.ts'
import * as fetchHandler from '../src/middleware/fetch.ts'
import * as hono from '../src/middleware/hono.ts'
import * as node from '../src/middleware/node.ts'
import { optionalModule } from './optional.ts'
import { listenWith, send, text, type Answer, type Listening } from './servers.ts'
import type { FieldLine } from '../src/index.ts'

type Middleware = Omit<VerifierOptions, 'authority'> & { readonly dropAlso?: readonly string[] }

/** One small API behind the middleware of one framework; it echoes what its own code sees. */
export interface RunningApp {
  readonly authority: string
  /** How often the handler behind the middleware was reached. */
  readonly reached: () => number
  readonly call: (
    method: string,
    path: string,
    fields: readonly FieldLine[],
    content: Uint8Array | null,
    pieces?: number,
  ) => Promise<Answer>
  readonly close: () => Promise<void>
}

export interface AppKind {
  readonly name: string
  /** Real sockets; the fetch kinds get `Request` objects. */
  readonly wire: boolean
  readonly start: (options: Middleware) => Promise<RunningApp>
}

export interface Echo {
  readonly text: string
  readonly fields: Readonly<Record<string, string>>
  readonly rawNames: readonly string[]
  readonly distinct: readonly string[]
  readonly trailers: Readonly<Record<string, string>>
  readonly account: string | null
}

function nodeEcho(request: IncomingMessage, content: string): string {
  const rawNames = request.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase())
  const { headers: fields, trailers } = request
  const account = node.signedOf(request)?.context?.account ?? null
  const seen: Echo = {
    text: content,
    fields: fields as Echo['fields'],
    rawNames,
    distinct: Object.keys(request.headersDistinct),
    trailers: { ...trailers, ...Object.fromEntries(request.rawTrailers.map((text) => [text, 'raw'])) } as Echo['trailers'],
    account,
  }
  return JSON.stringify(seen)
}

function onWire(listening: Listening, reached: () => number, close = () => listening.close()): RunningApp {
  return {
    authority: listening.authority,
    reached,
    call: (method, path, fields, content, pieces) => send(listening.port, method, path, fields, content, pieces ?? null),
    close,
  }
}

// The authority holds the port, which is known only once the server listens; so the handler is made afterwards.
async function behind(make: (authority: string) => RequestListener | Promise<RequestListener>, reached: () => number): Promise<RunningApp> {
  let handler: RequestListener | null = null
  const listening = await listenWith((request, response) => handler?.(request, response))
  handler = await make(listening.authority)
  return onWire(listening, reached)
}

const nodeApp: AppKind = {
  name: 'node:http',
  wire: true,
  start(options) {
    let reached = 0
    const make = (authority: string) =>
      node.requireSignature({ ...options, authority }, (request, response) => {
        reached += 1
        void text(request).then((content) => response.end(nodeEcho(request, content)))
      })
    return behind(make, () => reached)
  },
}

interface ExpressLike {
  (): RequestListener & {
    use(path: string, ...handlers: unknown[]): void
    all(path: string, handler: (request: IncomingMessage & { body?: unknown }, response: { end(text: string): void }) => void): void
  }
  raw(options: object): unknown
}
const expressModule = optionalModule('express', () => createRequire(import.meta.url)('express')) as ExpressLike | null

const expressApp = (module: ExpressLike): AppKind => ({
  name: 'express',
  wire: true,
  start(options) {
    let reached = 0
    const make = (authority: string) => {
      const app = module()
      app.use('/v1', express.requireSignature({ ...options, authority }), module.raw({ type: () => true, limit: '2mb' }))
      app.all('/v1/{*rest}', (request, response) => {
        reached += 1
        response.end(nodeEcho(request, Buffer.isBuffer(request.body) ? request.body.toString('utf8') : ''))
      })
      return app
    }
    return behind(make, () => reached)
  },
})

const fastifyApp: AppKind = {
  name: 'fastify',
  wire: true,
  async start(options) {
    let reached = 0
    const reservation = await listenWith(() => undefined)
    await reservation.close()
    const app = Fastify({ bodyLimit: 2_097_152 })
    app.addHook('preParsing', fastify.requireSignature({ ...options, authority: reservation.authority }))
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
    app.all('/*', (request, reply) => {
      reached += 1
      return reply.send(nodeEcho(request.raw, typeof request.body === 'string' ? request.body : ''))
    })
    await app.listen({ port: reservation.port, host: '127.0.0.1' })
    return onWire(
      reservation,
      () => reached,
      () => app.close(),
    )
  },
}

function inProcess(answer: (request: Request) => Response | Promise<Response>, reached: () => number): RunningApp {
  const authority = 'api.example.test'
  return {
    authority,
    reached,
    close: () => Promise.resolve(),
    async call(method, path, fields, content) {
      const body = content === null || method === 'GET' ? null : new Uint8Array(content)
      const headers = fields.map(([name, value]): [string, string] => [name, value])
      const init = body === null ? { method, headers } : { method, headers, body }
      const response = await answer(new Request(`https://${authority}${path}`, init))
      return { status: response.status, fields: Object.fromEntries(response.headers), body: await response.text() }
    },
  }
}

async function fetchEcho(request: Request, signed: SignedRequest | null): Promise<Response> {
  const names = [...request.headers].map(([name]) => name)
  const account = signed?.context?.account ?? null
  const seen: Echo = {
    text: await request.text(),
    fields: Object.fromEntries(request.headers),
    rawNames: names,
    distinct: names,
    trailers: {},
    account,
  }
  return new Response(JSON.stringify(seen))
}

const fetchApp: AppKind = {
  name: 'fetch handler',
  wire: false,
  start(options) {
    let reached = 0
    const handler = fetchHandler.requireSignature({ ...options, authority: 'api.example.test' }, (request, signed) => {
      reached += 1
      return fetchEcho(request, signed)
    })
    return Promise.resolve(inProcess(handler, () => reached))
  },
}

const honoApp: AppKind = {
  name: 'hono',
  wire: false,
  start(options) {
    let reached = 0
    const app = new Hono()
    app.use('/v1/*', hono.requireSignature({ ...options, authority: 'api.example.test' }))
    app.all('/v1/*', (context) => {
      reached += 1
      return fetchEcho(context.req.raw, hono.signedOf(context.req.raw))
    })
    return Promise.resolve(
      inProcess(
        (request) => app.fetch(request),
        () => reached,
      ),
    )
  },
}

export const APPS: readonly AppKind[] = [
  nodeApp,
  ...(expressModule === null ? [] : [expressApp(expressModule)]),
  fastifyApp,
  honoApp,
  fetchApp,
]

export function collectReasons(): { readonly reasons: string[]; readonly report: (refusal: Refusal) => void } {
  const reasons: string[] = []
  return { reasons, report: ({ reason }) => void reasons.push(reason) }
}
