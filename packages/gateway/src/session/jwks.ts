import { readFile } from 'node:fs/promises'
import type { JWK } from 'jose'
import { GateError } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'

/** Reads what is at an https address; rejects when nobody answers well. */
export type FetchText = (url: string) => Promise<string>

/** The public keys of one issuer. */
export interface IssuerKeys {
  /** All of them; asked with `unknown` set, read anew unless that was done a moment ago. Throws GateError when there are none. */
  read(unknown: boolean): Promise<readonly JWK[]>
}

/** A rotated key is known within this time; whoever sends key names of his own invention makes the gateway ask no more often (RFC 8725 §3.10). */
const COOL_DOWN_MS = 30_000
/** A key that an issuer withdrew counts for so long at most. */
const FRESH_MS = 300_000
/** For so long the known keys stay good while their issuer does not answer. */
const STALE_MS = 3_600_000
const MOST_KEYS = 100

export function issuerKeys(source: string, fetchText: FetchText, clock: Clock): IssuerKeys {
  let known: { readonly keys: readonly JWK[]; readonly at: number } | null = null
  let triedAt = -Infinity
  let reading: Promise<void> | null = null

  async function load(): Promise<void> {
    triedAt = clock()
    const text = source.startsWith('https://') || source.startsWith('http://') ? await fetchText(source) : await readFile(source, 'utf8')
    known = { keys: keysOf(text), at: clock() }
  }

  return {
    async read(unknown) {
      const at = clock()
      const isDue = known === null || unknown || at - known.at >= FRESH_MS
      if (isDue && Math.abs(at - triedAt) >= COOL_DOWN_MS) {
        reading ??= load().finally(() => {
          reading = null
        })
      }
      try {
        await reading
      } catch (cause) {
        if (known === null)
          throw new GateError('store_unavailable', `the keys at ${source} cannot be read`, { cause, retryAfterMs: COOL_DOWN_MS })
      }
      if (known === null || at - known.at >= STALE_MS)
        throw new GateError('store_unavailable', `there are no keys from ${source}`, { retryAfterMs: COOL_DOWN_MS })
      return known.keys
    },
  }
}

function keysOf(text: string): readonly JWK[] {
  const { keys } = JSON.parse(text) as { readonly keys?: unknown }
  if (!Array.isArray(keys) || keys.length > MOST_KEYS) throw new TypeError('this is no JWK Set')
  return keys.filter((key): key is JWK => typeof key === 'object' && key !== null && 'kty' in key)
}
