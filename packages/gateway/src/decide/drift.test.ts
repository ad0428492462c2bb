import { describe, expect, test } from 'vitest'
import { makeHead, makeSession } from '../../test/fixtures.ts'
import { agentFamily, driftCount, driftOf, traitsOf } from './drift.ts'

const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'
const HOME = {
  'user-agent': CHROME,
  'accept-language': 'de-CH,de;q=0.9,en;q=0.8',
  'sec-ch-ua': '"Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140"',
  'sec-ch-ua-platform': '"Linux"',
}
const session = makeSession({ address: '198.51.100.7', agent: CHROME, traits: traitsOf(makeHead({ headers: HOME }).headers) })
const drift = (headers: Record<string, string>, client = '198.51.100.7') => driftOf(session, makeHead({ headers, client }))
const NONE = { network: false, agent: false, language: false, hints: false }

describe('RATE-06 what changed since sign-in', () => {
  test('nothing, for the same browser in the same place', () => {
    expect(drift(HOME)).toEqual(NONE)
    expect(driftCount(drift(HOME))).toBe(0)
  })

  test('nothing, when the browser was updated, its made-up brand changed, or a handshake leaves hints out', () => {
    expect(
      drift({
        ...HOME,
        'user-agent': CHROME.replace('140', '141'),
        'sec-ch-ua': '"Google Chrome";v="141", "Chromium";v="141", "Not)A;Brand";v="8"',
      }),
    ).toEqual(NONE)
    expect(drift({ 'user-agent': CHROME, 'accept-language': 'de-CH' })).toEqual(NONE)
  })

  test('the network, for a traveller; within one IPv6 /64 nothing', () => {
    expect(drift(HOME, '203.0.113.9')).toEqual({ ...NONE, network: true })
    const v6 = { ...session, address: '2001:db8::1' }
    expect(driftOf(v6, makeHead({ headers: HOME, client: '2001:db8::2' })).network).toBe(false)
    expect(driftOf(v6, makeHead({ headers: HOME, client: '2001:db8:0:1::2' })).network).toBe(true)
  })

  test('all of it, for a program with a stolen cookie', () => {
    expect(drift({ 'user-agent': 'curl/8.5.0' }, '203.0.113.9')).toEqual({ network: true, agent: true, language: true, hints: false })
    const other = {
      ...HOME,
      'accept-language': 'ru',
      'sec-ch-ua-platform': '"Windows"',
      'user-agent': 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/143.0',
    }
    expect(driftCount(drift(other, '203.0.113.9'))).toBe(4)
  })

  test('of a session that began before traits were kept, only what is known', () => {
    expect(driftOf({ ...session, traits: '' }, makeHead({ headers: { 'user-agent': CHROME, 'accept-language': 'ru' } }))).toEqual(NONE)
  })
})

test.each([
  [CHROME, 'Chrome on Linux'],
  [`${CHROME} Edg/140.0`, 'Edge on Linux'],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15',
    'Safari on macOS',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
    'Safari on iOS',
  ],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0', 'Firefox on Windows'],
  ['curl/8.5.0', 'curl'],
  ['', ''],
])('%s is %s', (agent, family) => expect(agentFamily(agent)).toBe(family))
