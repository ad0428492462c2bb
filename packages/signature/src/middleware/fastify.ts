import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { refusalAnswer } from '../policy/refusal.ts'
import { discardContent } from './node-content.ts'
import { nodeJudge, type NodeOptions } from './node-request.ts'

export type { NodeOptions } from './node-request.ts'
export { signedOf } from './signed.ts'

/** What is used of Fastify's reply. */
export interface FastifyReplyLike {
  code(status: number): unknown
  header(name: string, value: string): unknown
  send(payload: unknown): unknown
}

/** A Fastify `preParsing` hook: `fastify.addHook('preParsing', requireSignature(options))`, on the server or on one plugin's routes. */
export function requireSignature(
  options: NodeOptions,
): (request: { readonly raw: IncomingMessage }, reply: FastifyReplyLike, payload: NodeJS.ReadableStream) => Promise<unknown> {
  const judge = nodeJudge(options)
  return async (request, reply, payload) => {
    const verdict = await judge(request.raw)
    // A stream that has ended already would leave Fastify's parser waiting.
    if (verdict.verdict === 'accepted') return request.raw.readableEnded ? Readable.from([]) : payload
    await discardContent(request.raw)
    const { status, fields, body } = refusalAnswer(verdict.refusal.reason)
    if (request.raw.httpVersionMajor === 1) reply.header('connection', 'close')
    for (const [name, value] of fields) reply.header(name, value)
    reply.code(status)
    // Awaiting the reply is what tells Fastify that it is over; the route does not run.
    // As bytes: to a text Fastify would add a charset.
    reply.send(Buffer.from(body))
    return reply
  }
}
