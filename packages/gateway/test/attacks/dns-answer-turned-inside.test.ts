import type { LookupAddress } from 'node:dns'
import { afterAll, describe, expect, test } from 'vitest'
import { guardedLookup, type Resolve } from '../../src/forward/guarded-lookup.ts'
import { startWay, type Way } from '../way-kit.ts'

/** A resolver that gives these answers, one after the other; the last one again and again. */
function resolver(...answers: readonly string[][]): Resolve & { asked: number } {
  const resolve = Object.assign(
    (_name: string, _options: object, answer: (cause: null, addresses: LookupAddress[]) => void) => {
      const addresses = answers[Math.min(resolve.asked, answers.length - 1)] ?? []
      resolve.asked += 1
      answer(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      )
    },
    { asked: 0 },
  )
  return resolve
}

function ask(lookup: ReturnType<typeof guardedLookup>, all: boolean): Promise<unknown> {
  return new Promise((resolve) => {
    lookup('api.example.com', { all }, (cause, address) => resolve(cause === null ? address : 'code' in cause ? cause.code : cause))
  })
}

describe('HTTP-28 C20 a name that is turned to the inside', () => {
  test('is refused at the very connection that would go there', async () => {
    const lookup = guardedLookup(resolver(['203.0.113.1'], ['127.0.0.1']))
    expect(await ask(lookup, true)).toEqual([{ address: '203.0.113.1', family: 4 }])
    expect(await ask(lookup, false)).toBe('upstream_refused')
    expect(await ask(lookup, true)).toBe('upstream_refused')
  })

  test('is refused as a whole when one of its addresses is private', async () => {
    for (const inside of ['10.0.0.7', '169.254.169.254', '::1', 'fd00::1', 'fe80::1%eth0', '::ffff:192.168.0.1', 'nonsense']) {
      expect(await ask(guardedLookup(resolver(['203.0.113.1', inside])), true)).toBe('upstream_refused')
    }
  })

  test('no address is no permission', async () => {
    expect(await ask(guardedLookup(resolver([])), true)).toBe('ENOTFOUND')
  })
})

const ways: Way[] = []
afterAll(async () => {
  for (const way of ways) await way.close()
})

async function wayTo(resolve: Resolve, privateNetwork: boolean): Promise<Way> {
  const way = await startWay({
    forward: { resolve },
    api: { privateNetwork },
    origin: (upstream) => `http://api.example.com:${upstream.port}`,
  })
  ways.push(way)
  return way
}

test('HTTP-28 the request is answered with 502, the secret is not sent, and nobody inside gets a connection', async () => {
  const resolve = resolver(['127.0.0.1'])
  const way = await wayTo(resolve, false)
  expect((await way.read()).status).toBe('upstream_refused')
  expect(resolve.asked).toBeGreaterThan(0)
  expect(way.upstream.connections).toBe(0)
  expect(way.events.map(({ kind, reason }) => [kind, reason])).toContainEqual(['upstream.failed', 'upstream_refused'])
})

test('HTTP-28 the owner may say that the API is in a private network; then the connection goes where the name led when it was made', async () => {
  const resolve = resolver(['127.0.0.1'])
  const way = await wayTo(resolve, true)
  expect((await way.read()).status).toBe(200)
  expect((await way.read()).status).toBe(200)
  expect(way.upstream.requests[0]?.header('host')).toBe(`api.example.com:${way.upstream.port}`)
  // Asked once for each connection, by the connection itself.
  expect(resolve.asked).toBe(way.upstream.connections)
  // An address that is written out is the owner's wish, and is not looked up.
  const literal = await startWay({ forward: { resolve: resolver(['10.0.0.1']) } })
  ways.push(literal)
  expect((await literal.read()).status).toBe(200)
})
