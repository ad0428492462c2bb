import { describe, expect, test } from 'vitest'
import { checkCredentials, type HeldCredential } from './check-credentials.ts'
import { parseConfig } from './load.ts'
import { readYaml } from './yaml.ts'

const NOW = Date.UTC(2026, 10, 23)
const DAY = 86_400_000
const TEXT =
  'apis:\n  shop:\n    path: /api/shop\n    upstream: https://api.example.com/v1\n    credential: shop-key\n    allow: [GET /**]\n'

type Version = HeldCredential['versions'][number]

function check(held: readonly HeldCredential[], text: string = TEXT): readonly string[] {
  const yaml = readYaml(text)
  if (yaml.kind === 'problems') throw new Error('unreadable')
  const loaded = parseConfig(yaml.value, { file: '/srv/cloakroom.yaml', folder: '/srv', locate: yaml.locate })
  if (loaded.kind === 'problems') throw new Error('refused')
  return checkCredentials(loaded.config, loaded.locate, held, NOW).map(
    ({ line, column, code, severity }) => `${line}:${column} ${code} ${severity}`,
  )
}

const active: Version = { state: 'active', notAfter: null }
const shop = (versions: readonly Version[], origins = ['https://api.example.com']): HeldCredential => ({
  name: 'shop-key',
  kind: { is: 'secret' },
  placement: 'bearer',
  origins,
  versions,
})

describe('what only the vault knows', () => {
  test('HTTP-01 VLT-14 an upstream that was not sealed with the credential is refused, whatever part of it differs', () => {
    for (const origin of [
      'https://api.example.org',
      'http://api.example.com',
      'https://api.example.com:8443',
      'https://api.example.com.evil.test',
    ]) {
      expect(check([shop([active], [origin])])).toEqual(['4:15 origin_not_sealed error'])
    }
    expect(check([shop([active], ['https://other.example', 'https://api.example.com'])])).toEqual([])
  })

  test.each<readonly [string, readonly HeldCredential[], readonly string[]]>([
    ['a credential in use', [shop([active])], []],
    ['none of that name', [], ['5:17 credential_missing error']],
    ['one that was revoked', [shop([{ state: 'revoked', notAfter: null }])], ['5:17 credential_revoked error']],
    ['one that has expired', [shop([{ state: 'retiring', notAfter: NOW - 1 }])], ['5:17 credential_expired error']],
    ['one that ends this moment', [shop([{ state: 'active', notAfter: NOW }])], ['5:17 credential_expired error']],
    ['one that waits for its day', [shop([{ state: 'staged', notAfter: null }])], ['5:17 credential_waiting warning']],
    ['VLT-09 one that ends in ten days', [shop([{ state: 'active', notAfter: NOW + 10 * DAY }])], ['5:17 credential_expires warning']],
    [
      'one that ends in ten days, with the next one staged',
      [
        shop([
          { state: 'staged', notAfter: null },
          { state: 'active', notAfter: NOW + 10 * DAY },
        ]),
      ],
      [],
    ],
    ['one that retires while the next one is in use', [shop([active, { state: 'retiring', notAfter: NOW + DAY }])], []],
  ])('ADM-02 %s', (_what, held, expected) => expect(check(held)).toEqual(expected))
})

describe('a key that signs', () => {
  const signed = `${TEXT}    sign: { key: shop-sign }\n`
  const key = (change: Partial<HeldCredential> = {}): HeldCredential => ({
    name: 'shop-sign',
    kind: { is: 'signing-key' },
    placement: null,
    origins: ['https://api.example.com'],
    versions: [active],
    ...change,
  })
  test.each<readonly [string, readonly HeldCredential[], readonly string[]]>([
    ['is there', [key()], []],
    ['is missing', [], ['7:18 key_missing error']],
    ['is a secret', [key({ kind: { is: 'secret' } })], ['7:18 key_wrong_kind error']],
    ['was made for another API', [key({ origins: ['https://other.example'] })], ['4:15 origin_not_sealed error']],
    ['was revoked', [key({ versions: [{ state: 'revoked', notAfter: null }] })], ['7:18 credential_revoked error']],
  ])('ADM-02 UPV-12 %s', (_what, held, expected) => expect(check([shop([active]), ...held], signed)).toEqual(expected))

  test('ADM-02 an assertion cannot stand where the secret stands', () => {
    const asserted = `${TEXT}    assertion: { key: shop-sign, audience: a, as: bearer }\n`
    expect(check([shop([active]), key()], asserted)).toEqual(['7:51 assertion_place error'])
    expect(check([{ ...shop([active]), placement: 'header:x-api-key' }, key()], asserted)).toEqual([])
  })

  test('ADM-02 is no credential to be sent', () => {
    expect(check([{ ...shop([active]), kind: { is: 'signing-key' } }])).toEqual(['5:17 key_wrong_kind error'])
  })
})

describe('a client certificate in the vault', () => {
  const shown = `${TEXT}    clientCertificate: { vault: shop-mtls }\n`
  const held = (change: Partial<HeldCredential> = {}): HeldCredential => ({
    name: 'shop-mtls',
    kind: { is: 'client-certificate' },
    placement: null,
    origins: ['https://api.example.com'],
    versions: [active],
    ...change,
  })
  test.each<readonly [string, readonly HeldCredential[], readonly string[]]>([
    ['is there', [held()], []],
    [
      'is what an OAuth client shows',
      [held({ kind: { is: 'oauth', client: { authentication: 'tls_client_auth' } }, placement: 'bearer' })],
      [],
    ],
    ['is missing', [], ['7:33 credential_missing error']],
    ['is a secret', [held({ kind: { is: 'secret' } })], ['7:33 key_wrong_kind error']],
    ['is a key that signs', [held({ kind: { is: 'signing-key' } })], ['7:33 key_wrong_kind error']],
    [
      'belongs to a client with a secret',
      [held({ kind: { is: 'oauth', client: { authentication: 'client_secret_basic' } } })],
      ['7:33 key_wrong_kind error'],
    ],
    ['was sealed for another API', [held({ origins: ['https://other.example'] })], ['4:15 origin_not_sealed error']],
    ['ends in ten days', [held({ versions: [{ state: 'active', notAfter: NOW + 10 * DAY }] })], ['7:33 credential_expires warning']],
  ])('ADM-02 UPV-15 %s', (_what, credentials, expected) => expect(check([shop([active]), ...credentials], shown)).toEqual(expected))

  test('ADM-02 is no credential to be sent', () => {
    expect(check([{ ...shop([active]), kind: { is: 'client-certificate' } }])).toEqual(['5:17 key_wrong_kind error'])
  })
})
