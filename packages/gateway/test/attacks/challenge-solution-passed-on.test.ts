import type { ChallengeView } from '@cloakroom/contract'
import { beforeEach, describe, expect, test } from 'vitest'
import { SESSION_COOKIE } from '../../src/decide/cookies.ts'
import { makeHead } from '../fixtures.ts'
import { Jar, type Kit, makeKit, type Sent } from '../own-endpoints.ts'
import { solve } from '../solve.ts'

// One machine solves, a thousand others go through: the solution is handed on, kept for later, or sent for another route.

const ROUTE = 'shop: GET /products/**'
const CLIENT = '198.51.100.7'
let kit: Kit
beforeEach(() => {
  kit = makeKit()
})

/** A challenge for whoever shows this cookie. */
async function challengeFor(cookies: Jar, client = CLIENT): Promise<ChallengeView> {
  const head = makeHead({ at: kit.now(), client, headers: cookies.line === '' ? {} : { cookie: cookies.line } })
  return await kit.parts.challenges.make(head, ROUTE, 'easy', '/auth/challenge')
}

const handIn = (solution: string, change: Partial<Sent> = {}) =>
  kit.send({ method: 'POST', path: '/auth/challenge', json: { solution }, ...change })
const clearedFor = (cookies: Jar, client = CLIENT) =>
  kit.parts.challenges.cleared(makeHead({ at: kit.now(), client, headers: { cookie: cookies.line } }))

function jarOf(session: string): Jar {
  const jar = new Jar()
  jar.set(SESSION_COOKIE, session)
  return jar
}

describe('a solution', () => {
  test('RATE-12 opens its route once: 204 and a cookie no script can read; the second time it is refused', async () => {
    const jar = jarOf('mine')
    const solution = await solve(await challengeFor(jar))
    const first = await handIn(solution, { cookies: jar })
    expect([first.status, first.setCookies.length]).toEqual([204, 1])
    expect(first.setCookies[0]).toMatch(/HttpOnly; SameSite=Strict$/)
    expect(clearedFor(jar)).toMatchObject([{ route: ROUTE }])
    const again = await handIn(solution, { cookies: jarOf('mine') })
    expect([again.status, again.header('cloakroom-error'), again.setCookies]).toEqual([403, 'challenge_failed', []])
    expect(kit.events.map(({ kind, reason }) => [kind, reason])).toEqual([
      ['challenge.cleared', null],
      ['challenge.failed', 'used'],
    ])
  })

  test('is of no use to another session, another address, and too late', async () => {
    const jar = jarOf('mine')
    const solution = await solve(await challengeFor(jar))
    expect((await handIn(solution, { cookies: jarOf('other') })).header('cloakroom-error')).toBe('challenge_failed')
    expect((await handIn(solution, { cookies: jar, client: '203.0.113.1' })).header('cloakroom-error')).toBe('challenge_failed')
    kit.pass(5 * 60_000)
    expect((await handIn(solution, { cookies: jar })).header('cloakroom-error')).toBe('challenge_failed')
    expect(clearedFor(jar)).toEqual([])
  })

  test('earns a pass that opens nothing in another session and at another address', async () => {
    const jar = jarOf('mine')
    const { setCookies } = await handIn(await solve(await challengeFor(jar)), { cookies: jar })
    const pass = setCookies[0]?.split(';', 1)[0] ?? ''
    const [name = '', value = ''] = pass.split(/=(.*)/s)
    const stolen = jarOf('other')
    stolen.set(name, value)
    expect([clearedFor(jar).length, clearedFor(jar, '203.0.113.1'), clearedFor(stolen)]).toEqual([1, [], []])
  })

  test('clears the route that was asked for and no other, whatever is written beside it', async () => {
    const jar = jarOf('mine')
    const challenge = await challengeFor(jar)
    const forged = { ...challenge, parameters: { ...challenge.parameters, route: 'shop: POST /orders' } }
    expect((await handIn(await solve(forged), { cookies: jar })).status).toBe(403)
    await handIn(await solve(await challengeFor(jar)), { cookies: jar })
    expect(clearedFor(jar).map(({ route }) => route)).toEqual([ROUTE])
  })

  test('cannot be computed beforehand: every challenge has a salt of its own', async () => {
    const many = await Promise.all(Array.from({ length: 50 }, () => challengeFor(new Jar())))
    expect(new Set(many.map(({ parameters }) => parameters.salt)).size).toBe(50)
    expect(new Set(many.map(({ parameters }) => parameters.nonce)).size).toBe(50)
    // One that was solved for an older challenge, under the new one's signature.
    const [older, newer] = many
    if (older === undefined || newer === undefined) throw new Error('none made')
    const solved = JSON.parse(Buffer.from(await solve(older), 'base64url').toString()) as object
    const moved = Buffer.from(
      JSON.stringify({ ...solved, challenge: { parameters: newer.parameters, signature: newer.signature } }),
    ).toString('base64url')
    expect((await handIn(moved)).header('cloakroom-error')).toBe('challenge_failed')
  })

  test('is not taken from a page of another site', async () => {
    const solution = await solve(await challengeFor(new Jar()))
    expect((await handIn(solution, { headers: { 'sec-fetch-site': 'cross-site' } })).header('cloakroom-error')).toBe('cross_site')
    expect((await handIn(solution)).status).toBe(204)
  })

  test('of the page’s form leads on to a path of this website, and nowhere else', async () => {
    const send = async (next: string) =>
      (
        await kit.send({ method: 'POST', path: '/auth/challenge', form: { solution: await solve(await challengeFor(new Jar())), next } })
      ).header('location')
    expect(await send('/products?page=2')).toBe('/products?page=2')
    expect(await send('/auth/login')).toBe('/auth/login')
    expect(await send('https://evil.example/')).toBe('/')
    expect(await send('//evil.example/')).toBe('/')
  })
})
