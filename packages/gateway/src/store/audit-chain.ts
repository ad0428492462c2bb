import { createHash } from 'node:crypto'
import type { AuditEvent } from '@cloakroom/contract'
import type { Instant } from '../decide/head.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import type { Random } from '../lib/random.ts'

/** Where the chain stands after an entry. */
export interface ChainHead {
  /** 0 before the first entry. */
  readonly seq: number
  readonly hash: string
}

/**
 * One stored entry. `digest` commits to the event and its salt, `hash` to the digest, the number and the hash before. So a person's
 * name can be taken out of an event without breaking the chain: then `salt` is null, and `amended` signs what stands there instead.
 */
export interface ChainEntry extends ChainHead {
  readonly event: AuditEvent
  readonly salt: string | null
  readonly digest: string
  /** The vault's signature over an amendment; see `amendmentText`. */
  readonly amended: string | null
}

/** Signed: everything up to here was written, or accepted as it was, by holders of the vault. */
export interface SignedHead extends ChainHead {
  readonly at: Instant
  readonly signature: string
}

/** Signed: the entries behind `from`, up to this one, were deleted when their time was over; the chain goes on behind them. */
export interface ChainCut extends ChainHead {
  readonly from: ChainHead
  readonly at: Instant
  readonly signature: string
}

/** Signs for the vault. */
export interface ChainSigner {
  readonly sign: (text: string) => string
  readonly now: () => Instant
}

/** What a writer brings: randomness, and a seal when it has the vault open. */
export interface ChainPen {
  readonly random: Random
  readonly seal: ChainSeal | null
}

export interface ChainSeal extends ChainSigner {
  /** Where to go on, and what has to be said first when the end is not what the last signature vouches for. */
  begin(end: ChainEnd): { readonly head: ChainHead; readonly first: readonly AuditEvent[] }
}

/** The chain's end as a writer finds it, under the lock. */
export interface ChainEnd {
  readonly last: ChainHead
  readonly signed: SignedHead | null
  /** Kinds of the entries behind the last signature, at most `MOST_UNSIGNED`. */
  readonly unsigned: readonly string[]
}

export const CHAIN_START: ChainHead = { seq: 0, hash: '0'.repeat(64) }
export const MOST_UNSIGNED = 1000
/** Of the signed heads one in so many entries is kept, so that a damaged trail is still vouched for in long pieces. */
const KEPT_EVERY = 1000
const SALT_BYTES = 16

export interface ChainAddition {
  readonly entries: readonly ChainEntry[]
  readonly signed: SignedHead | null
  /** The number of a signed head that the new one makes superfluous. */
  readonly superfluous: number | null
}

/** What a store writes when `events` are appended; the same for every store. */
export function continueChain(end: ChainEnd, events: readonly AuditEvent[], { random, seal }: ChainPen): ChainAddition {
  const entries: ChainEntry[] = []
  const begun = seal?.begin(end) ?? { head: end.last, first: [] }
  let { head } = begun
  for (const event of [...begun.first, ...events]) {
    const salt = random(SALT_BYTES).toString('hex')
    const digest = digestOf(salt, event)
    const seq = head.seq + 1
    const entry = { seq, event, salt, digest, hash: linkHash(head.hash, seq, digest), amended: null }
    entries.push(entry)
    head = entry
  }
  if (seal === null) return { entries, signed: null, superfluous: null }
  const signed = signHead(head, seal)
  const former = end.signed?.seq ?? null
  const sameStretch = former !== null && Math.floor(former / KEPT_EVERY) === Math.floor(signed.seq / KEPT_EVERY)
  return { entries, signed, superfluous: sameStretch ? former : null }
}

function signHead({ seq, hash }: ChainHead, signer: ChainSigner): SignedHead {
  const unsigned = { seq, hash, at: signer.now() }
  return { ...unsigned, signature: signer.sign(headText(unsigned)) }
}

/** A cut over `from` to `to`, both ends outside the run that goes: `from` stays, `to` was its last entry. */
export function signCut(from: ChainHead, to: ChainHead, signer: ChainSigner): ChainCut {
  const unsigned = { seq: to.seq, hash: to.hash, from: { seq: from.seq, hash: from.hash }, at: signer.now() }
  return { ...unsigned, signature: signer.sign(cutText(unsigned)) }
}

/** What a head's signature is over. */
export function headText({ seq, hash, at }: Omit<SignedHead, 'signature'>): string {
  return canonicalJson({ format: 'cloakroom-audit-head-1', seq, hash, at })
}

/** What a cut's signature is over. */
export function cutText({ seq, hash, from, at }: Omit<ChainCut, 'signature'>): string {
  return canonicalJson({ format: 'cloakroom-audit-cut-1', seq, hash, from: { seq: from.seq, hash: from.hash }, at })
}

/** What an amendment's signature is over: which entry it was, and what stands there now. */
export function amendmentText({ seq, digest, event }: Pick<ChainEntry, 'seq' | 'digest' | 'event'>): string {
  return canonicalJson({ format: 'cloakroom-audit-amendment-1', seq, digest, event })
}

/** Numbers in rising runs, without `last`: the end of the chain always stays. */
export function runsOf(seqs: readonly number[], last: number): readonly { readonly from: number; readonly to: number }[] {
  const runs: { from: number; to: number }[] = []
  for (const seq of [...new Set(seqs)].sort((one, other) => one - other)) {
    const run = runs.at(-1)
    if (seq >= last) break
    if (run?.to === seq - 1) run.to = seq
    else runs.push({ from: seq, to: seq })
  }
  return runs
}

/** SHA-256 over salt and canonical event, each on its line: without the salt nobody can try events until one fits. */
export function digestOf(salt: string, event: AuditEvent): string {
  return sha256(`${salt}\n${canonicalJson(event)}`)
}

/** SHA-256 over the hash before, the number and the digest, each on its line. */
export function linkHash(before: string, seq: number, digest: string): string {
  return sha256(`${before}\n${seq}\n${digest}`)
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
