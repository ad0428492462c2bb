import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Jwk, publicPart } from '../jose/keys.ts'

/** A listener on this machine that serves the attacker's keys, and remembers which paths were asked for. */
export type Canary = { readonly url: string; readonly visited: ReadonlySet<string>; close(): Promise<void> }

/** Starts a canary on 127.0.0.1 and a free port. */
export async function startCanary(attackerKey: Jwk): Promise<Canary> {
  const visited = new Set<string>()
  const body = JSON.stringify({ keys: [{ ...publicPart(attackerKey), kid: 'attacker', alg: 'ES256', use: 'sig' }] })
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
    visited.add(path)
    if (path === '/redirect') return response.writeHead(302, { location: '/jku' }).end()
    return response.writeHead(200, { 'content-type': 'application/json' }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    visited,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
