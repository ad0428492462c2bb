import type { FieldLine, RequestMessage, ResponseMessage } from '../src/index.ts'

// Keys, messages and signatures of RFC 9421 Appendix B (https://www.rfc-editor.org/rfc/rfc9421#appendix-B), the published values.
// B.2's response carries the digest of the RFC, which is the SHA-512 of its content; an early draft printed another one.

export const RSA_PSS = {
  kty: 'RSA',
  kid: 'test-key-rsa-pss',
  e: 'AQAB',
  n: 'r4tmm3r20Wd_PbqvP1s2-QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct-Lh1GH45x28Rw3Ry53mm-oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHqgDsznjPFmTOtCEcN2Z1FpWgchwuYLPL-Wokqltd11nqqzi-bJ9cvSKADYdUAAN5WUtzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4aOT9v6d-nb4bnNkQVklLQ3fVAvJm-xdDOp9LCNCN48V2pnDOkFV6-U9nV5oyc6XI2w',
}
export const ECC_P256 = {
  kty: 'EC',
  crv: 'P-256',
  kid: 'test-key-ecc-p256',
  x: 'qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA',
  y: 'Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0',
}
export const ED25519 = {
  kty: 'OKP',
  crv: 'Ed25519',
  kid: 'test-key-ed25519',
  d: 'n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU',
  x: 'JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs',
}
export const SHARED_SECRET = {
  kty: 'oct',
  kid: 'test-shared-secret',
  k: 'uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ',
}

export const REQUEST_CONTENT = '{"hello": "world"}'
export const RESPONSE_CONTENT = '{"message": "good dog"}'

const REQUEST_FIELDS: readonly FieldLine[] = [
  ['Host', 'example.com'],
  ['Date', 'Tue, 20 Apr 2021 02:07:55 GMT'],
  ['Content-Type', 'application/json'],
  ['Content-Digest', 'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:'],
  ['Content-Length', '18'],
]

/** B.2's test-request with the fields of one signature added. */
export function testRequest(...signature: readonly FieldLine[]): RequestMessage {
  const fields = [...REQUEST_FIELDS, ...signature]
  return { kind: 'request', method: 'POST', scheme: 'https', authority: 'example.com', path: '/foo', query: 'param=Value&Pet=dog', fields }
}

/** B.2's test-response with the fields of one signature added. */
export function testResponse(...signature: readonly FieldLine[]): ResponseMessage {
  const fields: readonly FieldLine[] = [
    ['Date', 'Tue, 20 Apr 2021 02:07:56 GMT'],
    ['Content-Type', 'application/json'],
    ['Content-Digest', 'sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:'],
    ['Content-Length', '23'],
    ...signature,
  ]
  return { kind: 'response', status: 200, fields, request: null }
}

interface RequestVector {
  readonly section: string
  readonly key: typeof RSA_PSS | typeof ED25519 | typeof SHARED_SECRET
  readonly input: string
  readonly signature: string
}

export const REQUEST_VECTORS: readonly RequestVector[] = [
  {
    section: 'B.2.1 minimal, rsa-pss-sha512',
    key: RSA_PSS,
    input: 'sig-b21=();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"',
    signature:
      'sig-b21=:d2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4cRAtx31Iq786U7it++wgGxbtRxf8Udx7zFZsckzXaJMkA7ChG52eSkFxykJeNqsrWH5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhzx2VjBqJzsPLMIQKhO4DGezXehhWwE56YCE+O6c0mKZsfxVrogUvA4HELjVKWmAvtl6UnCh8jYzuVG5WSb/QEVPnP5TmcAnLH1g+s++v6d4s8m0gCw1fV5/SITLq9mhho8K3+7EPYTU8IU1bLhdxO5Nyt8C8ssinQ98Xw9Q==:',
  },
  {
    section: 'B.2.2 selective, rsa-pss-sha512',
    key: RSA_PSS,
    input:
      'sig-b22=("@authority" "content-digest" "@query-param";name="Pet");created=1618884473;keyid="test-key-rsa-pss";tag="header-example"',
    signature:
      'sig-b22=:LjbtqUbfmvjj5C5kr1Ugj4PmLYvx9wVjZvD9GsTT4F7GrcQEdJzgI9qHxICagShLRiLMlAJjtq6N4CDfKtjvuJyE5qH7KT8UCMkSowOB4+ECxCmT8rtAmj/0PIXxi0A0nxKyB09RNrCQibbUjsLS/2YyFYXEu4TRJQzRw1rLEuEfY17SARYhpTlaqwZVtR8NV7+4UKkjqpcAoFqWFQh62s7Cl+H2fjBSpqfZUJcsIk4N6wiKYd4je2U/lankenQ99PZfB4jY3I5rSV2DSBVkSFsURIjYErOs0tFTQosMTAoxk//0RoKUqiYY8Bh0aaUEb0rQl3/XaVe4bXTugEjHSw==:',
  },
  {
    section: 'B.2.3 full coverage, rsa-pss-sha512',
    key: RSA_PSS,
    input:
      'sig-b23=("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss"',
    signature:
      'sig-b23=:bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yBiMIRGOnMYwZ/5MR6fb0Kh1rIRASVxFkeGt683+qRpRRU5p2voTp768ZrCUb38K0fUxN0O0iC59DzYx8DFll5GmydPxSmme9v6ULbMFkl+V5B1TP/yPViV7KsLNmvKiLJH1pFkh/aYA2HXXZzNBXmIkoQoLd7YfW91kE9o/CCoC1xMy7JA1ipwvKvfrs65ldmlu9bpG6A9BmzhuzF8Eim5f8ui9eH8LZH896+QIF61ka39VBrohr9iyMUJpvRX2Zbhl5ZJzSRxpJyoEZAFL2FUo5fTIztsDZKEgM4cUA==:',
  },
  {
    section: 'B.2.5 hmac-sha256',
    key: SHARED_SECRET,
    input: 'sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
    signature: 'sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:',
  },
  {
    section: 'B.2.6 ed25519',
    key: ED25519,
    input: 'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"',
    signature: 'sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:',
  },
]

