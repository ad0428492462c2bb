import { readFileSync, writeFileSync } from 'node:fs'
import { createSigner, signingKey, signMessage, windowSecret, type FieldLine, type Jwk, type RequestMessage } from '../src/index.ts'
import { toBase64 } from '../src/encoding.ts'
import { ECC_P256, ED25519, SHARED_SECRET } from './appendix-b.ts'

// The published test keys of RFC 9421 Appendix B.1: anyone may have them, so nobody can mistake these for real ones.
const SIGNING_ECC: Jwk = { ...ECC_P256, d: 'UpuF81l-kOxbjf7T4mNSv0r5tN67Gim7rnf6EFpcYDs' }
const KEYS: readonly Jwk[] = [ED25519, SIGNING_ECC, SHARED_SECRET]
/** 2026-11-23T12:00:00Z. */
const NOW = 1_795_435_200
const AUTHORITY = 'api.example.test'
const FOLDER = new URL('../vectors/', import.meta.url)

export interface VectorCase {
  readonly name: string
  readonly request: {
    readonly method: string
    readonly authority: string
    readonly path: string
    readonly query: string | null
    readonly fields: readonly FieldLine[]
  }
  readonly content: string | null
  readonly spent: readonly string[]
  readonly base: string | null
  readonly expect: string
}

export interface RequestVectors {
  readonly profile: string
  readonly now: number
  readonly authority: string
  readonly keys: readonly Jwk[]
  readonly cases: readonly VectorCase[]
}

interface Draft {
  readonly name: string
  readonly jwk?: Jwk
  readonly request?: Partial<RequestMessage>
  readonly content?: string | null
  /** What happens to the signed request on its way. */
  readonly change?: (request: RequestMessage) => RequestMessage
  readonly received?: string | null
  readonly created?: number
  readonly spent?: readonly string[]
  readonly cover?: readonly string[]
  readonly expect?: string
}

const JSON_FIELDS: readonly FieldLine[] = [['Content-Type', 'application/json']]
const FULL = ['@method', '@authority', '@path', '@query', 'content-type', 'content-digest']
const set = (name: string, value: string) => (request: RequestMessage) => ({
  ...request,
  fields: request.fields.map(([own, old]): FieldLine => (own === name ? [own, value] : [own, old])),
})
const add = (name: string, value: string) => (request: RequestMessage) => ({
  ...request,
  fields: [...request.fields, [name, value] as const],
})
const edit = (name: string, from: string | RegExp, to: string) => (request: RequestMessage) => ({
  ...request,
  fields: request.fields.map(([own, old]): FieldLine => (own === name ? [own, old.replace(from, to)] : [own, old])),
})

