import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadConfig, parseConfig } from './load.ts'
import { CONFIG_CODES, type ConfigCode } from './codes.ts'
import { formatProblem } from './problem.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cloakroom-config-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function load(text: string | Buffer) {
  const file = join(folder, `${Math.abs(hash(String(text)))}.yaml`)
  writeFileSync(file, text)
  return loadConfig(file)
}

function hash(text: string): number {
  let value = 0
  for (const character of text) value = (value * 31 + (character.codePointAt(0) ?? 0)) | 0
  return value
}

const api = (lines: string): string =>
  `apis:\n  shop:\n    path: /api/shop\n    upstream: https://api.example.com\n    allow: [GET /**]\n${lines}`
const top = (lines: string): string => `${lines}\n${api('')}`

type Bad = readonly [what: string, text: string, place: string, code: ConfigCode]

const escaped = (line: string): Bad => [
  `an escape that is no segment of its own: ${line}`,
  `apis:\n  shop:\n    path: /api/shop\n    upstream: https://api.example.com\n    allow:\n      - ${line}\n`,
  '6:9',
  'allow_pattern',
]
/** A provider; `first` is its issuer and what stands below it. */
function oidc(first: string): string {
  return top(`oidc:\n  acme:\n    ${first}\n    clientId: us\n    credential: acme-client`)
}

