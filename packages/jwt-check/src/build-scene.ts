import type { Jwt } from './jose/jwt.ts'
import type { KeySet } from './jose/keys.ts'
import { readJwt } from './jose/read.ts'
import { limits } from './limits.ts'
import { guessProfile, type Profile } from './profile.ts'
import type { DpopContext, Exchange, Guessing, Scene, Sighting, Subject } from './scene.ts'

/** What a caller hands in; everything but the clock has a default. */
export type SceneParts = {
  /** Compact JWTs; a bare string is labelled `jwt 1`, `jwt 2`, … */
  readonly jwts?: readonly (string | { readonly label: string; readonly text: string })[]
  readonly keySets?: readonly KeySet[]
  readonly sightings?: readonly Sighting[]
  readonly exchanges?: readonly Exchange[]
  /** Held to by every JWT; without it each JWT's own type decides. */
  readonly profile?: Profile
  /** Laid over whichever profile applies: the issuer, audience or algorithms that the caller expects. */
  readonly expected?: Partial<Profile>
  /** Seconds since 1970. */
  readonly now: number
  readonly guessing?: Partial<Guessing>
  readonly dpop?: DpopContext
}

/** Tries and time for guessing one HMAC secret when the caller sets none: the whole list, at most five seconds. */
const defaultGuessing: Guessing = { tries: 500_000, milliseconds: 5000, hints: [] }

/** Reads all inputs into one scene. Never throws on hostile input. */
export function buildScene(parts: SceneParts): Scene {
  const named = (parts.jwts ?? []).map((jwt, index) => (typeof jwt === 'string' ? { label: `jwt ${index + 1}`, text: jwt } : jwt))
  const subjects = named.slice(0, limits.jwts).flatMap(({ label, text }) => layers(label, readJwt(text), text.length, parts))
  return {
    subjects,
    keySets: (parts.keySets ?? []).map((set) => ({ ...set, keys: set.keys.slice(0, limits.keys) })),
    sightings: parts.sightings ?? [],
    exchanges: parts.exchanges ?? [],
    now: parts.now,
    guessing: { ...defaultGuessing, ...parts.guessing },
    ...(parts.dpop === undefined ? {} : { dpop: parts.dpop }),
  }
}

/** The JWT and the ones nested inside it, each a subject of its own. */
function layers(label: string, jwt: Jwt, length: number, parts: SceneParts): readonly Subject[] {
  const outer: Subject = { label, jwt, profile: { ...(parts.profile ?? guessProfile(jwt)), ...parts.expected }, length }
  if (jwt.kind !== 'signed' || jwt.payload.kind !== 'nested') return [outer]
  return [outer, ...layers(`${label}, inner`, jwt.payload.inner, jwt.payload.inner.compact.length, parts)]
}