const DRAFTS: readonly Draft[] = [
  ...KEYS.flatMap((jwk): Draft[] => [
    { name: `GET under ${jwk.kid}`, jwk },
    { name: `POST with content under ${jwk.kid}`, jwk, request: { method: 'POST', fields: JSON_FIELDS }, content: '{"item":7}' },
    {
      name: `POST under ${jwk.kid}, method changed`,
      jwk,
      request: { method: 'POST' },
      change: (request) => ({ ...request, method: 'PUT' }),
      expect: 'bad_signature',
    },
    { name: `signature of ${jwk.kid} cut short`, jwk, change: set('signature', 'cloakroom=:AAAA:'), expect: 'bad_signature' },
  ]),
  { name: 'query with an escaped slash and a plus', request: { path: '/a%2Fb', query: 'q=a+b%20c&q=' } },
  { name: 'an empty path is a slash', request: { path: '' } },
  {
    name: 'authorization and context',
    request: {
      fields: [
        ['Authorization', 'Bearer upstream-secret'],
        ['Cloakroom-Context', 'v=1, sub="u_123", roles=("staff" "billing")'],
      ],
    },
  },
  { name: 'whitespace around a value', request: { fields: [['Cloakroom-Context', '  v=1, sub="u_123"\t']] } },
  {
    name: 'content with bytes outside ASCII',
    request: { method: 'POST', fields: [['Content-Type', 'text/plain; charset=utf-8']] },
    content: 'caf\u00e9 \u{1f9e5}',
  },
  { name: 'an uncovered Accept-Language added', change: add('Accept-Language', 'fr') },
  { name: 'authority in capitals', change: (request) => ({ ...request, authority: 'API.Example.TEST' }) },
  {
    name: 'label changed',
    change: (request) => edit('signature', 'cloakroom=', 'x.y-1=')(edit('signature-input', 'cloakroom=', 'x.y-1=')(request)),
  },
  {
    name: 'a foreign signature beside ours',
    change: (request) =>
      edit('signature', /$/, ', cdn=:AAAA:')(edit('signature-input', /$/, ', cdn=("@method";req "x");tag="cdn";created=1')(request)),
  },
  {
    name: 'an unknown digest beside a good one',
    request: { method: 'POST', fields: JSON_FIELDS },
    content: 'x',
    cover: FULL,
    change: (request) => request,
  },
  { name: 'oldest age', created: NOW - 59 },
  { name: 'most ahead', created: NOW + 5 },
  { name: 'too old', created: NOW - 61, expect: 'too_old' },
  { name: 'too far ahead', created: NOW + 6, expect: 'from_the_future' },
  { name: 'expired', change: edit('signature-input', /expires=\d+/, `expires=${NOW}`), expect: 'expired' },
  { name: 'nonce already used', spent: ['vector-nonce-of-the-replay'], change: (request) => request, expect: 'replayed' },
  {
    name: 'not signed at all',
    change: (request) => ({ ...request, fields: request.fields.filter(([name]) => !name.startsWith('signature')) }),
    expect: 'unsigned',
  },
  { name: 'another tag', change: edit('signature-input', 'cloakroom-v1', 'cloakroom-v2'), expect: 'unsigned' },
  {
    name: 'two signatures with our tag',
    change: (request) => edit('signature', /$/, ', b=:AAAA:')(edit('signature-input', /cloakroom=(.*)$/, 'cloakroom=$1, b=$1')(request)),
    expect: 'several_signatures',
  },
  { name: 'one label twice', change: edit('signature-input', /cloakroom=(.*)$/, 'cloakroom=$1, cloakroom=$1'), expect: 'malformed' },
  { name: 'one parameter twice', change: edit('signature-input', /created=(\d+)/, 'created=$1;created=$1'), expect: 'malformed' },
  { name: 'created written as a decimal', change: edit('signature-input', /created=(\d+)/, 'created=$1.0'), expect: 'malformed' },
  { name: 'two spaces in the list', change: edit('signature-input', '"@method" ', '"@method"  '), expect: 'malformed' },
  { name: 'a trailing comma', change: edit('signature-input', /$/, ','), expect: 'malformed' },
  { name: 'one component twice', change: edit('signature-input', '("@method"', '("@method" "@method"'), expect: 'repeated_component' },
  { name: 'an unknown derived component', change: edit('signature-input', '("@method"', '("@method" "@new"'), expect: 'unknown_component' },
  {
    name: 'a covered field that is not there',
    change: edit('signature-input', '("@method"', '("@method" "x-absent"'),
    expect: 'missing_component',
  },
  { name: 'path changed', change: (request) => ({ ...request, path: '/v1/other' }), expect: 'bad_signature' },
  { name: 'query added', change: (request) => ({ ...request, query: 'admin=1' }), expect: 'bad_signature' },
  { name: 'called under another name', change: (request) => ({ ...request, authority: 'evil.test' }), expect: 'wrong_authority' },
  { name: 'two Host fields', change: (request) => add('Host', 'evil.test')(add('Host', AUTHORITY)(request)), expect: 'malformed' },
  { name: 'context added after signing', change: add('Cloakroom-Context', 'v=1, sub="admin"'), expect: 'insufficient_coverage' },
  { name: 'query not covered', request: { query: 'a=b' }, cover: ['@method', '@authority', '@path'], expect: 'insufficient_coverage' },
  {
    name: 'content type not covered',
    request: { method: 'POST', fields: JSON_FIELDS },
    content: 'x',
    cover: ['@method', '@authority', '@path', '@query', 'content-digest'],
    expect: 'insufficient_coverage',
  },
  {
    name: 'content changed',
    request: { method: 'POST', fields: JSON_FIELDS },
    content: '{"item":7}',
    received: '{"item":8}',
    expect: 'digest_mismatch',
  },
  { name: 'content added', received: 'surprise', expect: 'insufficient_coverage' },
  {
    name: 'content taken away',
    request: { method: 'POST', fields: JSON_FIELDS },
    content: '{"item":7}',
    received: null,
    expect: 'digest_mismatch',
  },
  {
    name: 'the obsolete Digest field',
    change: add('Digest', 'SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE='),
    expect: 'weak_digest',
  },
  { name: 'unknown key', change: edit('signature-input', 'test-key-ed25519', 'nobody'), expect: 'unknown_key' },
  { name: 'algorithm of another key', change: edit('signature-input', /$/, ';alg="hmac-sha256"'), expect: 'algorithm_mismatch' },
  { name: 'no nonce', change: edit('signature-input', /;nonce="[^"]*"/, ''), expect: 'missing_parameter' },
  { name: 'a nonce too short to be one', change: edit('signature-input', /nonce="[^"]*"/, 'nonce="1"'), expect: 'missing_parameter' },
  { name: 'no expires', change: edit('signature-input', /;expires=\d+/, ''), expect: 'missing_parameter' },
]

/** All request vectors. ECDSA signs differently every time, so signatures whose base is still the same are taken from `stored`. */
export async function makeRequestVectors(stored: RequestVectors | null): Promise<RequestVectors> {
  const cases: VectorCase[] = []
  for (const [index, draft] of DRAFTS.entries()) cases.push(await makeCase(draft, index, stored))
  return { profile: 'cloakroom-v1', now: NOW, authority: AUTHORITY, keys: KEYS, cases }
}

async function makeCase(draft: Draft, index: number, stored: RequestVectors | null): Promise<VectorCase> {
  const { jwk = ED25519, content = null, created = NOW, spent = [], expect = 'accepted' } = draft
  const request: RequestMessage = {
    kind: 'request',
    method: 'GET',
    scheme: 'https',
    authority: AUTHORITY,
    path: '/v1/orders',
    query: null,
    fields: [],
    ...draft.request,
  }
  const bytes = content === null ? null : new TextEncoder().encode(content)
  const nonce = spent[0] ?? `vector-nonce-${String(index).padStart(4, '0')}-cloakroom`
  const key = await signingKey(jwk)
  const signed = await createSigner({ key, clock: () => created, nonce: () => nonce })(request, bytes)
  if (!signed.ok) throw new Error(signed.detail)
  let added = signed.value.fields
  let base = signed.value.base
  if (draft.cover !== undefined) {
    const digest: readonly FieldLine[] = added
      .filter(([name]) => name === 'content-digest')
      .map(([name, value]) => [name, draft.expect === undefined ? `blake-9=:AAAA:, ${value}` : value])
    const parameters = { created, expires: created + 60, nonce, keyid: key.keyid, tag: 'cloakroom-v1' }
    const other = await signMessage(
      { ...request, fields: [...request.fields, ...digest] },
      { key, label: 'cloakroom', cover: draft.cover, parameters },
    )
    if (!other.ok) throw new Error(other.detail)
    added = [...digest, ...other.value.fields]
    base = other.value.base
  }
  const whole = { ...request, fields: [...request.fields, ...(keptSignature(stored?.cases[index], draft.name, base, jwk) ?? added)] }
  const { method, authority, path, query, fields } = draft.change?.(whole) ?? whole
  const received = draft.received === undefined ? content : draft.received
  return {
    name: draft.name,
    request: { method, authority, path, query, fields },
    content: received === null ? null : toBase64(new TextEncoder().encode(received)),
    spent,
    base: expect === 'accepted' ? base : null,
    expect,
  }
}

function keptSignature(stored: VectorCase | undefined, name: string, base: string, jwk: Jwk): readonly FieldLine[] | null {
  if (jwk.kty !== 'EC' || stored?.name !== name) return null
  const fields = stored.request.fields.filter(([own]) => ['content-digest', 'signature-input', 'signature'].includes(own))
  const input = fields.find(([own]) => own === 'signature-input')?.[1] ?? ''
  return base.endsWith(`"@signature-params": ${input.replace(/^[^=]*=/, '')}`) ? fields : null
}

/** Window secrets: what each window gives, and which are accepted when. */
export async function makeWindowVectors(): Promise<object> {
  const root = new Uint8Array(32).map((_, index) => index)
  const cases = []
  for (const windowSeconds of [1, 30, 60, 3600]) {
    for (const at of [0, 29, 30, 59, NOW - 1, NOW, NOW + 29, 4_102_444_800])
      cases.push({ windowSeconds, at, secret: await windowSecret(root, windowSeconds, at) })
  }
  const secret = await windowSecret(root, 30, NOW)
  const accepts = [-31, -30, -1, 0, 29, 30, 59, 60, 3600].map((offset) => ({
    secret,
    windowSeconds: 30,
    at: NOW + offset,
    tolerance: 1,
    accepted: offset >= -30 && offset < 60,
  }))
  const strict = [-1, 0, 29, 30].map((offset) => ({
    secret,
    windowSeconds: 30,
    at: NOW + offset,
    tolerance: 0,
    accepted: offset >= 0 && offset < 30,
  }))
  const wrong = ['', secret.slice(1), `${secret}A`, secret.toLowerCase()].map((text) => ({
    secret: text,
    windowSeconds: 30,
    at: NOW,
    tolerance: 1,
    accepted: false,
  }))
  return { root: toBase64(root), cases, accepts: [...accepts, ...strict, ...wrong] }
}

export function readVectors(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'))
}

export function asFile(vectors: object): string {
  return `${JSON.stringify(vectors, null, 1)}\n`
}

// node packages/signature/test/make-vectors.ts --write
if (import.meta.main && process.argv[2] === '--write') {
  let stored: RequestVectors | null = null
  try {
    stored = readVectors('requests.json') as RequestVectors
  } catch {
    stored = null
  }
  writeFileSync(new URL('requests.json', FOLDER), asFile(await makeRequestVectors(stored)))
  writeFileSync(new URL('window-secrets.json', FOLDER), asFile(await makeWindowVectors()))
}
