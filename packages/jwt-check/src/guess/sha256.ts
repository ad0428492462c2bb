/** SHA-256 (FIPS 180-4) without a wait: guessing makes a hundred thousand hashes, and Web Crypto's one promise each would take minutes. */
export function sha256(message: Uint8Array): Uint8Array {
  const state = Uint32Array.from(initial)
  const blocks = padded(message)
  for (let at = 0; at < blocks.length; at += 16) compress(state, blocks.subarray(at, at + 16))
  const out = new Uint8Array(32)
  for (let i = 0; i < 32; i++) out[i] = (state[i >> 2] ?? 0) >>> (24 - 8 * (i & 3))
  return out
}

const primes = firstPrimes(64)
const initial = primes.slice(0, 8).map((prime) => fraction(prime, 1 / 2))
const constants = Uint32Array.from(primes.map((prime) => fraction(prime, 1 / 3)))
const schedule = new Uint32Array(64)

function padded(message: Uint8Array): Uint32Array {
  const words = new Uint32Array(((message.length + 8) >> 6) * 16 + 16)
  for (let i = 0; i < message.length; i++) words[i >> 2] = (words[i >> 2] ?? 0) | ((message[i] ?? 0) << (24 - 8 * (i & 3)))
  words[message.length >> 2] = (words[message.length >> 2] ?? 0) | (0x80 << (24 - 8 * (message.length & 3)))
  words[words.length - 2] = Math.floor(message.length / 2 ** 29)
  words[words.length - 1] = message.length * 8
  return words
}

function compress(state: Uint32Array, block: Uint32Array): void {
  const w = schedule
  w.set(block)
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15] as number
    const y = w[i - 2] as number
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
    w[i] = ((w[i - 16] as number) + s0 + (w[i - 7] as number) + s1) | 0
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number]
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (constants[i] as number) + (w[i] as number)) | 0
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  for (const [i, value] of [a, b, c, d, e, f, g, h].entries()) state[i] = (state[i] as number) + value
}

/** The first 32 bits of the fractional part of a root: where FIPS 180-4 §4.2.2 and §5.3.3 take the constants from. */
function fraction(prime: number, power: number): number {
  const root = prime ** power
  return ((root - Math.floor(root)) * 2 ** 32) >>> 0
}

function firstPrimes(count: number): readonly number[] {
  const found: number[] = []
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n)
  return found
}
