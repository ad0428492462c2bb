import { DIRECTORY_MEDIA_TYPE, directoryOf } from '@cloakroom/signature'
import type { Answer } from '../answer.ts'
import type { Call } from './endpoint.ts'
import { apiHeaders } from './security-headers.ts'

/** The keys that an API checks signatures with. For anyone: what is public needs no session, and an API has none. */
export async function showKeyDirectory({ head, policy, parts }: Call): Promise<Answer> {
  const { keys } = await parts.keys.published(policy.signingKeys, head.at)
  return {
    status: 200,
    // Through `directoryOf` once more: it takes public members only, and throws on a shared secret.
    headers: [['content-type', DIRECTORY_MEDIA_TYPE], ['cache-control', `public, max-age=${KEPT_SECONDS}`], ...apiHeaders()],
    body: Buffer.from(JSON.stringify(directoryOf(keys))),
  }
}

/** A new key is published a day before it is used: nobody waits for this. */
const KEPT_SECONDS = 300
