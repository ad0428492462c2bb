import { afterEach, describe, expect, test, vi } from 'vitest'
import type { SessionEntry } from '@cloakroom/contract'
import { type Kit, PASSWORD, startKit } from '../kit.ts'

let kit: Kit
afterEach(() => kit?.close())

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0'
const MINUTE = 60_000

async function signIn(agent: string, account = 'ada'): Promise<string> {
  const answer = await kit.call('POST', '/auth/login', { json: { account, password: PASSWORD }, headers: [['user-agent', agent]] })
  const line = answer.all('set-cookie').find((cookie) => cookie.startsWith('__Host-Http-session=')) ?? ''
  return line.split(';', 1)[0] ?? ''
}

async function list(cookie: string): Promise<readonly SessionEntry[]> {
  const { text } = await kit.call('GET', '/auth/sessions', { cookie })
  return (JSON.parse(text) as { sessions: SessionEntry[] }).sessions
}

const end = async (cookie: string, json: object) => {
  const answer = await kit.call('POST', '/auth/sessions/end', { cookie, json })
  return { status: answer.status, code: answer.header('cloakroom-error'), cookies: answer.all('set-cookie') }
}
const isIn = async (cookie: string): Promise<boolean> => (await kit.call('GET', '/api/shop/products', { cookie })).status === 200

async function three(): Promise<readonly [string, string, string]> {
  kit = await startKit()
  const cookies: string[] = []
  for (const agent of [FIREFOX, 'curl/8.5.0', '']) {
    cookies.push(await signIn(agent))
    kit.clock.now += 1000
  }
  const [first = '', second = '', third = ''] = cookies
  return [first, second, third]
}

describe('a person sees her sessions', () => {
  test('SES-17 each with device, address, method and times, which one is this, and nothing that could be used as a cookie', async () => {
    const [first, second] = await three()
    const entries = await list(first)
    expect(entries.map(({ browser, system, current }) => [browser, system, current])).toEqual([
      [null, null, false],
      ['curl', null, false],
      ['Firefox', 'Windows', true],
    ])
    const at = new Date(kit.clock.now - 3000).toISOString()
    expect(entries[2]).toMatchObject({ address: '127.0.0.1', methods: ['password'], startedAt: at, seenAt: at })
    const text = JSON.stringify(entries)
    for (const cookie of [first, second]) expect(text).not.toContain(cookie.split('=')[1])
    for (const { id } of await kit.stores.sessions.listAll(10)) expect(text).not.toContain(id)
  })

  test('SES-17 other people’s are none of hers, and a stranger sees none', async () => {
    const [first] = await three()
    await kit.addAccount('grace')
    const grace = await signIn(FIREFOX, 'grace')
    expect(await list(grace)).toHaveLength(1)
    const [hers] = await list(first)
    expect(await end(grace, { label: hers?.label })).toMatchObject({ status: 404 })
    expect(await list(first)).toHaveLength(3)
    expect((await kit.call('GET', '/auth/sessions')).header('cloakroom-error')).toBe('session_required')
    expect(await end('', { which: 'all' })).toMatchObject({ status: 401, code: 'session_required' })
  })
})

describe('she ends them', () => {
  test('SES-17 one', async () => {
    const [first, second, third] = await three()
    const curl = (await list(first)).find(({ browser }) => browser === 'curl')
    expect(await end(first, { label: curl?.label })).toMatchObject({ status: 204, cookies: [] })
    expect(await Promise.all([first, second, third].map(isIn))).toEqual([true, false, true])
    await vi.waitUntil(() => kit.auditLines().some(({ kind, reason }) => kind === 'session.ended' && reason === 'ended-by-user'))
  })

  test('SES-17 all others', async () => {
    const [first, second, third] = await three()
    expect(await end(second, { which: 'others' })).toMatchObject({ status: 204, cookies: [] })
    expect(await Promise.all([first, second, third].map(isIn))).toEqual([false, true, false])
  })

  test('SES-17 all, this one too, whose cookie goes', async () => {
    const [first, second, third] = await three()
    expect(await end(first, { which: 'all' })).toMatchObject({ status: 204, cookies: [expect.stringContaining('__Host-Http-session=;')] })
    expect(await Promise.all([first, second, third].map(isIn))).toEqual([false, false, false])
  })

  test('SES-17 only after a proof of the last five minutes', async () => {
    const [first, second] = await three()
    kit.clock.now += 5 * MINUTE
    expect(await end(first, { which: 'others' })).toMatchObject({ status: 401, code: 'step_up_required' })
    expect(await isIn(second)).toBe(true)
    const proven = await kit.call('POST', '/auth/step-up', { cookie: first, json: { password: PASSWORD } })
    const fresh = (proven.all('set-cookie')[0] ?? '').split(';', 1)[0] ?? ''
    expect(await end(fresh, { which: 'others' })).toMatchObject({ status: 204 })
    expect(await Promise.all([fresh, second].map(isIn))).toEqual([true, false])
  })

  test('CSRF-10 another website’s page ends none of them', async () => {
    const [first, second] = await three()
    const answer = await kit.call('POST', '/auth/sessions/end', {
      cookie: first,
      headers: [
        ['sec-fetch-site', 'cross-site'],
        ['origin', 'https://evil.example'],
        ['content-type', 'application/x-www-form-urlencoded'],
      ],
      body: 'which=others',
    })
    expect(answer.header('cloakroom-error')).toBe('cross_site')
    expect(await isIn(second)).toBe(true)
  })

  test.each([[{}], [{ which: 'some' }], [{ label: '' }], [{ label: 'x', which: 'all' }]])('%j names none, and ends none', async (json) => {
    const [first, second, third] = await three()
    expect(await end(first, json)).toMatchObject({ status: 404 })
    expect(await Promise.all([first, second, third].map(isIn))).toEqual([true, true, true])
  })
})
