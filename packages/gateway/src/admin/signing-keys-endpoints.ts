import type { SigningAlgorithm } from '@cloakroom/signature'
import * as z from 'zod'
import { parseDuration } from '../config/units.ts'
import type { Random } from '../lib/random.ts'
import { SIGNING_ALGORITHMS } from '../vault/kind.ts'
import { makeSigningKey } from '../vault/signing-key.ts'
import { type AdminCall, type AdminEndpoint, endpoint, refused, type Said, said } from './endpoint.ts'
import { credentialName, origins } from './new-secrets-endpoints.ts'
import { OVERLAP, type SecretView, secretView, told } from './secret-view.ts'

const shared = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43,1400}$/, 'Write at least 32 random bytes in base64url')
  .optional()
  .describe(
    'With `hmac-sha256` alone: the shared secret, at least 32 random bytes in base64url, which the API has been given. Nothing shows it again.',
  )

const rotateBody = z.strictObject({ publishFirst: z.string().max(20).default('24h'), overlap: z.string().max(20).default('1h'), shared })

/** Keys that sign requests. Their private halves are made in the vault and never leave it. */
export const SIGNING_KEYS: readonly AdminEndpoint[] = [
  endpoint({
    id: 'addSigningKey',
    method: 'POST',
    path: '/signing-keys',
    callers: 'owner',
    change: true,
    grave: true,
    about: 'Makes a key in the vault that signs requests to these origins.',
    body: z.strictObject({ name: credentialName, origins, algorithm: z.enum(SIGNING_ALGORITHMS).default('ed25519'), shared }),
    answer: secretView,
    run: async (call) => {
      const { name, algorithm, origins: places } = call.body
      const key = keyOf(algorithm, call.body.shared, call.parts.random)
      if (typeof key === 'string') return refused('admin_request_refused', key)
      const wish = { kind: { is: 'signing-key', algorithm }, value: key, placement: null, origins: places } as const
      return await told(call, await call.parts.vault.add(name, wish, call.at), 'key.added')
    },
  }),
  endpoint({
    id: 'publicSigningKey',
    method: 'GET',
    path: '/signing-keys/{name}/public',
    callers: 'viewer',
    about: 'The public halves of a key as a JWK Set, for an API that pins them. They are no secret; a shared key has none.',
    answer: z.object({ keys: z.array(z.looseObject({ kty: z.string() })) }),
    run: async ({ parts, params, at }) => {
      const { keys } = await parts.vault.published([params['name'] ?? ''], at)
      return keys.length === 0 ? refused('not_found') : said({ keys: keys.map((key) => ({ ...key })) })
    },
  }),
  endpoint({
    id: 'rotateSigningKey',
    method: 'POST',
    path: '/signing-keys/{name}/rotate',
    callers: 'owner',
    change: true,
    grave: true,
    about:
      'Makes the next version of a key that signs: published at once, used after `publishFirst`. Of a shared key it takes the next one over, which the API has to have by then.',
    body: rotateBody,
    answer: secretView,
    run: rotate,
  }),
]

async function rotate(call: AdminCall<unknown, z.output<typeof rotateBody>>): Promise<Said<SecretView>> {
  const { parts, at, body, params } = call
  const first = parseDuration(body.publishFirst)
  const retireAfterMs = parseDuration(body.overlap)
  if (first === null || retireAfterMs === null) return refused('admin_request_refused', OVERLAP)
  const name = params['name'] ?? ''
  const kind = (await parts.vault.list()).find((each) => each.name === name)?.kind
  if (kind?.is !== 'signing-key') return refused('not_found')
  const made = keyOf(kind.algorithm, body.shared, parts.random)
  if (typeof made === 'string') return refused('admin_request_refused', made)
  const next = { is: 'signing-key', value: made, notBefore: first === 0 ? null : at + first, retireAfterMs } as const
  return await told(call, await parts.vault.rotate(name, next, at), 'key.rotated')
}

/** A text that says what is wrong, or the key. A pair is made here, so that nobody has ever held its private half; a shared one is agreed upon. */
function keyOf(algorithm: SigningAlgorithm, given: string | undefined, random: Random): Buffer | string {
  if (algorithm !== 'hmac-sha256')
    return given === undefined ? makeSigningKey(algorithm, random) : `shared: ${algorithm} has no shared secret.`
  return given === undefined
    ? 'shared: an API that checks hmac-sha256 has to have the secret; give both the same.'
    : Buffer.from(given, 'base64url')
}
