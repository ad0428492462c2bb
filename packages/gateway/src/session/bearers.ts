import { createHmac, type KeyObject } from 'node:crypto'
import type { JWK } from 'jose'
import { type Bearer, denialNames, isDenied, type JwtAlgorithm, type JwtDemand } from '../decide/bearer.ts'
import type { Instant } from '../decide/head.ts'
import type { Clock } from '../lib/clock.ts'
import type { BearerOutcome, BearersPart } from '../parts.ts'
import type { DenialStore } from '../store/store.ts'
import { type FetchText, type IssuerKeys, issuerKeys } from './jwks.ts'

export interface BearerParts {
  readonly denials: Pick<DenialStore, 'find'>
  readonly fetchText: FetchText
  readonly clock: Clock
  /** Names a JWT in logs. */
  readonly labelKey: KeyObject
}

/** No issuer's access token is longer; a header field of ours takes 16 KiB. */
const LONGEST = 8192
/** Clocks of two machines. */
const SKEW_MS = 30_000

/** Checks JWTs of other issuers, every time anew: RFC 8725, RFC 9068 §4. The reasons are for the log; the caller learns none of them. */
export function createBearers({ denials, fetchText, clock, labelKey }: BearerParts): BearersPart {
  const issuers = new Map<string, IssuerKeys>()

  function keysOf(source: string): IssuerKeys {
    const known = issuers.get(source) ?? issuerKeys(source, fetchText, clock)
    issuers.set(source, known)
    return known
  }

  return {
    async verify(jwt, demand, at) {
      if (jwt.length > LONGEST) return refused('longer than 8 KiB')
      // Loaded with the first JWT: most gateways take none.
      const { readJwt } = await import('@cloakroom/jwt-check')
      const read = readJwt(jwt)
      // Two readers could understand two things: duplicate members, stray bits, padding, unreadable text (RFC 8725 §2.4).
      if (read.kind !== 'signed' || read.faults.length > 0 || read.payload.kind !== 'claims') return refused('not in strict form')
      const { header } = read
      const alg = demand.algorithms.find((allowed) => allowed === header['alg'])
      if (alg === undefined) return refused('its algorithm is not allowed')
      const wrongHeader = refuseHeader(header, demand)
      if (wrongHeader !== null) return refused(wrongHeader)
      const keys = keysOf(demand.keys)
      const key = chooseKey(await keys.read(false), alg, header) ?? chooseKey(await keys.read(true), alg, header)
      if (key === null) return refused('no key of its issuer fits')
      if (!(await isSigned(jwt, key, alg))) return refused('the signature is wrong')
      const claims = readClaims(read.payload.claims, demand, at)
      if (typeof claims === 'string') return refused(claims)
      const label = createHmac('sha256', labelKey).update(read.signingInput).digest('base64url').slice(0, 16)
      const bearer: Bearer = { ...claims, label }
      return isDenied(bearer, await denials.find(denialNames(bearer))) ? refused('revoked') : { kind: 'good', bearer }
    },
  }
}

type Members = Readonly<Record<string, unknown>>

/** The header is the sender's word: it chooses among what the owner allows, and brings no key of its own (RFC 8725 §3.1, §3.10, §3.11). */
function refuseHeader(header: Members, { type }: JwtDemand): string | null {
  const { typ, kid } = header
  if (['crit', 'b64', 'jwk', 'jku', 'x5u', 'x5c', 'zip', 'enc'].some((name) => header[name] !== undefined))
    return 'its header asks for what is not done here'
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > 256)) return 'its key has no name'
  const kind = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : typ
  return kind === type || (type === 'jwt' && kind === undefined) ? null : `its type is not ${type}`
}

/** The one key that is meant: by name, or the only one that fits when none is named. */
function chooseKey(keys: readonly JWK[], alg: JwtAlgorithm, { kid }: Members): JWK | null {
  const fitting = keys.filter((key) => fits(key, alg) && (kid === undefined || key.kid === kid))
  return fitting.length === 1 ? (fitting[0] ?? null) : null
}

function fits(key: JWK, alg: JwtAlgorithm): boolean {
  const family = alg.startsWith('ES') ? 'EC' : alg === 'EdDSA' ? 'OKP' : 'RSA'
  const forVerifying = (key.use ?? 'sig') === 'sig' && (key.key_ops?.includes('verify') ?? true)
  return key.kty === family && (key.alg === undefined || key.alg === alg) && forVerifying && key.d === undefined
}

async function isSigned(jwt: string, key: JWK, alg: JwtAlgorithm): Promise<boolean> {
  const { compactVerify, importJWK } = await import('jose')
  try {
    await compactVerify(jwt, await importJWK(key, alg), { algorithms: [alg] })
    return true
  } catch {
    return false
  }
}

function readClaims(claims: Members, demand: JwtDemand, at: Instant): Omit<Bearer, 'label'> | string {
  const { iss, aud, sub, jti } = claims
  if (iss !== demand.issuer) return 'of another issuer'
  if (!(Array.isArray(aud) ? aud : [aud]).includes(demand.audience)) return 'for another audience'
  if (typeof sub !== 'string' || sub === '' || sub.length > 255) return 'it names no subject'
  if (jti !== undefined && (typeof jti !== 'string' || jti === '' || jti.length > 255)) return 'its identifier is none'
  const [expiresAt, issuedAt, notBefore] = ['exp', 'iat', 'nbf'].map((name) => momentOf(claims[name]))
  if (expiresAt === null || expiresAt === undefined || issuedAt === null || issuedAt === undefined) return 'without exp or iat'
  if (notBefore === null) return 'its nbf is no time'
  if (at >= expiresAt + SKEW_MS) return 'expired'
  if (issuedAt > at + SKEW_MS || (notBefore ?? 0) > at + SKEW_MS) return 'from the future'
  if (expiresAt <= issuedAt || expiresAt - issuedAt > demand.longestMs) return 'it lives longer than the owner allows'
  // RFC 7800: bound to a key that is not shown. The others belong to ID tokens, logout tokens and DPoP proofs (RFC 8725 §3.12).
  if (['cnf', 'nonce', 'at_hash', 'c_hash', 'events', 'htm', 'htu'].some((name) => claims[name] !== undefined))
    return 'made for something else'
  const use = claims['token_use']
  if (use !== undefined && use !== 'access') return 'made for something else'
  const scope = typeof claims['scope'] === 'string' ? claims['scope'].split(' ').filter(Boolean) : []
  return { issuer: demand.issuer, subject: sub, id: jti ?? null, issuedAt, expiresAt, scope }
}

/** Seconds since 1970, as a number: null when it is something else, undefined when it is missing. */
function momentOf(value: unknown): Instant | null | undefined {
  if (value === undefined) return undefined
  return typeof value === 'number' && Number.isFinite(value) && value > 0 && value < 1e11 ? value * 1000 : null
}

function refused(why: string): BearerOutcome {
  return { kind: 'refused', why }
}
