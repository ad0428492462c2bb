import { importJWK, jwtVerify, type JWTVerifyGetKey } from 'jose'
import { expect, test } from 'vitest'
import { type AssertionVectors, makeAssertionVectors } from './make-assertions.ts'
import { readVectors } from './make-vectors.ts'

const vectors = readVectors('assertions.json') as AssertionVectors

const keyOf: JWTVerifyGetKey = async ({ kid }) => {
  const { d: _private, ...own } = vectors.keys.find((each) => each.kid === kid) ?? { kty: 'none' }
  return await importJWK(own, { OKP: 'EdDSA', EC: 'ES256', oct: 'HS256' }[own.kty])
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

test('the vectors are what the generator makes, but for signatures that are different each time', async () => {
  const made = await makeAssertionVectors()
  const bare = ({ cases, ...rest }: AssertionVectors): unknown => ({
    ...rest,
    cases: cases.map(({ name, jwt, accepted }) => [name, accepted, jwt.split('.').slice(0, 2)]),
  })
  expect(bare(vectors)).toEqual(JSON.parse(JSON.stringify(bare(made))))
})
