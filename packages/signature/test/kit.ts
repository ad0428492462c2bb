import {
  createSigner,
  createVerifier,
  generateKey,
  memoryNonces,
  signingKey,
  staticKeys,
  type Jwk,
  type RequestMessage,
  type SignerOptions,
  type Verdict,
  type VerifierOptions,
} from '../src/index.ts'
import { fine } from '../src/outcome.ts'

/** 2026-11-23T12:00:00Z. Nothing here looks at a clock of its own. */
export const NOON = 1_795_435_200
export const AUTHORITY = 'api.example.test'

/** One key for a whole test file, made at random: no key of ours stands in a source file. */
export const gatewayKey = await generateKey('ed25519', 'gw-2026-11')
export const gatewayJwk: Jwk = gatewayKey.privateJwk

export const ORDER: RequestMessage = {
  kind: 'request',
  method: 'POST',
  scheme: 'https',
  authority: AUTHORITY,
  path: '/v1/orders',
  query: 'dry=1',
  fields: [
    ['Host', AUTHORITY],
    ['Authorization', 'Bearer upstream-secret'],
    ['Cloakroom-Context', 'v=1, sub="u_123", roles=("staff")'],
    ['Content-Type', 'application/json'],
    ['Accept-Language', 'en'],
  ],
}
export const CONTENT = new TextEncoder().encode('{"item":7}')

/** A signer at noon with nonces that count up, so that a failing test can be repeated. */
export async function testSigner(options: Partial<SignerOptions> & { readonly jwk?: Jwk } = {}) {
  let count = 0
  const { jwk = gatewayJwk, ...rest } = options
  return createSigner({ key: await signingKey(jwk), clock: () => NOON, nonce: () => `nonce-${String(count++).padStart(16, '0')}`, ...rest })
}

/** Signs and puts the fields in, as a gateway does. */
export async function signed(
  request: RequestMessage = ORDER,
  content: Uint8Array | null = CONTENT,
  options: Parameters<typeof testSigner>[0] = {},
): Promise<RequestMessage> {
  const sign = await testSigner(options)
  const outcome = await sign(request, content)
  if (!outcome.ok) throw new Error(outcome.detail)
  return { ...request, fields: [...request.fields, ...outcome.value.fields] }
}

/** A verifier at noon with the gateway's public key. */
export async function testVerifier(options: Partial<VerifierOptions> = {}) {
  const keys = options.keys ?? (await staticKeys([gatewayKey.publicJwk ?? gatewayJwk]))
  return createVerifier({ authority: AUTHORITY, nonces: memoryNonces(), clock: () => NOON, ...options, keys })
}

/** The reason of a refusal, or `accepted`. */
export async function verdictOn(
  request: RequestMessage,
  content: Uint8Array | null = CONTENT,
  options: Partial<VerifierOptions> = {},
): Promise<string> {
  const verify = await testVerifier(options)
  return reasonOf(await verify(request, () => Promise.resolve(fine(content ?? new Uint8Array()))))
}

export function reasonOf(verdict: Verdict): string {
  return verdict.verdict === 'accepted' ? 'accepted' : verdict.refusal.reason
}

/** The same request with one field set to another value; null takes it away. */
export function withField(request: RequestMessage, name: string, value: string | null): RequestMessage {
  const others = request.fields.filter(([own]) => own.toLowerCase() !== name.toLowerCase())
  return { ...request, fields: value === null ? others : [...others, [name, value]] }
}

export function field(request: RequestMessage, name: string): string {
  const found = request.fields.find(([own]) => own.toLowerCase() === name.toLowerCase())
  if (found === undefined) throw new Error(`no ${name}`)
  return found[1]
}
