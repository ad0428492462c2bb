export type Encoding = 'br' | 'zstd' | 'gzip'

/** In order of our preference: the smallest first. */
const PREFERENCE: readonly Encoding[] = ['br', 'zstd', 'gzip']

/** Which of the available encodings does `Accept-Encoding` ask for? Null: send it as it is. RFC 9110 §12.5.3. */
export function chooseEncoding(accept: string | null, available: readonly Encoding[]): Encoding | null {
  if (accept === null || available.length === 0) return null
  const weights = readWeights(accept)
  const any = weights.get('*')
  // Unnamed, identity is acceptable but the last choice.
  let best: { readonly encoding: Encoding | null; readonly weight: number } = { encoding: null, weight: weights.get('identity') ?? 0 }
  for (const encoding of PREFERENCE) {
    if (!available.includes(encoding)) continue
    const weight = weights.get(encoding) ?? (encoding === 'gzip' ? weights.get('x-gzip') : undefined) ?? any ?? 0
    if (weight > 0 && (weight > best.weight || (best.encoding === null && weight === best.weight))) best = { encoding, weight }
  }
  return best.encoding
}

function readWeights(accept: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>()
  for (const part of accept.split(',')) {
    const [name = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase())
    const quality = parameters.find((piece) => piece.startsWith('q='))?.slice(2)
    const weight = quality === undefined ? 1 : /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(quality) ? Number(quality) : 0
    if (name !== '') weights.set(name, weight)
  }
  return weights
}