export const B24 = {
  input: 'sig-b24=("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256"',
  signature: 'sig-b24=:wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==:',
}

/** B.3: what a TLS-terminating proxy sends on, with the client's certificate covered. */
export const B3: RequestMessage = {
  kind: 'request',
  method: 'POST',
  scheme: null,
  authority: 'service.internal.example',
  path: '/foo',
  query: 'param=Value&Pet=dog',
  fields: [
    ['Host', 'service.internal.example'],
    ['Date', 'Tue, 20 Apr 2021 02:07:55 GMT'],
    ['Content-Type', 'application/json'],
    ['Content-Length', '18'],
    [
      'Client-Cert',
      ':MIIBqDCCAU6gAwIBAgIBBzAKBggqhkjOPQQDAjA6MRswGQYDVQQKDBJMZXQncyBBdXRoZW50aWNhdGUxGzAZBgNVBAMMEkxBIEludGVybWVkaWF0ZSBDQTAeFw0yMDAxMTQyMjU1MzNaFw0yMTAxMjMyMjU1MzNaMA0xCzAJBgNVBAMMAkJDMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8YnXXfaUgmnMtOXU/IncWalRhebrXmckC8vdgJ1p5Be5F/3YC8OthxM4+k1M6aEAEFcGzkJiNy6J84y7uzo9M6NyMHAwCQYDVR0TBAIwADAfBgNVHSMEGDAWgBRm3WjLa38lbEYCuiCPct0ZaSED2DAOBgNVHQ8BAf8EBAMCBsAwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0RAQH/BBMwEYEPYmRjQGV4YW1wbGUuY29tMAoGCCqGSM49BAMCA0gAMEUCIBHda/r1vaL6G3VliL4/Di6YK0Q6bMjeSkC3dFCOOB8TAiEAx/kHSB4urmiZ0NX5r5XarmPk0wmuydBVoU4hBVZ1yhk=:',
    ],
    ['Signature-Input', 'ttrp=("@path" "@query" "@method" "@authority" "client-cert");created=1618884473;keyid="test-key-ecc-p256"'],
    ['Signature', 'ttrp=:xVMHVpawaAC/0SbHrKRs9i8I3eOs5RtTMGCWXm/9nvZzoHsIg6Mce9315T6xoklyy0yzhD9ah4JHRwMLOgmizw==:'],
  ],
}

const B4_SIGNATURE: readonly FieldLine[] = [
  ['Signature-Input', 'transform=("@method" "@path" "@authority" "accept");created=1618884473;keyid="test-key-ed25519"'],
  ['Signature', 'transform=:ZT1kooQsEHpZ0I1IjCqtQppOmIqlJPeo7DHR3SoMn0s5JZ1eRGS0A+vyYP9t/LXlh5QMFFQ6cpLt2m0pmj3NDA==:'],
]

/** B.4: one signature, the message it was made for, three that must still verify and two that must not. */
export const B4: readonly { readonly what: string; readonly verifies: boolean; readonly message: RequestMessage }[] = [
  { what: 'the original', verifies: true, message: b4('GET', 'example.org', '', ['application/json', '*/*']) },
  {
    what: 'a query parameter and Accept-Language added',
    verifies: true,
    message: b4('GET', 'example.org', '&param=added', ['application/json', '*/*'], [['Accept-Language', 'en-US,en;q=0.5']]),
  },
  {
    what: 'Accept lines joined, Date gone, Referer added',
    verifies: true,
    message: b4('GET', 'example.org', '', ['application/json, */*'], [['Referer', 'https://developer.example.org/demo']]),
  },
  { what: 'field lines in another order', verifies: true, message: reversed(b4('GET', 'example.org', '', ['*/*', 'application/json'])) },
  { what: 'another method and authority', verifies: false, message: b4('POST', 'example.com', '', ['application/json', '*/*']) },
  { what: 'Accept lines in another order', verifies: false, message: b4('GET', 'example.org', '', ['*/*', 'application/json']) },
]

function b4(method: string, authority: string, more: string, accept: readonly string[], others: readonly FieldLine[] = []): RequestMessage {
  const lines = accept.map((value): FieldLine => ['Accept', value])
  const fields: readonly FieldLine[] = [
    ['Host', authority],
    ['Date', 'Fri, 15 Jul 2022 14:24:55 GMT'],
    ...lines,
    ...others,
    ...B4_SIGNATURE,
  ]
  return { kind: 'request', method, scheme: 'https', authority, path: '/demo', query: `name1=Value1&Name2=value2${more}`, fields }
}

function reversed(message: RequestMessage): RequestMessage {
  return { ...message, fields: message.fields.toReversed() }
}
