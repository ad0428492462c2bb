import { fetchJwks } from './fetch-jwks.ts'
import type { VerifyingKey } from './key.ts'
import type { KeyAnswer, KeySource } from './source.ts'
import { answerFrom, keyTable } from './static.ts'

export interface UrlKeysOptions {
  /** `https:` only. The gateway publishes its keys at `/.well-known/http-message-signatures-directory`. */
  readonly url: string
  /** The shortest time between two requests for the set, also after a failure. Default 30: unknown keyids cannot make this API hammer the gateway. */
  readonly cooldownSeconds?: number
  /** How long a fetched set counts. Default 600. A key that left the set is refused at the latest after this time. */
  readonly maxAgeSeconds?: number
  /** Time for one fetch. Default 3 seconds. */
  readonly timeoutSeconds?: number
  /** For tests and for a gateway on the same machine. */
  readonly unsafeAllowPlainHttp?: boolean
  /** Stands in for the platform's `fetch`. */
  readonly fetch?: typeof fetch
}

interface Fetched {
  readonly at: number
  readonly table: ReadonlyMap<string, VerifyingKey>
}

/** Keys from one configured address (never one that a message names). Past `maxAgeSeconds` without a fresh set everything is `unavailable`. */
export function urlKeys(options: UrlKeysOptions): KeySource {
  const { cooldownSeconds = 30, maxAgeSeconds = 600, timeoutSeconds = 3 } = options
  const url = checkedUrl(options)
  let fetched: Fetched | null = null
  let lastTry: number | null = null
  let lastProblem = 'not fetched yet'
  let running: Promise<void> | null = null

  function refresh(now: number): Promise<void> {
    if (running !== null) return running
    if (lastTry !== null && now >= lastTry && now - lastTry < cooldownSeconds) return Promise.resolve()
    lastTry = now
    running = load(now).finally(() => (running = null))
    return running
  }

  async function load(now: number): Promise<void> {
    const jwks = await fetchJwks(url, timeoutSeconds, options.fetch ?? fetch)
    const table = jwks.ok ? await keyTable(jwks.value) : jwks
    if (table.ok) fetched = { at: now, table: table.value }
    else lastProblem = table.detail
  }

  function answer(keyid: string, now: number): KeyAnswer {
    if (fetched === null || now - fetched.at > maxAgeSeconds) return { answer: 'unavailable', detail: `${url.href}: ${lastProblem}` }
    return answerFrom(fetched.table, keyid)
  }

  return {
    async find(keyid, now) {
      const first = answer(keyid, now)
      if (first.answer !== 'key') {
        await refresh(now)
        return answer(keyid, now)
      }
      // Half-way through its life the set is renewed beside the request, so that nobody waits for it.
      if (fetched !== null && now - fetched.at > maxAgeSeconds / 2) void refresh(now)
      return first
    },
  }
}

function checkedUrl({ url, unsafeAllowPlainHttp = false }: UrlKeysOptions): URL {
  const parsed = new URL(url)
  if (parsed.protocol !== 'https:' && !(unsafeAllowPlainHttp && parsed.protocol === 'http:')) {
    throw new TypeError('Keys are fetched over https only: who can change them can sign.')
  }
  if (parsed.username !== '' || parsed.password !== '') throw new TypeError('An address for public keys carries no password.')
  return parsed
}
