import type { CredentialName } from './policy.ts'

/** An OpenID Provider at which people may sign in, as its owner configured it. */
export interface Provider {
  readonly name: string
  /** What the button says. */
  readonly label: string
  /** Letter by letter as the provider spells it. */
  readonly issuer: string
  readonly clientId: string
  readonly clientAuth: 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt' | 'tls_client_auth'
  /** The client's secret or private key. */
  readonly credential: CredentialName
  /** Asked for besides `openid`. */
  readonly scopes: readonly string[]
  /** The only one with which its ID tokens and logout tokens may be signed; never a symmetric one. */
  readonly algorithm: string
  /** Further parameters of the authorization request. */
  readonly parameters: Readonly<Record<string, string>>
  readonly nameClaim: string
  readonly admit: Admit
  readonly roles: RoleMap | null
  /** The only authentication contexts that are enough; empty: any. */
  readonly acr: readonly string[]
  readonly maxAgeMs: number | null
  readonly demandPkce: boolean
  /** Does signing out here lead to signing out there? */
  readonly endSession: boolean
  readonly frontChannelLogout: boolean
  readonly privateNetwork: boolean
}

/** Who may come in: accounts that are linked already, anybody, or whoever has each of these claims with one of its values. */
export type Admit =
  | { readonly kind: 'known' }
  | { readonly kind: 'anybody' }
  | { readonly kind: 'claims'; readonly demands: Readonly<Record<string, readonly string[]>> }

export interface RoleMap {
  readonly claim: string
  readonly map: Readonly<Record<string, readonly string[]>>
}

/** What a token says, as parsed. */
export type Claims = Readonly<Record<string, unknown>>

/** May the person with these claims come in? Asked at every sign-in: who has left the group stays out, linked or not. */
export function admits(admit: Admit, claims: Claims): boolean {
  if (admit.kind !== 'claims') return true
  return Object.entries(admit.demands).every(([claim, values]) => textsAt(claims, claim).some((text) => values.includes(text)))
}

/** The roles that the provider gives; what the map does not name gives none. */
export function rolesOf(roles: RoleMap | null, claims: Claims): readonly string[] {
  if (roles === null) return []
  const { claim, map } = roles
  const given = textsAt(claims, claim).flatMap((text) => (Object.hasOwn(map, text) ? (map[text] ?? []) : []))
  return [...new Set(given)].toSorted()
}

/** What a new account could be called: the named claim, or the address, or nothing that is of use. */
export function namesOf(nameClaim: string, claims: Claims): readonly string[] {
  return [textsAt(claims, nameClaim)[0], textsAt(claims, 'email')[0]].filter((text) => text !== undefined && text !== '') as string[]
}

/** The texts of a claim, or of what a path such as `realm_access.roles` leads to. A name with dots in it comes before a path. */
function textsAt(claims: Claims, path: string): readonly string[] {
  const found = Object.hasOwn(claims, path) ? claims[path] : path.split('.').reduce<unknown>(step, claims)
  const values: readonly unknown[] = Array.isArray(found) ? found : [found]
  // `email_verified: true` is worth demanding, too.
  return values.flatMap((value) => (typeof value === 'string' || typeof value === 'boolean' ? [String(value)] : []))
}

function step(node: unknown, key: string): unknown {
  if (typeof node !== 'object' || node === null || !Object.hasOwn(node, key)) return undefined
  return (node as Claims)[key]
}
