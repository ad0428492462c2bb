import {
  createVerifier,
  memoryNonces,
  staticKeys,
  splitTarget,
  type Jwk,
  type RefusalReason,
  type SignedRequest,
  type VerifierOptions,
} from '@cloakroom/signature'
import { makeSigningKey } from '../src/vault/signing-key.ts'
import type { Vault } from '../src/vault/vault.ts'
import { systemRandom } from '../src/lib/random.ts'
import type { Kit } from './kit.ts'
import type { UpstreamRequest } from './upstream.ts'

/** Puts a key that signs into a kit's vault, as `cloakroom signing-key add` does. */
export async function addSigningKey(
  { vault, clock }: { readonly vault: Vault; readonly clock: { readonly now: number } },
  name: string,
  origin: string,
  algorithm: 'ed25519' | 'ecdsa-p256-sha256' = 'ed25519',
): Promise<void> {
  const value = makeSigningKey(algorithm, systemRandom)
  const made = await vault.add(name, { kind: { is: 'signing-key', algorithm }, value, placement: null, origins: [origin] }, clock.now)
  if (made.kind === 'refused') throw new Error(made.text)
}

/** What an API behind the middleware would say of a request that arrived: who signed, or why it is refused. */
export type Judge = (request: UpstreamRequest, change?: Partial<UpstreamRequest>) => Promise<SignedRequest | RefusalReason>

/** An API's verifier over the gateway's own published keys, on the kit's clock. */
export async function judgeOf(kit: Kit, jwks: readonly Jwk[], options: Partial<VerifierOptions> = {}): Promise<Judge> {
  const authority = new URL(kit.upstream.origin).host
  const verify = createVerifier({
    authority,
    keys: await staticKeys(jwks),
    nonces: memoryNonces(),
    clock: () => Math.floor(kit.clock.now / 1000),
    ...options,
  })
  return async (arrived, change = {}) => {
    const request = { ...arrived, ...change }
    const host = request.headers.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? ''
    const target = splitTarget(request.target)
    if (target === null) throw new Error(`not in origin-form: ${request.target}`)
    const verdict = await verify(
      { kind: 'request', method: request.method, scheme: 'http', authority: host, ...target, fields: request.headers },
      () => Promise.resolve({ ok: true, value: request.body }),
    )
    return verdict.verdict === 'accepted' ? verdict.signed : verdict.refusal.reason
  }
}

/** The keys at the public address. */
export async function publishedBy(kit: Kit): Promise<readonly Jwk[]> {
  const answer = await kit.call('GET', '/.well-known/http-message-signatures-directory')
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`)
  return (JSON.parse(answer.text) as { keys: readonly Jwk[] }).keys
}
