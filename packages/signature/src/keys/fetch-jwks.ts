import { failed, fine, type Outcome } from '../outcome.ts'
import { readJwks, type Jwk } from './jwk.ts'

// As for a key file: far above any real set, far below what hurts.
const LARGEST_ANSWER = 65_536
const MOST_KEYS = 64

/** Fetches a JWK Set with limits on time, size and number of keys. Never throws. */
export async function fetchJwks(url: URL, timeoutSeconds: number, send: typeof fetch): Promise<Outcome<readonly Jwk[], 'unusable_key'>> {
  try {
    const signal = AbortSignal.timeout(timeoutSeconds * 1000)
    // A redirect would let whoever controls one path of the gateway choose the keys.
    const answer = await send(url.href, { redirect: 'error', signal, headers: { accept: 'application/json' } })
    if (answer.status !== 200) return failed('unusable_key', `status ${answer.status}`)
    const text = await boundedText(answer)
    if (text === null) return failed('unusable_key', `more than ${LARGEST_ANSWER} bytes`)
    const jwks = readJwks(JSON.parse(text), MOST_KEYS)
    if (jwks === null) return failed('unusable_key', 'not a JWK Set')
    // A shared secret that stands at a public address is known to the world.
    if (jwks.some((jwk) => jwk.kty === 'oct')) return failed('unusable_key', 'a shared secret at a public address')
    return fine(jwks)
  } catch (error) {
    return failed('unusable_key', error instanceof Error ? `${error.name}: ${error.message}` : 'no answer')
  }
}

async function boundedText(answer: Response): Promise<string | null> {
  if (answer.body === null) return ''
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  let size = 0
  const reader: ReadableStreamDefaultReader<Uint8Array> = answer.body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    size += value.length
    if (size > LARGEST_ANSWER) {
      await reader.cancel()
      return null
    }
    text += decoder.decode(value, { stream: true })
  }
}
