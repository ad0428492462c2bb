import type { Contestant } from './contestants.ts'
import { bytesOf, type FramingCase } from './framing-corpus.ts'
import { converse } from './raw.ts'
import type { Upstream } from './upstream.ts'

/** What one server made of one case: the statuses that came back, and what it let through. */
export interface Reading {
  readonly statuses: readonly number[]
  readonly forwarded: readonly string[]
}

export interface Compared {
  readonly given: FramingCase
  readonly ours: Reading
  readonly theirs: Reading
  /** `stricter`: what we forward is the beginning of what they forward. `other`: something passed us that did not pass them so. */
  readonly kind: 'same' | 'stricter' | 'other'
}

/** Sends the corpus to both, each in front of the same upstream. */
export async function compare(
  corpus: readonly FramingCase[],
  ours: Contestant,
  theirs: Contestant,
  upstream: Upstream,
): Promise<readonly Compared[]> {
  const compared: Compared[] = []
  for (const given of corpus) {
    const one = await read(given, ours.port, upstream)
    const other = await read(given, theirs.port, upstream)
    compared.push({ given, ours: one, theirs: other, kind: kindOf(one.forwarded, other.forwarded) })
  }
  return compared
}

async function read(given: FramingCase, port: number, upstream: Upstream): Promise<Reading> {
  const before = upstream.requests.length
  // Some answer late or not at all: a moment without a byte is the end.
  const said = await converse(
    port,
    [{ pieces: [{ bytes: bytesOf(given.send, port) }], answers: Math.max(1, given.statuses.length), head: given.head ?? false }],
    150,
    15,
  )
  const forwarded = upstream.requests
    .slice(before)
    .map(({ method, target, body }) => `${method} ${target}${body.length === 0 ? '' : ` (${body.length} bytes)`}`)
  return { statuses: said.answers.map(({ status }) => status), forwarded }
}

function kindOf(ours: readonly string[], theirs: readonly string[]): Compared['kind'] {
  if (ours.join('\n') === theirs.join('\n')) return 'same'
  return ours.length < theirs.length && ours.every((one, at) => one === theirs[at]) ? 'stricter' : 'other'
}
