import { expect, test } from 'vitest'
import { parseGuard } from '../../src/guard/load.ts'
import type { Parts } from '../../src/parts.ts'
import { describeFailClosed, type Row } from '../fail-closed.ts'
import { type Ask, BEARER, credential, machineKey, ORDINARY, SESSION } from '../faulty-parts.ts'
import { guardOf } from '../guard-kit.ts'

/* What stands between a visitor and the API besides sessions and the vault: bans, the lockdown, keys of programs, tokens, and what the guard's rules do. */

const GUARD = guardOf(
  `decoys: { fake: { sample: ${JSON.stringify(new URL('../samples/catalogue.json', import.meta.url).pathname)} } }
signals:
  calls: { on: request, when: request.path.endsWith("/counted"), key: ip.net, sum: { per: 60s, max: 3 } }
`,
  { id: 'block', when: 'request.path.endsWith("/blocked")', does: '{ block: 403 }' },
  { id: 'ask', when: 'request.path.endsWith("/asked")', does: '{ challenge: { pow: easy, else: { block: 403 } } }' },
  { id: 'mud', when: 'request.path.endsWith("/mud")', does: '{ tarpit: { for: 10s, else: { block: 403 } } }' },
  { id: 'decoy', when: 'request.path.endsWith("/decoy")', does: '{ decoy: { profile: fake, signed_in: true, else: { block: 404 } } }' },
  { id: 'honey', when: 'request.path.endsWith("/honey") && request.presents_honeytoken', does: '{ block: 403 }' },
  { id: 'told', when: 'request.path.endsWith("/told")', does: '{ log: warn }' },
  { id: 'counted', when: 'request.path.endsWith("/counted") && signal.calls.over', store_down: 'local', does: '{ throttle: auto }' },
)

function guarded(parts: Parts, change: Partial<Parts>): Partial<Parts> {
  const loaded = parseGuard(GUARD, 'guard.yaml')
  if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems))
  const policy = { ...parts.policy(), guard: loaded.guard }
  return { policy: () => policy, ...change }
}

const at = (path: string): Ask => ({ method: 'GET', path: `/api/shop/products/${path}`, cookie: SESSION })
const PROGRAM: Ask = {
  method: 'GET',
  path: '/api/shop/products/1',
  fields: [['authorization', `Bearer cloakroom_mk_AbCdEf012345_${'x'.repeat(43)}`]],
}
const PARTNER: Ask = { method: 'GET', path: '/api/partner/x', fields: [['authorization', 'Bearer a.b.c']] }
const OWN_TOKEN: Ask = { method: 'GET', path: '/api/mine/x', cookie: SESSION }
const MEANT: Ask = { method: 'GET', path: '/api/shop/meant/x', cookie: SESSION }
const ORDER: Ask = { method: 'POST', path: '/api/shop/orders', cookie: SESSION }
const lies = (...values: readonly unknown[]): readonly unknown[] => values

