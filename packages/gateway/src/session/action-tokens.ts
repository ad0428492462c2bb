import { createHmac, hash, type KeyObject, timingSafeEqual } from 'node:crypto'
import { ACTION_FIELD, type ActionProof, actionSubject, callOf } from '../decide/action.ts'
import { counterKey } from '../decide/counters.ts'
import type { Instant, RequestHead } from '../decide/head.ts'
import { only } from '../decide/headers.ts'
import type { ApiRoute } from '../decide/route.ts'
import type { Visitor } from '../decide/session.ts'
import type { Random } from '../lib/random.ts'
import type { ActionTokensPart } from '../parts.ts'
import { ask } from '../store/ask.ts'
import type { NonceStore } from '../store/store.ts'

export interface ActionTokenOptions {
  readonly key: KeyObject
  readonly random: Random
  readonly nonces: Pick<NonceStore, 'spend'>
  /** A token for repeated use is good for one to two of these. */
  readonly tickMs: () => number
}

export interface ActionTokens extends ActionTokensPart {
  /** Null for a visitor who has neither session nor visit. `bodyHash` is the SHA-256 of the body to come, base64url. */
  mint(wanted: ActionCall, visitor: Visitor, at: Instant): Minted | null
}

export interface ActionCall extends Pick<RequestHead, 'method' | 'path' | 'query'> {
  readonly route: ApiRoute
  readonly bodyHash: string
}

export interface Minted {
  readonly value: string
  readonly expiresAt: Instant
}

/** REV-06: at most five minutes; a person who thinks longer gets a fresh one with his click. */
export const ONCE_MS = 300_000

/**
 * Proof that a call was meant, for the lines of `allow` that want one. Nothing is stored until a one-time token is spent:
 *   `s.MAC`                          repeated use: HMAC-SHA-256 over tick, session and line
 *   `o.ID.END.BODYHASH.MAC`          once: over its number, its end, session, line, the call to the letter and the body's hash
 */
export function createActionTokens({ key, random, nonces, tickMs }: ActionTokenOptions): ActionTokens {
  const mac = (...parts: readonly string[]): string =>
    createHmac('sha256', key)
      .update(counterKey(...parts))
      .digest('base64url')
  const repeated = (tick: number, subject: string, route: ApiRoute): string => `s.${mac('session', String(tick), subject, route.id)}`
  const tickOf = (at: Instant): number => Math.floor(at / tickMs())

  function once(id: string, end: string, bodyHash: string, subject: string, route: ApiRoute, call: string): string {
    return `o.${id}.${end}.${bodyHash}.${mac('once', id, end, bodyHash, subject, route.id, call)}`
  }

  function refresh(route: ApiRoute, visitor: Visitor, at: Instant): string | null {
    const subject = actionSubject(visitor)
    return subject === null || route.actionToken !== 'session' ? null : repeated(tickOf(at), subject, route)
  }

  return {
    refresh,
    mint({ route, bodyHash, ...call }, visitor, at) {
      const subject = actionSubject(visitor)
      if (subject === null) return null
      if (route.actionToken !== 'once') return { value: repeated(tickOf(at), subject, route), expiresAt: (tickOf(at) + 2) * tickMs() }
      const end = at + ONCE_MS
      return { value: once(random(16).toString('base64url'), String(end), bodyHash, subject, route, callOf(call)), expiresAt: end }
    },
    prove(head, route, visitor): ActionProof {
      if (route.actionToken === 'none' || visitor.kind === 'machine' || visitor.kind === 'bearer') return 'not-needed'
      const field = only(head.headers, ACTION_FIELD)
      const subject = actionSubject(visitor)
      if (field.kind === 'absent') return 'missing'
      if (field.kind === 'many' || subject === null) return 'refused'
      if (route.actionToken === 'session') {
        const tick = tickOf(head.at)
        return [tick, tick - 1].some((each) => isSame(field.value, repeated(each, subject, route))) ? 'good' : 'refused'
      }
      const parts = readOnce(field.value)
      if (parts === null || head.at >= Number(parts.end)) return 'refused'
      return isSame(field.value, once(parts.id, parts.end, parts.bodyHash, subject, route, callOf(head))) ? 'good' : 'refused'
    },
    async spend(head, body) {
      const parts = readOnce(head.headers.get(ACTION_FIELD) ?? '')
      // The body first: a token that was sent with another body is not used up by that.
      if (parts === null || !isSame(parts.bodyHash, hash('sha256', body, 'base64url'))) return 'action_token_refused'
      return (await ask(() => nonces.spend('action', parts.id, Number(parts.end)))) ? null : 'action_token_spent'
    },
  }
}

function readOnce(value: string): { readonly id: string; readonly end: string; readonly bodyHash: string } | null {
  const [, id, end, bodyHash] = /^o\.([\w-]{22})\.(\d{13,15})\.([\w-]{43})\.[\w-]{43}$/.exec(value) ?? []
  return id === undefined || end === undefined || bodyHash === undefined ? null : { id, end, bodyHash }
}

function isSame(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)]
  return left.length === right.length && timingSafeEqual(left, right)
}
