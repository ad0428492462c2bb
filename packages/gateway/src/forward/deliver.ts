import { Agent } from 'undici'
import type { Post, Posted } from '../audit/sinks/sink.ts'
import { place } from '../decide/credential.ts'
import type { OutboundHead } from '../decide/outbound.ts'
import type { Clock } from '../lib/clock.ts'
import type { VaultPart } from '../parts.ts'
import { wireFields, wireTarget } from './wire.ts'

export interface DeliverOptions {
  /** https, or this machine. */
  readonly url: string
  /** Put on the request as it was stored; sealed for the URL's origin. */
  readonly credential: string | null
  readonly vault: VaultPart
  readonly clock: Clock
}

const CONNECT_MS = 5000
const ANSWER_MS = 10_000
const MOST_ANSWER = 16_384

/** POSTs of JSON to one place of the owner's, over one verified connection, following no redirect. */
export function createDeliver({ url, credential, vault, clock }: DeliverOptions): { readonly post: Post; close(): void } {
  const { origin, pathname, search } = new URL(url)
  const agent = new Agent({ connect: { timeout: CONNECT_MS }, connections: 1, headersTimeout: ANSWER_MS, bodyTimeout: ANSWER_MS })

  async function send(head: OutboundHead, body: string): Promise<Posted> {
    const content = Buffer.from(body)
    const { statusCode, body: answer } = await agent.request({
      origin,
      path: wireTarget(head),
      method: 'POST',
      headers: wireFields(head, content.length),
      body: content,
    })
    const pieces: Buffer[] = []
    let length = 0
    for await (const piece of answer as AsyncIterable<Buffer>) {
      length += piece.length
      if (length > MOST_ANSWER) break
      pieces.push(piece)
    }
    return { status: statusCode, text: Buffer.concat(pieces).toString('utf8') }
  }

  return {
    async post(body, headers) {
      const fields = [['content-type', 'application/json'], ['user-agent', 'cloakroom'], ...headers] as const
      const bare: OutboundHead = { method: 'POST', origin, path: pathname, query: search.slice(1), headers: fields }
      if (credential === null) return await send(bare, body)
      const opened = await vault.open(credential, origin, clock())
      try {
        return await send(place(bare, opened.placement, opened.secret), body)
      } finally {
        opened.release()
      }
    },
    close: () => void agent.destroy().catch(() => undefined),
  }
}