const BAD: readonly Bad[] = [
  ['a file without APIs', 'listen: 127.0.0.1:8080\n', '1:1', 'missing_key'],
  ['an empty map of APIs', 'apis: {}\n', '1:7', 'wrong_value'],
  ['a misspelled key', top('sesions: { idle: 30m }'), '1:1', 'unknown_key'],
  ['a misspelled key inside an API', api('    credentail: shop-key'), '6:5', 'unknown_key'],
  ['a key of a later version', top('shield: ./shield.yaml'), '1:1', 'unknown_key'],
  ['a cookie domain, which __Host- forbids (COO-06)', top('sessions: { domain: example.com }'), '1:13', 'unknown_key'],
  ['a cookie without Secure (COO-06)', top('sessions:\n  secure: false'), '2:3', 'unknown_key'],
  ['a secret in the file', api('    token: sk_live_51Habc'), '6:5', 'secret_in_file'],
  ['a secret where a name belongs', api('    credential: sk_live_51Habc'), '6:17', 'credential_name'],
  ['a signing key where a name belongs', api('    sign: { key: MC4CAQAwBQYDK2Vw }'), '6:18', 'credential_name'],
  [
    'a client certificate that is never shown',
    api('    clientCertificate: { cert: c.pem, key: k.pem }').replace('https:', 'http:').replace('api.example.com', '127.0.0.1'),
    '6:24',
    'certificate_unused',
  ],
  ['an assertion that stands nowhere', api('    assertion: { key: shop-sign, audience: a, as: query:jwt }'), '6:51', 'assertion_place'],
  ['an assertion that lives for hours', api('    assertion: { key: shop-sign, audience: a, lifetime: 2h }'), '6:57', 'wrong_value'],
  ['a body to sign that may not be sent', api('    sign: { key: shop-sign, maxBody: 20MiB }'), '6:38', 'sign_body'],
  ['a context that nobody knows', api('    sign: { key: shop-sign, context: [password] }'), '6:39', 'wrong_value'],
  ['an unclosed bracket', 'apis: [\n', '2:1', 'yaml_syntax'],
  ['a tab as indentation', 'apis:\n\tshop: 1\n', '2:1', 'yaml_syntax'],
  ['the same key twice', top('listen: :8080\nlisten: :9000'), '2:1', 'duplicate_key'],
  ['a tag that would run code', top('listen: !!js/function "x"'), '1:9', 'yaml_syntax'],
  ['two documents', `${api('')}---\nlisten: :1\n`, '6:1', 'yaml_syntax'],
  [
    'aliases that multiply',
    `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c]\n`,
    '1:1',
    'alias_excess',
  ],
  ['a list where a map belongs', 'apis: []\n', '1:7', 'wrong_type'],
  [
    'a text where a list belongs',
    'apis:\n  shop:\n    path: /api/shop\n    upstream: https://api.example.com\n    allow: GET /**\n',
    '5:12',
    'wrong_type',
  ],
  ['a duration without its unit', top('sessions: { idle: 30 }'), '1:19', 'wrong_type'],
  ['a duration in an unknown unit', top('sessions:\n  idle: 30 min'), '2:9', 'wrong_value'],
  ['a size without its unit', api('    limits: { requestBody: "10" }'), '6:28', 'wrong_value'],
  ['an unknown choice', api('    onLeak: ignore'), '6:13', 'wrong_value'],
  ['an unknown access', api('    access: everyone'), '6:13', 'wrong_value'],
  ['an access of a later version', api('    access: { certificate: true }'), '6:13', 'wrong_value'],
  ['no number of sessions', top('sessions: { perAccount: 0 }'), '1:25', 'wrong_value'],
  ['a listener without a port', top('listen: localhost'), '1:9', 'wrong_value'],
  ['a colour that is a name', top('theme: { colour: red }'), '1:18', 'wrong_value'],
  ['no source for the vault’s key', top('vault: { key: { kms: x } }'), '1:17', 'unknown_key'],
  ['an API without upstream', 'apis:\n  shop:\n    path: /api/shop\n    allow: [GET /**]\n', '2:3', 'missing_key'],
  [
    'an API name with a slash',
    'apis:\n  a/b:\n    path: /api/shop\n    upstream: https://api.example.com\n    allow: [GET /**]\n',
    '2:3',
    'wrong_value',
  ],
  [
    'an upstream that is no URL',
    'apis:\n  shop:\n    path: /api/shop\n    upstream: api.example.com\n    allow: [GET /**]\n',
    '4:15',
    'wrong_value',
  ],
  [
    'an upstream with user and password',
    'apis:\n  shop:\n    path: /api/shop\n    upstream: https://me:hidden@api.example.com\n    allow: [GET /**]\n',
    '4:15',
    'wrong_value',
  ],
  [
    'a public route with a write method',
    'apis:\n  shop:\n    path: /api/shop\n    upstream: https://api.example.com\n    access: public\n    allow:\n      - GET /**\n      - POST /orders\n',
    '8:9',
    'public_write',
  ],
  [
    'a public route with any method',
    'apis:\n  shop:\n    path: /api/shop\n    upstream: https://api.example.com\n    access: public\n    allow: ["* /**"]\n',
    '6:13',
    'public_write',
  ],
  [
    'plain http to another machine',
    'apis:\n  shop:\n    path: /api/shop\n    upstream: http://api.example.com\n    allow: [GET /**]\n',
    '4:15',
    'upstream_plain',
  ],
  [
    'an upstream that is the gateway itself',
    'apis:\n  shop:\n    path: /api/shop\n    upstream: http://localhost:8080/x\n    allow: [GET /**]\n',
    '4:15',
    'upstream_own',
  ],
  ['a plain public URL off this machine', top('publicUrl: http://shop.example.com'), '1:12', 'public_url_plain'],
  ['a public URL with a path', top('publicUrl: http://localhost:8080/shop'), '1:12', 'public_url_path'],
  ['an https public URL that nothing serves', top('publicUrl: https://shop.example.com'), '1:12', 'public_url_https_unserved'],
  [
    'TLS under a plain public URL',
    top('publicUrl: http://localhost:8080\ntls: { cert: c.pem, key: k.pem }'),
    '1:12',
    'public_url_tls_mismatch',
  ],
  ['every address as a trusted proxy', top('trustedProxies: [0.0.0.0/0]'), '1:18', 'proxy_everyone'],
  ['every IPv6 address as a trusted proxy', top('trustedProxies:\n  - "::/0"'), '2:5', 'proxy_everyone'],
  ['all of IPv4 spelled as IPv6', top('trustedProxies: ["::ffff:0:0/96"]'), '1:18', 'proxy_everyone'],
  ['half of all addresses as a trusted proxy', top('trustedProxies: [10.0.0.7, 128.0.0.0/1]'), '1:28', 'proxy_everyone'],
  ['a proxy by name', top('trustedProxies: [proxy.internal]'), '1:18', 'proxy_range'],
  ['a plain origin that may call', top('allowedOrigins: ["http://app.example.com"]'), '1:18', 'origin_plain'],
  ['an allowed origin with a path', top('allowedOrigins: ["https://app.example.com/x"]'), '1:18', 'wrong_value'],
  ['a site folder that holds the key', top('site: .'), '1:7', 'site_exposes'],
  ['a site folder that holds the data', top('site: ./www\nstore: ./www/data'), '1:7', 'site_exposes'],
  ['a site with two sources', top('site: { folder: a, devServer: "http://localhost:5173" }'), '1:7', 'site_source'],
  ['a dev server elsewhere over plain http', top('site: http://10.1.2.3:5173'), '1:7', 'site_plain'],
  ['a site that demands a visit', top('site:\n  folder: ./public\n  access: visitor'), '3:11', 'site_access'],
  ['a CSP of two lines', top('site:\n  folder: ./public\n  csp: "a\\nb"'), '3:8', 'site_csp'],
  ['a key inside the data folder', top('vault:\n  key: { file: ./data/cloakroom.key }'), '2:8', 'key_in_store'],
  [
    'two APIs with one prefix',
    `${api('')}  other:\n    path: /api/shop\n    upstream: https://o.example.com\n    allow: [GET /**]\n`,
    '7:11',
    'api_overlap',
  ],
  [
    'a prefix inside another',
    `${api('')}  other:\n    path: /api/shop/v2\n    upstream: https://o.example.com\n    allow: [GET /**]\n`,
    '7:11',
    'api_overlap',
  ],
  [
    'a prefix below the gateway’s own',
    'apis:\n  shop:\n    path: /auth/shop\n    upstream: https://api.example.com\n    allow: [GET /**]\n',
    '3:11',
    'api_own_path',
  ],
  [
    'a prefix with a dot segment',
    'apis:\n  shop:\n    path: /api/../x\n    upstream: https://api.example.com\n    allow: [GET /**]\n',
    '3:11',
    'api_path',
  ],
  [
    'the whole origin as a prefix',
    'apis:\n  shop:\n    path: /\n    upstream: https://api.example.com\n    allow: [GET /**]\n',
    '3:11',
    'api_path',
  ],
  [
    '** in the middle of a pattern',
    'apis:\n  shop:\n    path: /api/shop\n    upstream: https://api.example.com\n    allow:\n      - GET /**/x\n',
    '6:9',
    'allow_pattern',
  ],
  ...['GET /a%2Fb', 'GET /x*%2F*', 'GET /*%2F*%2F*', 'GET /*%252F*', 'GET /*%5C*', 'GET /caf%C3%A9', 'GET /**%2F*'].map(escaped),
  [
    'a named parameter',
    'apis:\n  shop:\n    path: /api/shop\n    upstream: https://api.example.com\n    allow: [GET /orders/:id]\n',
    '5:13',
    'allow_pattern',
  ],
  [
    'a line without a method',
    'apis:\n  shop:\n    path: /api/shop\n    upstream: https://api.example.com\n    allow: [/orders]\n',
    '5:13',
    'allow_pattern',
  ],
  [
    'a method that never passes',
    'apis:\n  shop:\n    path: /api/shop\n    upstream: https://api.example.com\n    allow: [TRACE /x]\n',
    '5:13',
    'allow_method',
  ],
  [
    'a method in small letters',
    'apis:\n  shop:\n    path: /api/shop\n    upstream: https://api.example.com\n    allow: [get /x]\n',
    '5:13',
    'allow_method',
  ],
  ['an action token for a line that is not allowed', api('    actionTokens: { POST /orders: once }'), '6:35', 'action_token_line'],
  ['carrying the visitor’s Authorization', api('    carry: [idempotency-key, Authorization]'), '6:30', 'carry_refused'],
  ['carrying the cookie, underscored', api('    carry: [X_Forwarded_For]'), '6:13', 'carry_refused'],
  ['an upstream cookie with our prefix (COO-06)', api('    cookies: [__Host-Http-session]'), '6:15', 'cookie_refused'],
  ['a provider without TLS', oidc('issuer: http://login.example.com'), '3:13', 'oidc_plain'],
  [
    'a provider’s secret in the file (OIDC-01)',
    oidc('issuer: https://login.example.com\n    clientSecret: hunter2'),
    '4:5',
    'secret_in_file',
  ],
  [
    'a provider without a credential (OIDC-01)',
    top('oidc: { acme: { issuer: https://login.example.com, clientId: us } }'),
    '1:9',
    'missing_key',
  ],
  ['a client without authentication (OIDC-01)', oidc('issuer: https://login.example.com\n    clientAuth: none'), '4:17', 'wrong_value'],
  ['passwords in our hands (OIDC-23)', oidc('issuer: https://login.example.com\n    grant: password'), '4:5', 'unknown_key'],
  ['the implicit flow (OIDC-23)', oidc('issuer: https://login.example.com\n    responseType: id_token'), '4:5', 'unknown_key'],
  ['ID tokens that anybody could make', oidc('issuer: https://login.example.com\n    algorithm: HS256'), '4:16', 'wrong_value'],
  ['an issuer with a query', oidc('issuer: https://login.example.com?tenant=1'), '3:13', 'wrong_value'],
  [
    'a parameter of the flow as a further one',
    oidc('issuer: https://login.example.com\n    parameters: { state: fixed }'),
    '4:26',
    'oidc_parameter',
  ],
  ['openid as a further scope', oidc('issuer: https://login.example.com\n    scopes: [openid]'), '4:14', 'oidc_scope'],
  [
    'a certificate that is shown to nobody',
    oidc('issuer: https://login.example.com\n    certificate: ./client.pem'),
    '4:18',
    'oidc_certificate',
  ],
  ['no certificate to show', oidc('issuer: https://login.example.com\n    clientAuth: tls_client_auth'), '4:17', 'oidc_certificate'],
  [
    'one client twice',
    oidc(
      'issuer: https://login.example.com\n  other: { issuer: https://login.example.com, clientId: us, credential: acme-client }',
    ).replace(/(\n {2}other.*)(\n {4}clientId.*\n.*)/, '$2$1'),
    '6:57',
    'oidc_twin',
  ],
  ['the token of a provider that is not there', api('    credential: { oidc: acme }'), '6:25', 'oidc_unknown'],
  [
    'a visitor’s token for visitors who have none',
    oidc('issuer: https://login.example.com').replace(/\n$/, '\n    credential: { oidc: acme }\n    access: visitor\n'),
    '12:13',
    'oidc_access',
  ],
  ['nobody who could sign in', top('ownAccounts: false'), '1:14', 'oidc_nobody'],
  ['an absolute limit below the idle limit', top('sessions:\n  idle: 30m\n  absolute: 10m'), '3:13', 'session_order'],
  ['an idle limit below the touch interval', top('sessions: { idle: 30s }'), '1:19', 'session_idle'],
  [
    'events to another machine in plain http',
    top('audit: { sinks: { siem: { kind: webhook, url: "http://siem.example.com/" } } }'),
    '1:47',
    'sink_plain',
  ],
  ['notices to another machine in plain http', top('notify: { webhook: { url: "http://hook.example.com/" } }'), '1:27', 'sink_plain'],
  [
    'keys of an issuer in plain http',
    api('    access: { jwt: { issuer: i, audience: a, keys: "http://id.example.com/jwks" } }'),
    '6:52',
    'jwt_keys_plain',
  ],
  [
    'a JWT algorithm with a shared secret',
    api('    access: { jwt: { issuer: i, audience: a, keys: ./k.json, algorithms: [HS256] } }'),
    '6:75',
    'wrong_value',
  ],
  ['mail without a mail server', top('notify: { mail: [ops@example.com] }'), '1:17', 'mail_missing'],
  ['a sink of an unknown kind', top('audit: { sinks: { siem: { kind: pigeon } } }'), '1:33', 'wrong_value'],
  ['an admin listener for everyone', top('admin: { listen: ":9090" }'), '1:18', 'admin_exposed'],
  ['an admin listener on the public port', top('admin: { listen: "127.0.0.1:8080" }'), '1:18', 'admin_port'],
]

