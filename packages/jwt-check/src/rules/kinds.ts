import { isJsonObject, type JsonObject } from '../encoding/json.ts'

/** The kinds of JWT that are mistaken for each other, told apart by their claims alone. */
export type Kind = 'id-token' | 'access-token' | 'logout' | 'dpop' | 'refresh' | 'unknown'

/** What a claim set is by the marks that its specification gives it (OIDC Core §2, RFC 9068 §2.2, Back-Channel Logout §2.4, RFC 9449 §4.2). */
export function kindOf(claims: JsonObject): Kind {
  if (isJsonObject(claims['events'])) return 'logout'
  if (claims['htm'] !== undefined && claims['htu'] !== undefined) return 'dpop'
  const use = claims['token_use'] ?? claims['token_type'] ?? claims['typ']
  if (typeof use === 'string' && /refresh/i.test(use)) return 'refresh'
  if (claims['nonce'] !== undefined || claims['at_hash'] !== undefined || use === 'id') return 'id-token'
  if (claims['scope'] !== undefined || claims['scp'] !== undefined || use === 'access') return 'access-token'
  return 'unknown'
}
