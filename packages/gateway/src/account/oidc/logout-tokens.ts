import type { createRemoteJWKSet } from 'jose'
import type { Instant } from '../../decide/head.ts'
import { judgeLogoutToken, type LogoutVerdict } from '../../decide/logout-token.ts'
import type { Provider } from '../../decide/provider.ts'
import type { ClientSource, OidcClient } from './client.ts'

/** Reads what a provider posts to end sessions. */
export interface LogoutTokens {
  read(text: string, at: Instant): Promise<LogoutVerdict>
}

export function createLogoutTokens(settings: Provider, source: ClientSource): LogoutTokens {
  let keys: { readonly of: OidcClient; readonly find: KeySet } | null = null

  async function keySet(): Promise<KeySet> {
    const client = await source.client()
    if (keys?.of === client) return keys.find
    const { createRemoteJWKSet, customFetch } = await import('jose')
    const find = createRemoteJWKSet(new URL(client.metadata.jwks_uri ?? ''), {
      // An unknown key is looked for once a minute: a flood of tokens must not become one of requests to the provider (OIDC-09).
      cooldownDuration: MINUTE_MS,
      cacheMaxAge: 10 * MINUTE_MS,
      timeoutDuration: 10_000,
      [customFetch]: (url: string, { headers }: { headers: Headers }) => client.call(url, { headers }),
    })
    keys = { of: client, find }
    return find
  }

  return {
    async read(text, at) {
      const { jwtVerify, errors } = await import('jose')
      const find = await keySet()
      try {
        // Signature and algorithm here; what it says is judged by our own rules and clock.
        const verified = await jwtVerify(text, find, { algorithms: [settings.algorithm], currentDate: EPOCH, clockTolerance: ANY })
        return judgeLogoutToken(verified.protectedHeader.typ, verified.payload, settings, at)
      } catch (cause) {
        if (cause instanceof errors.JOSEError) return { kind: 'refused', why: cause.code.toLowerCase().replace(/^err_/, '') }
        throw cause
      }
    },
  }
}

type KeySet = ReturnType<typeof createRemoteJWKSet>

const MINUTE_MS = 60_000
const EPOCH = new Date(0)
/** Seconds: more than any time in a token, so that only judgeLogoutToken decides about time. */
const ANY = 1e12