describe('ADM-02 a bad configuration is refused with its place, its code and its fix', () => {
  test.each(BAD)('ADM-02 %s', (_what, text, place, code) => {
    const loaded = load(text)
    const problems = loaded.kind === 'problems' ? loaded.problems : []
    const found = problems.map((problem) => `${problem.line}:${problem.column} ${problem.code}`)
    expect(found).toContain(`${place} ${code}`)
    for (const problem of problems) {
      expect(problem.text).toMatch(/\.$/)
      expect(problem.fix.length).toBeGreaterThan(10)
    }
  })

  test('ADM-02 the table holds more than thirty of them', () => {
    expect(BAD.length).toBeGreaterThan(30)
  })

  test('ADM-02 every code of the table has a test', () => {
    const here = new Set<string>(BAD.map(([, , , code]) => code))
    const tests = [
      'load.test.ts',
      'check-credentials.test.ts',
      'check-slashes.test.ts',
      'check-files.test.ts',
      '../guard/load.test.ts',
      '../guard/geo.test.ts',
      '../guard/lint.test.ts',
      '../guard/read-decoys.test.ts',
      '../../test/cli/start.test.ts',
    ]
    const texts = tests.map((name) => readFileSync(join(import.meta.dirname, name), 'utf8')).join('\n')
    expect(Object.keys(CONFIG_CODES).filter((code) => !here.has(code) && !texts.includes(code))).toEqual([])
  })

  test('ADM-02 all problems are told at once, in the order of the text', () => {
    const loaded = load(
      'sesions: {}\npublicUrl: http://shop.example.com\napis:\n  shop:\n    path: /api/shop\n    upstream: http://api.example.com\n    allow: [GET /**/x]\n    onLeak: maybe\n',
    )
    expect(loaded.kind === 'problems' ? loaded.problems.map(({ code, line }) => `${line} ${code}`) : []).toEqual([
      '1 unknown_key',
      '2 public_url_plain',
      '6 upstream_plain',
      '7 allow_pattern',
      '8 wrong_value',
    ])
  })

  test('a slip of the pen gets the word that was meant', () => {
    const loaded = load(api('    credentail: shop-key'))
    expect(loaded.kind === 'problems' ? loaded.problems.map(({ fix }) => fix) : []).toEqual(['Did you mean `credential`?'])
  })

  test('VLT-06 no problem quotes a value: it might be a secret in the wrong place', () => {
    const canary = 'Canary_9f3kd82hfkw02'
    const shapes = [
      api(`    credential: ${canary}`),
      api(`    token: ${canary}`),
      api(`    access: ${canary}`),
      api(`    carry: ["${canary} x"]`),
      top(`listen: ${canary}`),
      top(`vault: { key: ${canary} }`),
      `apis: ${canary}\n`,
      top(`theme: { colour: ${canary} }`),
      `"${canary}: [\n`,
      `apis: *${canary}\n`,
      `a: !${canary} x\n`,
      `apis:\n  shop:\n    path: ${canary}\n    upstream: https://${canary}@x.example\n    allow: ["${canary}"]\n`,
      top(`trustedProxies: [${canary}]`),
      top(`publicUrl: https://u:${canary}@x.example`),
    ]
    for (const text of shapes) {
      const loaded = load(text)
      expect(loaded.kind).toBe('problems')
      if (loaded.kind === 'problems') expect(loaded.problems.map((problem) => formatProblem(problem, 'f')).join('\n')).not.toContain(canary)
    }
  })
})

