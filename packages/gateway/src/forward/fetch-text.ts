import { Agent } from 'undici'
import type { FetchText } from '../session/jwks.ts'

const WAIT_MS = 3000
const MOST_BYTES = 262_144

/** GETs a small public document over verified TLS, following no redirect: the address is the owner's, and nobody else chooses another. */
export function createFetchText(): FetchText {
  const agent = new Agent({
    connect: { timeout: WAIT_MS },
    connections: 2,
    headersTimeout: WAIT_MS,
    bodyTimeout: WAIT_MS,
    keepAliveTimeout: 1000,
  })
  return async (url) => {
    const { origin, pathname, search } = new URL(url)
    const { statusCode, body } = await agent.request({
      origin,
      path: pathname + search,
      method: 'GET',
      headers: { accept: 'application/json' },
    })
    const pieces: Buffer[] = []
    let length = 0
    for await (const piece of body as AsyncIterable<Buffer>) {
      length += piece.length
      if (length > MOST_BYTES) throw new Error('the document is too large')
      pieces.push(piece)
    }
    if (statusCode !== 200) throw new Error(`answered ${statusCode}`)
    return Buffer.concat(pieces).toString('utf8')
  }
}
