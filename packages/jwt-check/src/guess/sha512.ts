/** SHA-512 and SHA-384 (FIPS 180-4) without a wait, on pairs of 32-bit halves: the slow brother of `sha256`, for HS384 and HS512. */
export function sha512(message: Uint8Array, bits: 384 | 512): Uint8Array {
  const state = Int32Array.from(bits === 512 ? initial512 : initial384)
  const blocks = padded(message)
  for (let at = 0; at < blocks.length; at += 32) compress(state, blocks.subarray(at, at + 32))
  const out = new Uint8Array(bits / 8)
  for (let i = 0; i < out.length; i++) out[i] = (state[i >> 2] as number) >>> (24 - 8 * (i & 3))
  return out
}

const primes = firstPrimes(80)
const constants = Int32Array.from(halves(primes.map((prime) => fraction(prime, 3))))
// The first eight primes start SHA-512, the next eight SHA-384.
const initial512 = halves(primes.slice(0, 8).map((prime) => fraction(prime, 2)))
const initial384 = halves(primes.slice(8, 16).map((prime) => fraction(prime, 2)))
const w = new Int32Array(160)

function padded(message: Uint8Array): Int32Array {
  const words = new Int32Array(((message.length + 16) >> 7) * 32 + 32)
  for (let i = 0; i < message.length; i++) words[i >> 2] = (words[i >> 2] as number) | ((message[i] as number) << (24 - 8 * (i & 3)))
  words[message.length >> 2] = (words[message.length >> 2] as number) | (0x80 << (24 - 8 * (message.length & 3)))
  words[words.length - 1] = message.length * 8
  return words
}

function compress(state: Int32Array, block: Int32Array): void {
  w.set(block)
  for (let i = 32; i < 160; i += 2) {
    const xh = w[i - 30] as number
    const xl = w[i - 29] as number
    const yh = w[i - 4] as number
    const yl = w[i - 3] as number
    const s0h = ((xh >>> 1) | (xl << 31)) ^ ((xh >>> 8) | (xl << 24)) ^ (xh >>> 7)
    const s0l = ((xl >>> 1) | (xh << 31)) ^ ((xl >>> 8) | (xh << 24)) ^ ((xl >>> 7) | (xh << 25))
    const s1h = ((yh >>> 19) | (yl << 13)) ^ ((yl >>> 29) | (yh << 3)) ^ (yh >>> 6)
    const s1l = ((yl >>> 19) | (yh << 13)) ^ ((yh >>> 29) | (yl << 3)) ^ ((yl >>> 6) | (yh << 26))
    const low = (s0l >>> 0) + (s1l >>> 0) + ((w[i - 31] as number) >>> 0) + ((w[i - 13] as number) >>> 0)
    w[i + 1] = low | 0
    w[i] = (s0h + s1h + (w[i - 32] as number) + (w[i - 14] as number) + carry(low)) | 0
  }
  let [ah, al, bh, bl] = [state[0] as number, state[1] as number, state[2] as number, state[3] as number]
  let [ch, cl, dh, dl] = [state[4] as number, state[5] as number, state[6] as number, state[7] as number]
  let [eh, el, fh, fl] = [state[8] as number, state[9] as number, state[10] as number, state[11] as number]
  let [gh, gl, hh, hl] = [state[12] as number, state[13] as number, state[14] as number, state[15] as number]
  for (let i = 0; i < 160; i += 2) {
    const s1h = ((eh >>> 14) | (el << 18)) ^ ((eh >>> 18) | (el << 14)) ^ ((el >>> 9) | (eh << 23))
    const s1l = ((el >>> 14) | (eh << 18)) ^ ((el >>> 18) | (eh << 14)) ^ ((eh >>> 9) | (el << 23))
    const chosen = (el & fl) ^ (~el & gl)
    const t1l = (hl >>> 0) + (s1l >>> 0) + (chosen >>> 0) + ((constants[i + 1] as number) >>> 0) + ((w[i + 1] as number) >>> 0)
    const t1h = (hh + s1h + ((eh & fh) ^ (~eh & gh)) + (constants[i] as number) + (w[i] as number) + carry(t1l)) | 0
    const s0h = ((ah >>> 28) | (al << 4)) ^ ((al >>> 2) | (ah << 30)) ^ ((al >>> 7) | (ah << 25))
    const s0l = ((al >>> 28) | (ah << 4)) ^ ((ah >>> 2) | (al << 30)) ^ ((ah >>> 7) | (al << 25))
    const t2l = (s0l >>> 0) + (((al & bl) ^ (al & cl) ^ (bl & cl)) >>> 0)
    const t2h = (s0h + ((ah & bh) ^ (ah & ch) ^ (bh & ch)) + carry(t2l)) | 0
    const nextE = (dl >>> 0) + ((t1l | 0) >>> 0)
    const nextA = ((t1l | 0) >>> 0) + ((t2l | 0) >>> 0)
    hh = gh
    hl = gl
    gh = fh
    gl = fl
    fh = eh
    fl = el
    eh = (dh + t1h + carry(nextE)) | 0
    el = nextE | 0
    dh = ch
    dl = cl
    ch = bh
    cl = bl
    bh = ah
    bl = al
    ah = (t1h + t2h + carry(nextA)) | 0
    al = nextA | 0
  }
  add(state, [ah, al, bh, bl, ch, cl, dh, dl, eh, el, fh, fl, gh, gl, hh, hl])
}

function add(state: Int32Array, words: readonly number[]): void {
  for (let i = 0; i < 16; i += 2) {
    const low = ((state[i + 1] as number) >>> 0) + ((words[i + 1] as number) >>> 0)
    state[i] = ((state[i] as number) + (words[i] as number) + carry(low)) | 0
    state[i + 1] = low | 0
  }
}

function carry(sum: number): number {
  return (sum / 4294967296) | 0
}

function halves(values: readonly bigint[]): readonly number[] {
  return values.flatMap((value) => [Number(value >> 32n) | 0, Number(value & 0xffffffffn) | 0])
}

/** The first 64 bits of the fractional part of a square or cube root (FIPS 180-4 §4.2.3, §5.3.4, §5.3.5), by whole-number search. */
function fraction(prime: bigint, degree: 2 | 3): bigint {
  const scaled = prime << BigInt(64 * degree)
  let low = 0n
  let high = 1n << 74n
  while (high - low > 1n) {
    const middle = (low + high) >> 1n
    if (middle ** BigInt(degree) <= scaled) low = middle
    else high = middle
  }
  return low & 0xffffffffffffffffn
}

function firstPrimes(count: number): readonly bigint[] {
  const found: bigint[] = []
  for (let n = 2n; found.length < count; n++) if (found.every((prime) => n % prime !== 0n)) found.push(n)
  return found
}
