import type { RequestHead } from './head.ts'
import { isFieldName, only } from './headers.ts'

/** The method under which a WebSocket handshake is judged: `WS` in an API's `allow`. No HTTP request can carry it, so no other line admits one. */
export const WS = 'WS'

export type Handshake =
  | { readonly kind: 'websocket'; readonly key: string; readonly protocols: readonly string[] }
  /** `upgrade_version`: it would be one in version 13 of the protocol. */
  | { readonly kind: 'refused'; readonly code: 'bad_request' | 'upgrade_version' }

/** 16 bytes in base64: the last digit holds four bits that are zero. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/
const MOST_PROTOCOLS = 32

/**
 * Reads a request that asks for another protocol. Only the opening handshake of RFC 6455 §4.2.1 is taken, each field once; h2c, TLS and
 * all else are refused rather than ignored, since what follows such a request is in a protocol that nobody judged. `version` is HTTP's.
 */
export function readHandshake(head: RequestHead, version: string): Handshake {
  const { method, headers } = head
  if (method !== 'GET' || version !== '1.1' || headers.get('expect') !== null) return UNREADABLE
  const upgrade = only(headers, 'upgrade')
  if (upgrade.kind !== 'one' || upgrade.value.toLowerCase() !== 'websocket') return UNREADABLE
  if (!listOf(headers.get('connection') ?? '').some((option) => option.toLowerCase() === 'upgrade')) return UNREADABLE
  const wanted = only(headers, 'sec-websocket-version')
  if (wanted.kind !== 'one') return UNREADABLE
  if (wanted.value !== '13') return { kind: 'refused', code: 'upgrade_version' }
  const key = only(headers, 'sec-websocket-key')
  if (key.kind !== 'one' || !KEY.test(key.value)) return UNREADABLE
  const offered = headers.get('sec-websocket-protocol')
  const protocols = offered === null ? [] : listOf(offered)
  const usable = protocols.every(isFieldName) && new Set(protocols).size === protocols.length && protocols.length <= MOST_PROTOCOLS
  return usable ? { kind: 'websocket', key: key.value, protocols } : UNREADABLE
}

/** The fields of an answer that switches to the protocol that was asked for, and to nothing beyond it. `accept` is what the key demands. */
export interface Switch {
  readonly upgrade: string | null
  readonly connection: string | null
  readonly accept: string | null
  readonly protocol: string | null
  readonly extensions: string | null
}

/** RFC 6455 §4.1, the client's duties: everything else is no answer to this handshake. */
export function isSwitch(answer: Switch, accept: string, protocols: readonly string[]): boolean {
  return (
    answer.upgrade?.toLowerCase() === 'websocket' &&
    listOf(answer.connection ?? '').some((option) => option.toLowerCase() === 'upgrade') &&
    answer.accept === accept &&
    (answer.protocol === null || protocols.includes(answer.protocol)) &&
    // None was offered: compressed frames could not be searched for the secret.
    answer.extensions === null
  )
}

const UNREADABLE: Handshake = { kind: 'refused', code: 'bad_request' }

function listOf(value: string): readonly string[] {
  return value.split(',').map((part) => part.trim())
}