const ROWS: readonly Row[] = [
  {
    port: 'bans.find',
    onHandshake: true,
    ask: ORDINARY,
    put: (_parts, find) => ({ bans: { find } }),
    late: 503,
    nonsense: 503,
    nullIsAnswer: true,
    lies: lies({ endsAt: Number.NaN }, { endsAt: 'never' }, { id: 'b' }),
  },
  {
    port: 'lockdown.read',
    onHandshake: true,
    ask: ORDINARY,
    put: (_parts, read) => ({ lockdown: { read } }),
    late: 503,
    nonsense: 503,
    nullIsAnswer: true,
    lies: lies({ reason: 'a drill' }),
  },
  {
    port: 'machineKeys.claim',
    ask: PROGRAM,
    put: ({ machineKeys }, claim) => ({ machineKeys: { noteUse: () => undefined, ...machineKeys, claim } }),
    late: 503,
    nonsense: 503,
    nullIsAnswer: true,
    lies: lies(
      { ...machineKey(), scopes: 'all' },
      { ...machineKey(), expiresAt: Number.NaN },
      { ...machineKey(), revokedAt: undefined },
      { ...machineKey(), limit: { max: Number.NaN, perMs: 1, burst: 1 } },
      { ...machineKey(), from: null },
    ),
  },
  {
    port: 'bearers.verify',
    ask: PARTNER,
    put: (_parts, verify) => ({ bearers: { verify } }),
    late: 503,
    nonsense: 503,
    lies: lies(
      { kind: 'good', bearer: { ...BEARER, issuer: 'https://other.example' } },
      { kind: 'good', bearer: { ...BEARER, expiresAt: Number.NaN } },
      { kind: 'good', bearer: { ...BEARER, scope: 'all' } },
      { kind: 'good' },
      { kind: 'refused' },
    ),
  },
  {
    port: 'tokens.open',
    ask: OWN_TOKEN,
    put: (_parts, open) => ({ tokens: { open } }),
    late: 503,
    nonsense: 503,
    lies: lies({ ...credential('https://api.example.com'), needles: [] }, { ...credential('https://api.example.com'), secret: 'text' }),
  },
  {
    port: 'actionTokens.prove',
    ask: MEANT,
    put: ({ actionTokens }, prove) => ({ actionTokens: { ...present(actionTokens), prove } }),
    late: null,
    nonsense: 500,
    lies: lies('fine', { kind: 'good' }),
  },
  {
    port: 'actionTokens.spend',
    ask: ORDER,
    put: ({ actionTokens }, spend) => ({ actionTokens: { ...present(actionTokens), spend } }),
    late: 503,
    nonsense: 503,
    nullIsAnswer: true,
    lies: lies('fine'),
  },
  {
    port: 'challenges.cleared',
    ask: at('asked'),
    put: (parts, cleared) => guarded(parts, { challenges: { ...present(parts.challenges), cleared } }),
    late: null,
    nonsense: 500,
    lies: lies(
      // As a text it compares like the number that it looks like, and would be later than now.
      [{ route: 'shop: GET /products/**', difficulty: 'hard', until: '99999999999999' }],
      [{ route: 'shop: GET /products/**', difficulty: 'hard', until: Infinity }],
      [{ route: 'shop: GET /products/**', difficulty: 'hard', until: 'always' }],
      [{ route: 'shop: GET /products/**' }],
      [null],
    ),
    arrayIsAnswer: true,
  },
  {
    port: 'challenges.make',
    ask: at('asked'),
    put: (parts, make) => guarded(parts, { challenges: { ...present(parts.challenges), make } }),
    late: 503,
    nonsense: 500,
    lies: lies({ clearAt: '/auth/challenge' }),
  },
  {
    port: 'tarpit.slow',
    ask: at('mud'),
    put: (parts, slow) => guarded(parts, { tarpit: { slow } }),
    late: null,
    nonsense: 500,
    nullIsAnswer: true,
    lies: lies({ status: 200, headers: [], body: Buffer.from('come in') }, { status: 403, headers: null, body: null }),
  },
  {
    port: 'traps.presents',
    onHandshake: true,
    ask: at('honey'),
    put: (parts, presents) => guarded(parts, { traps: { ...present(parts.traps), presents } }),
    late: null,
    nonsense: 500,
    trueIsAnswer: true,
    lies: lies('no'),
  },
  {
    port: 'traps.canariesIn',
    onHandshake: true,
    ask: at('1'),
    put: (parts, canariesIn) => guarded(parts, { traps: { ...present(parts.traps), canariesIn } }),
    late: null,
    nonsense: 500,
    arrayIsAnswer: true,
    lies: lies([5]),
  },
  {
    port: 'decoys.serve',
    ask: at('decoy'),
    put: (parts, serve) => guarded(parts, { decoys: { serve } }),
    late: 500,
    nonsense: 500,
    nullIsAnswer: true,
    lies: lies({ answer: { status: 200, headers: [], body: 'text' }, tag: null }, { answer: null, tag: null }),
  },
  {
    port: 'guard.state',
    onHandshake: true,
    ask: at('blocked'),
    put: (parts, state) => guarded(parts, { guard: { ...present(parts.guard), state } }),
    late: null,
    nonsense: 500,
    lies: lies({ armed: 'yes', demoted: new Set() }, { armed: true, demoted: ['block'] }, { demoted: new Set() }),
  },
  {
    port: 'guard.carryOut',
    onHandshake: true,
    ask: at('told'),
    put: (parts, carryOut) => guarded(parts, { guard: { ...present(parts.guard), carryOut } }),
    late: 503,
    nonsense: 0,
    silent: true,
    lies: [],
  },
  {
    port: 'counters.local',
    onHandshake: true,
    ask: at('counted'),
    put: (parts, local) =>
      guarded(parts, {
        counters: {
          add() {
            throw new Error('the store is gone')
          },
          local,
        },
      }),
    late: null,
    nonsense: 503,
    lies: lies([undefined], [{ key: 'another', over: false, retryAfterMs: 0, count: 0 }], [{ over: false }]),
  },
]

function present<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('this part is not there')
  return part
}

describeFailClosed('Fail open when a measure breaks', ROWS, (gateway, through, isPlain) => {
  test.runIf(isPlain)('SES-22 a record of decisions that breaks neither stops a request nor lets one through, and is told', async () => {
    const broken = (): never => {
      throw new Error('broken')
    }
    const before = gateway().failures.length
    gateway().break(() => ({ decisions: { note: broken } }))
    expect((await through(ORDINARY)).status).toBe(200)
    expect((await through({ ...ORDINARY, path: '/api/shop/elsewhere' })).status).toBe(404)
    expect(gateway().failures.length).toBe(before + 2)
    gateway().heal()
  })

  test.runIf(isPlain)('SES-22 the token for the next call that cannot be made is left out; the answer is there', async () => {
    const meant = { ...ORDINARY, path: '/api/shop/meant/x' }
    for (const refresh of [
      () => 5,
      () => 'a\r\nset-cookie: b=c',
      () => ({}),
      (): never => {
        throw new Error('broken')
      },
    ]) {
      gateway().break(({ actionTokens }) => ({ actionTokens: { ...present(actionTokens), refresh: refresh as () => string } }))
      const got = await through(meant)
      expect([got.status, got.setCookies]).toEqual([200, []])
    }
    gateway().heal()
  })
})
