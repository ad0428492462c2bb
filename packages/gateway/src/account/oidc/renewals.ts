import type { Instant } from '../../decide/head.ts'
import { GateError } from '../../errors.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Later } from '../../lib/later.ts'
import type { Random } from '../../lib/random.ts'
import type { AccessToken, Grants, OpenGrant } from '../../session/grants.ts'
import { accessOf, targetKey } from './access.ts'
import type { OidcProvider } from './provider.ts'
import type { Target } from './renew.ts'

export interface RenewalWish {
  /** As the asker sees it. */
  readonly opened: OpenGrant
  readonly provider: OidcProvider
  readonly target: Target
  readonly at: Instant
  /** As it is now; null when it is gone. */
  readonly reopen: () => Promise<OpenGrant | null>
}

export type RenewalOutcome =
  | { readonly kind: 'access'; readonly access: AccessToken; readonly opened: OpenGrant }
  /** The provider, or whoever renews elsewhere, did not answer: nobody knows. */
  | { readonly kind: 'unavailable'; readonly cause: GateError }
  /** There is nothing more to have. The grant is removed. */
  | { readonly kind: 'ended'; readonly why: string }

/** Renews tokens, each once, whoever asks, in this process and in others on the same store. Throws GateError `store_unavailable`. */
export interface Renewals {
  renew(wish: RenewalWish): Promise<RenewalOutcome>
}

export interface RenewalsParts {
  readonly grants: Grants
  readonly clock: Clock
  readonly later: Later
  readonly random: Random
}

/**
 * A refresh token is good for one use: of two who use it the second looks like a thief, and the provider ends the sign-in. So a renewal is
 * a lease in the store, longer than the provider may take to answer; whoever does not get it waits for the result of the one who has it.
 */
export function createRenewals({ grants, clock, later, random }: RenewalsParts): Renewals {
  const flights = new Map<string, Promise<RenewalOutcome>>()
  const paused = new Map<string, { readonly until: Instant; readonly cause: GateError }>()

  async function fly(wish: RenewalWish): Promise<RenewalOutcome> {
    const { target, provider } = wish
    const owner = random(16).toString('base64url')
    const began = clock()
    let opened: OpenGrant | null = wish.opened
    // Each round waits, so the rounds are bounded as the time is.
    for (let round = 0; round <= WAIT_MS / STEP_MS; round++) {
      if (opened === null) return { kind: 'ended', why: 'gone' }
      const held = opened.content.access[targetKey(target)]
      if (round > 0 && held !== undefined && clock() < held.renewAt) return { kind: 'access', access: held, opened }
      if (await grants.lease(opened.row, owner, clock(), clock() + LEASE_MS)) return await renewLeased(opened, provider, target, owner)
      await pause(STEP_MS)
      opened = await wish.reopen()
      if (clock() - began > WAIT_MS) break
    }
    return {
      kind: 'unavailable',
      cause: new GateError('provider_unavailable', 'another process renews, and does not end', { retryAfterMs: 1000 }),
    }
  }

  async function renewLeased(opened: OpenGrant, provider: OidcProvider, target: Target, owner: string): Promise<RenewalOutcome> {
    const { row, content } = opened
    const { refreshToken } = content
    if (refreshToken === null) return await over(opened, 'no_refresh_token')
    try {
      const renewal = await provider.renew(refreshToken, row.subject, target, clock())
      if (renewal.kind === 'ended') return await over(opened, renewal.why)
      const { tokens } = renewal
      const access = accessOf(tokens, clock())
      const next = {
        ...content,
        refreshToken: tokens.refreshToken ?? refreshToken,
        idToken: tokens.idToken ?? content.idToken,
        access: { ...content.access, [targetKey(target)]: access },
      }
      const sealed = opened.seal(next)
      if (await grants.replace(row, owner, sealed)) {
        return { kind: 'access', access, opened: { ...opened, row: { ...row, sealed, version: row.version + 1 }, content: next } }
      }
      // Signed out meanwhile: what has just come must not be good for anything.
      const revoking = provider.revoke(next.refreshToken, pause).catch(() => null)
      await Promise.race([revoking, pause(REVOKE_MS)])
      return { kind: 'ended', why: 'gone' }
    } catch (cause) {
      await grants.letGo(row, owner)
      if (!(cause instanceof GateError)) throw cause
      if (paused.size >= MOST_PAUSED) paused.clear()
      paused.set(row.id, { until: clock() + PAUSE_MS, cause })
      return { kind: 'unavailable', cause }
    }
  }

  async function over(opened: OpenGrant, why: string): Promise<RenewalOutcome> {
    await grants.remove(opened.row)
    return { kind: 'ended', why }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => void later(resolve, ms))
  }

  return {
    async renew(wish) {
      const { id } = wish.opened.row
      const resting = paused.get(id)
      // A provider that is down is not asked again for each of a page's fifty calls.
      if (resting !== undefined && wish.at < resting.until) return { kind: 'unavailable', cause: resting.cause }
      const key = `${id} ${targetKey(wish.target)}`
      const flying = flights.get(key)
      if (flying !== undefined) return await flying
      const flight = fly(wish).finally(() => flights.delete(key))
      flights.set(key, flight)
      return await flight
    },
  }
}

/** Longer than a provider may take to answer, reading its metadata included (10 s each). Whoever was killed while renewing holds it so long. */
const LEASE_MS = 21_000
/** Longer than a lease: so a request outlives the death of who renews for it. */
const WAIT_MS = 24_000
const STEP_MS = 50
const PAUSE_MS = 2000
/** Whoever signed out waits no longer for the provider to forget; it is asked on. */
const REVOKE_MS = 3000
const MOST_PAUSED = 10_000
