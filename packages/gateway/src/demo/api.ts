import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CATALOGUE, type Product } from './catalogue.ts'

interface Order {
  readonly number: number
  readonly product: string
  readonly name: string
  readonly grams: number
  readonly price: number
}

export interface DemoApi {
  readonly origin: string
  /** Requests that came with the right key, and those that did not. */
  readonly seen: { admitted: number; refused: number }
  close(): Promise<void>
}

/** A small shop's API on a free port of this machine. Whoever does not show the key gets 401, whatever he asks. */
export async function startDemoApi(key: string): Promise<DemoApi> {
  const orders: Order[] = []
  const seen = { admitted: 0, refused: 0 }
  const server = createServer((request, response) => {
    if (!holdsKey(request.headers.authorization, key)) {
      seen.refused += 1
      json(response, 401, { error: 'This API needs its key: Authorization: Bearer …' })
      return
    }
    seen.admitted += 1
    answer(request, response, orders).catch(() => json(response, 400, { error: 'The body is not an order.' }))
  })
  const port = await listening(server)
  return {
    origin: `http://127.0.0.1:${port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

function holdsKey(field: string | undefined, key: string): boolean {
  const shown = Buffer.from(field ?? '')
  const expected = Buffer.from(`Bearer ${key}`)
  return shown.length === expected.length && timingSafeEqual(shown, expected)
}

async function answer(request: IncomingMessage, response: ServerResponse, orders: Order[]): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://api.localhost')
  if (request.method === 'GET' && url.pathname === '/v1/products') json(response, 200, { products: search(url.searchParams) })
  else if (request.method === 'GET' && url.pathname === '/v1/orders') json(response, 200, { orders })
  else if (request.method === 'POST' && url.pathname === '/v1/orders') {
    const order = readOrder(JSON.parse(await text(request)), orders.length + 1)
    if (order === null) throw new Error('not an order')
    orders.push(order)
    json(response, 201, order)
  } else json(response, 404, { error: 'There is no such thing.' })
}

function search(query: URLSearchParams): readonly Product[] {
  const kind = query.get('kind')
  const words = (query.get('q') ?? '').toLowerCase()
  const found = CATALOGUE.filter(
    (product) =>
      (kind === null || product.kind === kind) && `${product.name} ${product.origin} ${product.note}`.toLowerCase().includes(words),
  )
  switch (query.get('sort')) {
    case 'price':
      return found.toSorted((one, other) => one.price - other.price)
    case 'stock':
      return found.toSorted((one, other) => other.stock - one.stock)
    default:
      return found.toSorted((one, other) => one.name.localeCompare(other.name))
  }
}

function readOrder(sent: unknown, number: number): Order | null {
  if (typeof sent !== 'object' || sent === null) return null
  const { product: id, grams } = sent as { product?: unknown; grams?: unknown }
  const product = CATALOGUE.find((candidate) => candidate.id === id)
  if (product === undefined || typeof grams !== 'number' || !Number.isInteger(grams) || grams < 50 || grams > 1000) return null
  return { number, product: product.id, name: product.name, grams, price: Math.round((product.price * grams) / 100) }
}

const MAX_BODY = 10_000

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk)
    length += bytes.length
    if (length > MAX_BODY) throw new Error('too long')
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function json(response: ServerResponse, status: number, content: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
  response.end(JSON.stringify(content))
}
