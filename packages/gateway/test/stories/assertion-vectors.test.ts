import { readFileSync } from 'node:fs'
import type { Jwk } from '@cloakroom/signature'
import { importJWK, jwtVerify, type JWTVerifyGetKey } from 'jose'
import { expect, test } from 'vitest'

// What the recipes of examples/verify-in-* are held to is held to a library for JWTs here.
const vectors = JSON.parse(readFileSync(new URL('../../../signature/vectors/assertions.json', import.meta.url), 'utf8')) as {
  readonly now: number
  readonly issuer: string
  readonly audience: string
  readonly keys: readonly Jwk[]
  readonly cases: readonly { readonly name: string; readonly jwt: string; readonly accepted: boolean }[]
}

const ALGORITHMS: Readonly<Record<string, string>> = { OKP: 'EdDSA', EC: 'ES256', oct: 'HS256' }

const keyOf: JWTVerifyGetKey = async ({ kid }) => {
  const { d: _private, ...own } = vectors.keys.find((each) => each.kid === kid) ?? { kty: 'none' }
  return await importJWK(own, ALGORITHMS[own.kty])
}

test.each(vectors.cases)('a library for JWTs judges an assertion $name as the vectors say', async ({ jwt, accepted }) => {
  const verdict = await jwtVerify(jwt, keyOf, {
    issuer: vectors.issuer,
    audience: vectors.audience,
    typ: 'cloakroom+jwt',
    requiredClaims: ['exp'],
    currentDate: new Date(vectors.now * 1000),
  }).then(
    () => true,
    () => false,
  )
  expect(verdict).toBe(accepted)
})
