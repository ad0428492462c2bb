import { systemClock } from '../clock.ts'
import { checkContentDigest } from '../core/digest.ts'
import { receivedSignatures, type ReceivedSignature } from '../core/received.ts'
import { checkSignature } from '../core/verify.ts'
import { normalAuthority } from '../base/derived.ts'
import { fieldLines, fieldValue } from '../message/fields.ts'
import type { RequestMessage } from '../message/message.ts'
import { failed, fine, type Outcome } from '../outcome.ts'
import { checkCoverage } from './coverage.ts'
import { checkFreshness, readParameters } from './freshness.ts'
import { findKey, spendNonce } from './lookups.ts'
import type { VerifierOptions } from './policy.ts'
import { LARGEST_CONTENT, LIFETIME_SECONDS, PROFILE_TAG } from './profile.ts'
import { tell, type Refusal, type RefusalReason } from './refusal.ts'
import { signedRequest, type SignedRequest } from './signed-request.ts'

export type Verdict =
  | { readonly verdict: 'accepted'; readonly signed: SignedRequest }
  | { readonly verdict: 'refused'; readonly refusal: Refusal }

/** Hands over the content when asked, at most `limit` bytes. It is asked only after the signature has held: nobody makes this API buffer unsigned. */
export type ContentReader = (limit: number) => Promise<Outcome<Uint8Array, 'content_too_large' | 'content_unavailable'>>

/** Judges one request. Never rejects: whatever goes wrong is a refusal. */
export type Verifier = (request: RequestMessage, readContent: ContentReader) => Promise<Verdict>

type Checked<T> = Outcome<T, RefusalReason>

/** Makes a verifier for the profile `cloakroom-v1`, in the order of RFC 9421 §3.2: parse, policy, key, signature, content, nonce. */
export function createVerifier(options: VerifierOptions): Verifier {
  const authorities = [options.authority].flat().map((name) => name.toLowerCase())
  if (authorities.length === 0 || authorities.includes(''))
    throw new TypeError('`authority` is the host name under which this API is called.')
  const rules = { ...options, authorities, clock: options.clock ?? systemClock }
  return async (request, readContent) => {
    let keyid: string | null = null
    let outcome: Checked<SignedRequest>
    try {
      outcome = await judge(request, readContent, rules, (claimed) => (keyid = claimed))
    } catch (error) {
      outcome = failed('failure', error instanceof Error ? error.message : String(error))
    }
    if (outcome.ok) return { verdict: 'accepted', signed: outcome.value }
    const refusal = { reason: outcome.problem, detail: outcome.detail, keyid }
    tell(options.report, refusal)
    return { verdict: 'refused', refusal }
  }
}

interface Rules extends VerifierOptions {
  readonly authorities: readonly string[]
  readonly clock: () => number
}

async function judge(
  sent: RequestMessage,
  readContent: ContentReader,
  rules: Rules,
  claim: (keyid: string) => void,
): Promise<Checked<SignedRequest>> {
  const request = addressed(sent, rules)
  if (!request.ok) return request
  const received = ourSignature(request.value)
  if (!received.ok) return received
  const parameters = readParameters(received.value.parameters)
  if (!parameters.ok) return parameters
  claim(parameters.value.keyid)
  const maxAge = rules.maxAgeSeconds ?? LIFETIME_SECONDS
  const fresh = checkFreshness(parameters.value, rules.clock(), maxAge)
  if (!fresh.ok) return fresh
  const coverage = checkCoverage(received.value.components, request.value.fields, rules.coverAlso ?? [])
  if (!coverage.ok) return coverage
  const key = await findKey(parameters.value.keyid, rules)
  if (!key.ok) return key
  const holds = await checkSignature(request.value, received.value, key.value)
  if (!holds.ok) return holds
  const signed = signedRequest(request.value, received.value.components, parameters.value, key.value.algorithm)
  if (!signed.ok) return signed
  if (rules.content !== 'unsigned') {
    const content = await checkContent(request.value, await readContent(rules.largestContent ?? LARGEST_CONTENT))
    if (!content.ok) return content
  }
  // Once more, because whoever sends the content drop by drop decides how late it is by now: past the nonce's life it would be a replay.
  const now = rules.clock()
  const still = checkFreshness(parameters.value, now, maxAge)
  if (!still.ok) return still
  const spent = await spendNonce(parameters.value, now, maxAge, rules)
  return spent.ok ? signed : spent
}

function addressed(request: RequestMessage, { authorities, ignoreHost }: Rules): Checked<RequestMessage> {
  // Two Host lines: this reader and the app's might take different ones (RFC 9112 §3.2).
  if (fieldLines(request.fields, 'host').length > 1) return failed('malformed', 'several Host fields')
  // RFC 3230 digests are obsolete (RFC 9530 §1); an app that still reads them would trust what nobody checked.
  if (fieldValue(request.fields, 'digest') !== null) return failed('weak_digest', 'the obsolete Digest field')
  if (ignoreHost === true) return fine({ ...request, authority: authorities[0] ?? '' })
  const authority = normalAuthority(request.authority, request.scheme)
  return authorities.includes(authority) ? fine(request) : failed('wrong_authority', `called as ${authority}`)
}

// RFC 9421 §7.2.5 to §7.2.7: the tag selects, the label means nothing, signatures for others are ignored. Two of ours would be a choice.
function ourSignature(request: RequestMessage): Checked<ReceivedSignature> {
  const candidates = receivedSignatures(request.fields)
  if (!candidates.ok) return candidates
  const ours = candidates.value.filter(({ parameters }) => parameters.get('tag') === PROFILE_TAG)
  const [only] = ours
  if (only === undefined) return failed('unsigned', `no signature with the tag ${PROFILE_TAG}`)
  if (ours.length > 1) return failed('several_signatures', `${ours.length} signatures with our tag`)
  const received = only.open()
  // A second spelling of the same signed parameters is for parsers to disagree about; a signer writes what it signs (RFC 9421 §7.5.3).
  return received.ok && !received.value.exact ? failed('malformed', 'Signature-Input is not written as it was signed') : received
}

async function checkContent(request: RequestMessage, content: Outcome<Uint8Array, RefusalReason>): Promise<Checked<null>> {
  if (!content.ok) return content
  const digest = fieldValue(request.fields, 'content-digest')
  // That it is covered when it is there, the coverage has said already.
  if (digest !== null) return checkContentDigest(digest, content.value)
  return content.value.length === 0 ? fine(null) : failed('insufficient_coverage', 'content without a Content-Digest')
}
