import { DIRECTORY_MEDIA_TYPE, directoryOf, type Jwk } from '@cloakroom/signature'
import type { Answer } from '../answer.ts'
import type { Call } from './endpoint.ts'
import { apiHeaders } from './security-headers.ts'

/** The keys that an API checks signatures with. For anyone: what is public needs no session, and an API has none. */
export async function showKeyDirectory({ head, policy, parts }: Call): Promise<Answer> {
  const { keys } = await parts.keys.published(policy.signingKeys, head.at)
  return keySet(DIRECTORY_MEDIA_TYPE, keys)
}

/** The keys of the JWTs that the gateway makes; with the algorithm, because libraries for JWTs look for it. */
export async function showJwks({ head, policy, parts }: Call): Promise<Answer> {
  const { keys } = await parts.keys.published(policy.assertionKeys, head.at)
  return keySet(
    'application/jwk-set+json',
    keys.map((key) => ({ ...key, alg: key.kty === 'EC' ? 'ES256' : 'EdDSA' })),
  )
}

/** Through `directoryOf` once more: it takes public members only, and throws on a shared secret. */
function keySet(type: string, keys: readonly Jwk[]): Answer {
  return {
    status: 200,
    headers: [['content-type', type], ['cache-control', `public, max-age=${KEPT_SECONDS}`], ...apiHeaders()],
    body: Buffer.from(JSON.stringify(directoryOf(keys))),
  }
}

/** A new key is published a day before it is used: nobody waits for this. */
const KEPT_SECONDS = 300
