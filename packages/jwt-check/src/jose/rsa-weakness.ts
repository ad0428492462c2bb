/** Three tests for RSA moduli that are weak in spite of their length. All take the modulus and answer within milliseconds. */

/** Steps of Fermat's method: honest primes are further apart than any number of steps could bridge. */
const fermatSteps = 1000

/** One factor when the two primes lie close together (Fermat's method), else undefined. */
export function fermatFactor(n: bigint): bigint | undefined {
  if (n % 2n === 0n) return 2n
  let a = squareRoot(n)
  if (a * a < n) a++
  for (let step = 0; step < fermatSteps; step++, a++) {
    const rest = a * a - n
    const b = squareRoot(rest)
    if (b * b === rest && a - b > 1n) return a - b
  }
  return undefined
}

// The primes below 168 at which the powers of 65537 form a proper subgroup, which is what the fingerprint of CVE-2017-15361 looks for.
const rocaPrimes = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157].map(BigInt)

/** True when the modulus is a power of 65537 modulo every marker prime: one honest modulus in about 2^27 is. */
export function hasRocaFingerprint(n: bigint): boolean {
  return rocaPrimes.every((prime) => powersOfGenerator(prime).has(n % prime))
}

/** True when two different moduli have a common factor, and both keys are lost. Equal moduli are the same key, and no finding. */
export function sharedFactor(a: bigint, b: bigint): boolean {
  if (a === b) return false
  let [x, y] = [a, b]
  while (y > 0n) [x, y] = [y, x % y]
  return x > 1n
}

function powersOfGenerator(prime: bigint): ReadonlySet<bigint> {
  const powers = new Set<bigint>()
  for (let power = 1n; !powers.has(power); power = (power * 65537n) % prime) powers.add(power)
  return powers
}

function squareRoot(n: bigint): bigint {
  if (n < 2n) return n
  let root = 1n << BigInt(Math.ceil(n.toString(2).length / 2))
  for (;;) {
    const next = (root + n / root) >> 1n
    if (next >= root) return root
    root = next
  }
}
