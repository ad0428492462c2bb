import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto'
import { GRANT_COOKIE, readCookie } from '../decide/cookies.ts'
import type { Instant, RequestHead } from '../decide/head.ts'
import type { SessionId } from '../decide/session.ts'
import type { Random } from '../lib/random.ts'
import { ask } from '../store/ask.ts'
import type { Grant, GrantStore } from '../store/provider-stores.ts'
import { writeCookie } from './cookie.ts'
import { createSealer, type Sealer } from './sealed.ts'

/** What a provider gave for one sign-in. */
export interface GrantContent {
  readonly refreshToken: string | null
  readonly idToken: string | null
  /** By what they are for; see `targetKey` in account/oidc/access.ts. */
  readonly access: Readonly<Record<string, AccessToken>>
}

export interface AccessToken {
  readonly value: string
  readonly type: 'bearer' | 'dpop'
  /** A little before its end. */
  readonly renewAt: Instant
  readonly expiresAt: Instant
}

/** A grant that was opened with the visitor's half of the key. */
export interface OpenGrant {
  readonly row: Grant
  readonly content: GrantContent
  /** Another content under the same key. */
  seal(content: GrantContent): string
}

export interface GrantsParts {
  readonly store: GrantStore
  /** The gateway's half. */
  readonly key: KeyObject
  readonly random: Random
}

/**
 * Provider tokens, sealed under a key that is made of the gateway's half and of one that is only in the visitor's cookie. Who has the
 * store and the vault's key opens nothing; nor does who has a cookie. The only user of GrantStore. Throws GateError `store_unavailable`.
 */
export interface Grants {
  /** The Set-Cookie line with the visitor's half. */
  start(fresh: Omit<Grant, 'id' | 'sealed' | 'version'>, content: GrantContent): Promise<string>
  /** Null when this browser has none for this session. */
  open(head: RequestHead, session: SessionId): Promise<OpenGrant | null>
  find(id: string): Promise<Grant | null>
  lease(grant: Grant, owner: string, at: Instant, until: Instant): Promise<boolean>
  replace(grant: Grant, owner: string, sealed: string): Promise<boolean>
  letGo(grant: Grant, owner: string): Promise<void>
  remove(grant: Grant): Promise<boolean>
  follow(from: SessionId, to: SessionId): Promise<void>
  sessionsOf(issuer: string, subject: string | null, sid: string | null): Promise<readonly SessionId[]>
}

export function createGrants({ store, key, random }: GrantsParts): Grants {
  function sealerFor(cookie: string, { id, provider, issuer, subject }: Omit<Grant, 'sealed' | 'version'>): Sealer {
    const whole = createHmac('sha256', key).update(`cloakroom grant ${cookie}`).digest()
    // The row's facts are bound: what was sealed for one person opens in nobody else's row.
    const purpose = `grant ${JSON.stringify([id, provider, issuer, subject])}`
    return createSealer({ key: createSecretKey(whole), random, purpose, longest: LONGEST })
  }

  function openWith(cookie: string, row: Grant, at: Instant): OpenGrant | null {
    const sealer = sealerFor(cookie, row)
    const text = sealer.open(row.sealed, at)
    if (text === null) return null
    return { row, content: JSON.parse(text) as GrantContent, seal: (content) => sealer.seal(JSON.stringify(content), row.expiresAt) }
  }

  return {
    async start(fresh, content) {
      const cookie = random(32).toString('base64url')
      const row = { ...fresh, id: grantIdOf(cookie), version: 0 }
      const sealed = sealerFor(cookie, row).seal(JSON.stringify(content), row.expiresAt)
      await ask(() => store.insert({ ...row, sealed }))
      return writeCookie({ name: GRANT_COOKIE, value: cookie, maxAgeMs: null })
    },
    async open(head, session) {
      const cookie = readCookie(head.headers, GRANT_COOKIE)
      if (cookie.kind !== 'one' || !/^[A-Za-z0-9_-]{43}$/.test(cookie.value)) return null
      const row = await ask(() => store.find(grantIdOf(cookie.value)))
      return row === null || row.session !== session ? null : openWith(cookie.value, row, head.at)
    },
    find: (id) => ask(() => store.find(id)),
    lease: ({ id, version }, owner, at, until) => ask(() => store.lease(id, version, owner, at, until)),
    replace: ({ id }, owner, sealed) => ask(() => store.replace(id, owner, sealed)),
    letGo: ({ id }, owner) => ask(() => store.letGo(id, owner)),
    remove: ({ id }) => ask(() => store.remove(id)),
    follow: (from, to) => ask(() => store.follow(from, to)),
    sessionsOf: (issuer, subject, sid) => ask(() => store.sessionsOf(issuer, subject, sid)),
  }
}

function grantIdOf(cookie: string): string {
  return hash('sha256', cookie, 'base64url')
}

/** Characters. An ID token with the groups of a large company has tens of thousands. */
const LONGEST = 1_000_000
