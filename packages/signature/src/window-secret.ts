import { sameBytes, toBase64Url, utf8 } from './encoding.ts'
import { windowNumber, windowText } from './window-text.ts'

/**
 * A secret that changes with time, for an API that can only compare a string: HMAC-SHA-256 over the number of the window, base64url.
 * `root` is the shared secret, at least 32 bytes; `windowSeconds` a whole number, the same on both sides; `at` in Unix seconds.
 */
export async function windowSecret(root: Uint8Array, windowSeconds: number, at: number): Promise<string> {
  return toBase64Url(await derive(await importRoot(root), windowSeconds, windowNumber(windowSeconds, at)))
}

/**
 * Is this the secret of the window at `at`, or of a neighbour up to `tolerance` windows away (default 1: the clocks of two machines)?
 * With 60 seconds and a tolerance of 1, what was captured is worthless after two minutes at most. All windows are compared in equal time.
 */
export async function acceptsWindowSecret(
  presented: string,
  root: Uint8Array,
  windowSeconds: number,
  at: number,
  tolerance = 1,
): Promise<boolean> {
  if (!Number.isInteger(tolerance) || tolerance < 0 || tolerance > 10)
    throw new RangeError('The tolerance is a whole number of windows, 0 to 10.')
  const key = await importRoot(root)
  const middle = windowNumber(windowSeconds, at)
  const given = utf8(presented)
  let accepted = false
  for (let offset = -tolerance; offset <= tolerance; offset++) {
    const own = utf8(toBase64Url(await derive(key, windowSeconds, middle + offset)))
    // No early return: the time must not tell which window it was.
    accepted = sameBytes(given, own) || accepted
  }
  return accepted
}

type RootKey = Awaited<ReturnType<typeof importRoot>>

async function derive(key: RootKey, windowSeconds: number, window: number): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, utf8(windowText(windowSeconds, window))))
}

function importRoot(root: Uint8Array) {
  if (root.length < 32) throw new RangeError('The root secret needs at least 32 random bytes.')
  return crypto.subtle.importKey('raw', new Uint8Array(root), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
}
