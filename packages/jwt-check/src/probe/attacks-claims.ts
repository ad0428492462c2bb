import type { Attack, Material } from './attack.ts'
import { claimForgeries } from './forge.ts'

export const noExpiry: Attack = {
  ruleId: 'JWT-15',
  name: 'no-expiry',
  forge: (material) => (expires(material) ? claimForgeries(material, [{ label: 'a JWT without exp', without: ['exp'] }]) : undated),
}

export const expired: Attack = {
  ruleId: 'JWT-16',
  name: 'expired',
  forge: (material) =>
    expires(material)
      ? claimForgeries(material, [
          { label: 'a JWT that expired an hour ago', claims: { exp: material.now - 3600 } },
          // Five seconds beyond the 60 of ASVS 9.2.1, for the clocks of two machines.
          { label: 'a JWT that expired 65 s ago', claims: { exp: material.now - 65 } },
        ])
      : undated,
}

export const fromTheFuture: Attack = {
  ruleId: 'JWT-18',
  name: 'from-the-future',
  forge: (material) =>
    claimForgeries(material, [
      { label: 'a JWT with nbf in an hour', claims: { nbf: material.now + 3600, exp: material.now + 7200 } },
      { label: 'a JWT with iat in an hour', claims: { iat: material.now + 3600, exp: material.now + 7200 }, severity: 'warning' },
    ]),
}

export const oddDates: Attack = {
  ruleId: 'JWT-19',
  name: 'odd-dates',
  forge: (material) =>
    expires(material)
      ? claimForgeries(material, [
          { label: 'exp as a string', claims: { exp: String(material.now + 600) } },
          { label: 'exp as a word', claims: { exp: 'never' } },
          { label: 'exp as null', claims: { exp: null } },
          { label: 'exp as a list', claims: { exp: [material.now + 600] } },
          { label: 'exp as true', claims: { exp: true } },
          { label: 'a negative exp', claims: { exp: -1 } },
          { label: 'exp in milliseconds', claims: { exp: (material.now + 600) * 1000 }, severity: 'warning' },
        ])
      : undated,
}

export const wrongIssuer: Attack = {
  ruleId: 'JWT-20',
  name: 'wrong-issuer',
  forge: (material) => {
    const { iss } = material.claims
    if (typeof iss !== 'string') return Promise.resolve({ skipped: 'the valid JWT has no iss' })
    return claimForgeries(material, [
      { label: 'another issuer', claims: { iss: 'https://attacker.example' } },
      { label: 'an issuer that starts like the right one', claims: { iss: `${iss}.attacker.example` } },
      { label: 'a list of issuers with the right one in it', claims: { iss: ['https://attacker.example', iss] } },
      { label: 'no issuer', without: ['iss'] },
    ])
  },
}

export const wrongAudience: Attack = {
  ruleId: 'JWT-22',
  name: 'wrong-audience',
  forge: (material) => {
    const { aud } = material.claims
    const right = Array.isArray(aud) ? aud.find((name) => typeof name === 'string') : aud
    if (typeof right !== 'string') return Promise.resolve({ skipped: 'the valid JWT has no aud' })
    return claimForgeries(material, [
      { label: 'another audience', claims: { aud: 'https://other-api.example' } },
      { label: 'a list of other audiences', claims: { aud: ['a', 'b'] } },
      { label: 'an audience that starts like the right one', claims: { aud: `${right}.evil` } },
      { label: 'an audience that contains the right one', claims: { aud: [`x ${right} y`] } },
      { label: 'the audience in capitals', claims: { aud: right.toUpperCase() === right ? right.toLowerCase() : right.toUpperCase() } },
      { label: 'an empty audience', claims: { aud: [] } },
      { label: 'no audience', without: ['aud'] },
    ])
  },
}

export const wrongType: Attack = {
  ruleId: 'JWT-23',
  name: 'wrong-type',
  forge: (material) =>
    claimForgeries(material, [
      { label: 'the type of a logout token', header: { typ: 'logout+jwt' } },
      { label: 'the type of a security event', header: { typ: 'secevent+jwt' }, severity: 'warning' },
      { label: 'a type that is a list', header: { typ: ['at+jwt'] }, severity: 'warning' },
    ]),
}

export const otherKinds: Attack = {
  ruleId: 'JWT-24',
  name: 'other-kinds',
  forge: (material) => {
    const { now, claims, profile } = material
    const scopes = ['scope', 'scp', 'client_id', 'permissions']
    const kinds = [
      {
        kind: 'id-token',
        label: 'an ID token',
        header: { typ: 'JWT' },
        without: scopes,
        claims: { nonce: 'n-0S6_WzA2Mj', at_hash: '77QmUPtjPfzWtF2AnpK9RQ' },
      },
      {
        kind: 'logout',
        label: 'a logout token',
        header: { typ: 'logout+jwt' },
        without: scopes,
        claims: { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } },
      },
      {
        kind: 'dpop',
        label: 'a DPoP proof',
        header: { typ: 'dpop+jwt' },
        without: scopes,
        claims: { htm: 'GET', htu: 'https://api.example/', iat: now },
      },
      { kind: 'refresh', label: 'a refresh token', header: { typ: 'JWT' }, without: ['scope'], claims: { token_use: 'refresh' } },
    ].filter(({ kind }) => kind !== profile.name && !(kind === 'id-token' && claims['nonce'] !== undefined))
    return claimForgeries(
      material,
      kinds.map(({ label, ...change }) => ({ ...change, label: `${label} in its place` })),
    )
  },
}

const undated = Promise.resolve({ skipped: 'JWTs of this profile carry no exp' })

function expires({ claims, profile }: Material): boolean {
  return claims['exp'] !== undefined || profile.requires.includes('exp')
}
