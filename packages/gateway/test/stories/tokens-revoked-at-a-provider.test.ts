import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../src/lib/clock.ts'
import { type Answering, type HostileProvider, jwt, startHostileProvider } from '../hostile-provider.ts'
import { type Kit, startKit } from '../kit.ts'

const CLIENT = 'cloakroom'
let op: HostileProvider
let kit: Kit
let asked: URLSearchParams[] = []
beforeEach(async () => {
  asked = []
  op = await startHostileProvider(CLIENT)
  op.metadata = (right) => ({ body: { ...right, revocation_endpoint: `${op.issuer}/revocation` } })
  op.tokens = ({ claims, withIdToken }) => ({ body: { ...withIdToken(jwt(claims)).body, refresh_token: 'refresh-token-of-ada' } })
  kit = await startKit({
    startAt: systemClock(),
    config: { oidc: { acme: { issuer: op.issuer, clientId: CLIENT, credential: 'acme-client', admit: 'anybody', endSession: false } } },
    apis: (origin) => ({ mine: { path: '/api/mine', upstream: `${origin}/mine`, credential: { oidc: 'acme' }, allow: ['GET /**'] } }),
    secrets: [{ name: 'acme-client', value: 'the secret of the client, at a provider', origins: [op.issuer] }],
  })
})
afterEach(async () => {
  await kit.close()
  await op.close()
})

/** The provider's answers to one attempt after the other; the last one goes on. */
function answers(...all: readonly Answering[]): void {
  op.revocations = (form) => {
    asked.push(form)
    return all[Math.min(asked.length, all.length) - 1] as Answering
  }
}

function busy(retryAfter: string): Answering {
  return (response) => void response.writeHead(503, { 'retry-after': retryAfter }).end()
}

/** Signs in at the provider, then out. The status of signing out, and how long it took. */
async function signInAndOut(): Promise<{ readonly status: number; readonly ms: number }> {
  const begun = await kit.call('POST', '/auth/oidc/start', { json: { provider: 'acme' } })
  const question = new URL((JSON.parse(begun.text) as { location: string }).location).searchParams
  op.nonce = question.get('nonce')
  const query = new URLSearchParams({ code: 'a-code', state: question.get('state') ?? '', iss: op.issuer })
  const back = await kit.call('GET', `/auth/oidc/callback/acme?${query.toString()}`, {
    from: 'none',
    cookie: cookiesOf(begun.all('set-cookie')),
    headers: [
      ['sec-fetch-site', 'cross-site'],
      ['sec-fetch-mode', 'navigate'],
      ['sec-fetch-dest', 'document'],
    ],
  })
  expect(back.status, back.text).toBe(303)
  const cookie = cookiesOf(back.all('set-cookie').filter((line) => !line.includes('Max-Age=0')))
  const began = performance.now()
  const { status } = await kit.call('POST', '/auth/logout', { cookie })
  expect((await kit.call('GET', '/api/mine/x', { cookie })).status).toBe(401)
  return { status, ms: performance.now() - began }
}

function cookiesOf(lines: readonly string[]): string {
  return lines.map((line) => line.split(';', 1)[0]).join('; ')
}

function outcomes(): readonly unknown[] {
  return kit
    .auditLines()
    .filter(({ kind }) => kind === 'grant.revoked')
    .map(({ result, detail }) => [result, (detail as { outcome: string }).outcome])
}

async function said(...expected: readonly unknown[]): Promise<void> {
  await vi.waitFor(() => expect(outcomes()).toEqual(expected), { timeout: 12_000, interval: 50 })
}

test('REV-04 a token that the provider does not know is as good as revoked', async () => {
  answers({ body: '' })
  expect((await signInAndOut()).status).toBe(204)
  await said(['ok', 'done'])
  expect(asked.map((form) => [form.get('token'), form.get('token_type_hint')])).toEqual([['refresh-token-of-ada', 'refresh_token']])
})

test('REV-04 a provider that answers 503 is asked again when it says, for the same token', async () => {
  answers(busy('1'), { body: '' })
  expect((await signInAndOut()).status).toBe(204)
  await said(['ok', 'done'])
  expect(asked.map((form) => form.get('token'))).toEqual(['refresh-token-of-ada', 'refresh-token-of-ada'])
}, 20_000)

test('REV-04 one that stays busy holds up nobody, is asked four times, and the token is taken for good', async () => {
  answers(busy('Fri, 27 Nov 2026 12:00:00 GMT'))
  const { status, ms } = await signInAndOut()
  expect(status).toBe(204)
  expect(ms).toBeLessThan(6000)
  await said(['failed', 'late'], ['failed', 'failed'])
  expect(asked).toHaveLength(4)
}, 30_000)

test('REV-04 a provider that revokes no such tokens is believed at once; any other refusal is a failure', async () => {
  answers({ status: 400, body: { error: 'unsupported_token_type' } })
  await signInAndOut()
  await said(['failed', 'unsupported_token_type'])
  answers({ status: 400, body: { error: 'invalid_client' } })
  await signInAndOut()
  await said(['failed', 'unsupported_token_type'], ['failed', 'failed'])
  expect(asked).toHaveLength(2)
}, 20_000)
