import { Readable } from 'node:stream'
import type { BodySource } from '../answer.ts'
import type { HeaderField } from '../decide/headers.ts'
import type { Api } from '../decide/policy.ts'
import { GateError } from '../errors.ts'
import { bufferOf, readCertifiedKey } from '../lib/certified-key.ts'
import type { ClientIdentity } from './client-identity.ts'
import type { Forward, Identities } from './forward.ts'

/** What is asked of an authorization server. */
interface Asked {
  readonly endpoint: string
  readonly privateNetwork: boolean
  readonly headers: readonly HeaderField[]
  readonly body: string
  /** PEM: a further authority that may vouch for the server. */
  readonly ca: string | null
  /** Shown to it: certificate and private key, one PEM text; the caller's to zero. */
  readonly certificate: Uint8Array | null
}

interface Said {
  readonly status: number
  readonly text: string
}

/**
 * One POST to an authorization server on the way that requests to APIs take: verified TLS, no redirect followed, names that lead inside
 * refused, few seconds, few bytes. Rejects with GateError.
 */
export function createExchange(forward: Pick<Forward, 'trusting'>): (asked: Asked) => Promise<Said> {
  return async ({ endpoint, privateNetwork, headers, body, ca, certificate }) => {
    const url = new URL(endpoint)
    const bytes = Buffer.from(body)
    const request = {
      method: 'POST',
      origin: url.origin,
      path: url.pathname,
      query: url.search.slice(1),
      headers: [...headers, ['user-agent', 'cloakroom'], ['accept-encoding', 'identity']] as const,
    }
    const api = asApi(url.origin, privateNetwork)
    const authorities = new Map(ca === null ? [] : [[url.origin, ca] as const])
    const identities: Identities = new Map(certificate === null ? [] : [[api.name, () => identityOf(certificate)] as const])
    const line = forward.trusting(authorities, identities)
    const answer = await line.send(request, { stream: Readable.from([bytes]), length: bytes.length }, api)
    return { status: answer.status, text: await textOf(answer.body) }
  }
}

function identityOf(certificate: Uint8Array): ClientIdentity {
  const read = readCertifiedKey(certificate)
  if (read === null) throw new GateError('credential_unavailable', 'the client certificate cannot be used')
  const pem = bufferOf(certificate)
  return { id: read.id, from: null, use: (make) => make({ cert: pem, key: pem }) }
}

/** An API of nobody's, for its limits. */
function asApi(upstreamOrigin: string, privateNetwork: boolean): Api {
  return {
    name: `authorization server ${upstreamOrigin}`,
    prefix: '/',
    upstreamOrigin,
    upstreamPath: '',
    credential: null,
    visitorToken: null,
    sign: null,
    assertion: null,
    carry: [],
    cookies: [],
    linksTo: [],
    destinations: [],
    access: { kind: 'login' },
    onLeak: 'withhold',
    deleteBody: false,
    privateNetwork,
    activeContent: false,
    limits: {
      requestBytes: MOST_BYTES,
      responseBytes: MOST_BYTES,
      connectMs: 3000,
      headMs: 8000,
      idleMs: 3000,
      connections: 4,
      messageBytes: MOST_BYTES,
    },
  }
}

const MOST_BYTES = 65_536

function textOf(body: BodySource): Promise<string> {
  return new Promise((resolve, reject) => {
    const pieces: Uint8Array[] = []
    body.start({
      chunk(bytes) {
        pieces.push(Uint8Array.from(bytes))
        return true
      },
      end: () => resolve(Buffer.concat(pieces).toString('utf8')),
      fail: (cause) => reject(cause instanceof GateError ? cause : new GateError('upstream_invalid', 'the answer broke off', { cause })),
    })
  })
}
