import type { IncomingMessage } from 'node:http'
import { splitTarget, type FieldLine, type RequestMessage } from '../message/message.ts'

/** Reads Node's request as the signature sees it; from the raw lines, since `headers` has dropped or joined some. Null when it is no origin-form request. */
export function messageOf(request: IncomingMessage): RequestMessage | null {
  const fields = rawFields(request.rawHeaders)
  // Frameworks cut `url` down to the mount point and keep the whole in `originalUrl`; what was signed is the whole.
  const whole = 'originalUrl' in request && typeof request.originalUrl === 'string' ? request.originalUrl : request.url
  const target = splitTarget(whole ?? '')
  const authority = request.headers.host ?? request.headers[':authority']
  if (target === null || typeof authority !== 'string' || request.method === undefined) return null
  const encrypted = 'encrypted' in request.socket && request.socket.encrypted === true
  return { kind: 'request', method: request.method, scheme: encrypted ? 'https' : null, authority, ...target, fields }
}

// HTTP/2 pseudo-headers are control data, not fields (RFC 9113 §8.3).
function rawFields(raw: readonly string[]): readonly FieldLine[] {
  const lines: FieldLine[] = []
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? ''
    if (!name.startsWith(':')) lines.push([name, raw[index + 1] ?? ''])
  }
  return lines
}
