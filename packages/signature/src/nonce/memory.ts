import type { NonceStore } from './store.ts'

export interface MemoryNoncesOptions {
  /** Default 100 000, some 20 MB: 800 requests a second for two minutes. When it is full of live nonces, requests are refused. */
  readonly most?: number
}

// A full store must not be searched through for every request of a flood.
const SWEEP_PAUSE_SECONDS = 1

/** Nonces of one process. An API with several instances needs a shared store: a request replayed to another instance is new to that one. */
export function memoryNonces({ most = 100_000 }: MemoryNoncesOptions = {}): NonceStore {
  const expiries = new Map<string, number>()
  let sweptAt = Number.NEGATIVE_INFINITY
  return {
    spend(purpose, id, expiresAt, now) {
      dropExpiredAtFront(expiries, now)
      const key = JSON.stringify([purpose, id])
      const known = expiries.get(key)
      if (known !== undefined && known > now) return Promise.resolve(false)
      if (expiries.size >= most && Math.abs(now - sweptAt) >= SWEEP_PAUSE_SECONDS) {
        sweptAt = now
        for (const [each, expiry] of expiries) if (expiry <= now) expiries.delete(each)
      }
      // To forget a live nonce would allow its replay; so no more is taken in until some have expired.
      if (expiries.size >= most) return Promise.reject(new Error(`the store is full with ${most} live nonces`))
      expiries.delete(key)
      expiries.set(key, expiresAt)
      return Promise.resolve(true)
    },
  }
}

// A Map keeps insertion order and all lifetimes are alike, so what has expired stands in front: no timer, no search.
function dropExpiredAtFront(expiries: Map<string, number>, now: number): void {
  for (const [key, expiry] of expiries) {
    if (expiry > now) return
    expiries.delete(key)
  }
}