describe('files that are no configuration', () => {
  test('a missing file names the way to make one', () => {
    const loaded = loadConfig(join(folder, 'none.yaml'))
    expect(loaded).toMatchObject({ kind: 'problems', problems: [{ code: 'file_unreadable', line: null }] })
  })

  test('a file beyond 1 MiB is not parsed', () => {
    expect(load(`# ${'x'.repeat(1_048_576)}`)).toMatchObject({ kind: 'problems', problems: [{ code: 'file_too_large' }] })
  })

  test('a file that is not UTF-8 is refused', () => {
    expect(load(Buffer.from([0x61, 0x3a, 0x20, 0xff]))).toMatchObject({ kind: 'problems', problems: [{ code: 'file_unreadable' }] })
  })
})

describe('a good configuration', () => {
  test('the shortest one has a default for everything else', () => {
    const loaded = load(api('    credential: shop-key'))
    expect(loaded.kind).toBe('config')
    if (loaded.kind !== 'config') return
    expect(loaded.warnings).toEqual([])
    expect(loaded.config).toMatchObject({
      listen: { host: '127.0.0.1', port: 8080 },
      basePath: '/auth',
      site: null,
      store: join(folder, 'data'),
      trustedProxies: [],
      admin: { listen: { host: '127.0.0.1', port: 9090 } },
      sessions: { idle: 1_800_000, absolute: 43_200_000, perAccount: 10, onLimit: 'end-oldest' },
      vault: { key: { file: join(folder, 'cloakroom.key') } },
    })
  })

  test('ADM-02 a daring setting is told at every start', () => {
    const loaded = load(
      'apis:\n  shop:\n    path: /api/shop\n    upstream: http://api.internal\n    unsafeAllowPlainHttp: true\n    allow: [GET /**]\n',
    )
    expect(loaded).toMatchObject({ kind: 'config', warnings: [{ code: 'unsafe_setting', line: 5, column: 27, severity: 'warning' }] })
  })

  test('a key from the environment is told, too', () => {
    expect(load(top('vault: { key: { env: CLOAKROOM_KEY } }'))).toMatchObject({ kind: 'config', warnings: [{ code: 'key_environment' }] })
  })

  test('a program may pass the same shape without a file', () => {
    const value = { apis: { shop: { path: '/api/shop', upstream: 'https://api.example.com', allow: ['GET /**'] } }, site: 'public' }
    const loaded = parseConfig(value, { file: null, folder: '/srv/app', locate: () => null })
    expect(loaded).toMatchObject({ kind: 'config', config: { file: null, store: '/srv/app/data', site: { folder: '/srv/app/public' } } })
  })
})
