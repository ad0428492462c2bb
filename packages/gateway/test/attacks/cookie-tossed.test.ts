import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { DEVICE_COOKIE, readCookie, SESSION_COOKIE, VISIT_COOKIE } from '../../src/decide/cookies.ts'
import { headersOf } from '../../src/decide/headers.ts'
import { makeSessionKit, START } from '../session-kit.ts'

// A sibling host, or a script before its time, plants a second cookie of the session's name, or one that a careless parser takes for it.

const read = (line: string, name = SESSION_COOKIE) => readCookie(headersOf([['cookie', line]]), name)

test('COO-12 wherever the second one stands, and whatever stands between, neither is believed', () => {
  const octet = fc.constantFrom(...'abcXYZ019-_.!#$&+^~'.split(''))
  const pair = fc
    .tuple(fc.string({ unit: octet, minLength: 1, maxLength: 8 }), fc.string({ unit: octet, maxLength: 8 }))
    .map(([name, value]) => `${name}=${value}`)
  const name = fc.constantFrom(SESSION_COOKIE, VISIT_COOKIE, DEVICE_COOKIE)
  fc.assert(
    fc.property(
      fc.array(pair, { maxLength: 5 }),
      fc.array(pair, { maxLength: 5 }),
      fc.array(pair, { maxLength: 5 }),
      name,
      (before, between, after, own) => {
        const line = [...before, `${own}=first`, ...between, `${own}=second`, ...after].join('; ')
        expect(read(line, own)).toEqual({ kind: 'many' })
        expect(read([...before, `${own}=first`, ...between, ...after].join('; '), own)).toEqual({ kind: 'one', value: 'first' })
      },
    ),
  )
})

test('COO-12 a name that only looks like the session’s is another name: blanks of other kinds, quotes, other cases, escapes', async () => {
  const { signIn, visitor } = makeSessionKit()
  const { cookie } = await signIn()
  // To a browser these names have no prefix, so that a sibling host or a script may set them.
  const blanks = ['\u00a0', '\ufeff', '\u2000', '\u3000', '\u0085', '\u000b', '\u000c', '\u00c2\u00a0', '\u00e2\u0080\u0080']
  const names = [
    ...blanks.flatMap((blank) => [`${blank}${SESSION_COOKIE}`, `${SESSION_COOKIE}${blank}`]),
    `"${SESSION_COOKIE}"`,
    SESSION_COOKIE.toUpperCase(),
    '%5F_Host-Http-session',
    `$${SESSION_COOKIE}`,
  ]
  for (const name of names) {
    const found = read(`${name}=${cookie}`)
    expect(found, JSON.stringify(name)).toEqual({ kind: 'absent' })
    // Beside the real one they change nothing.
    expect(read(`${name}=evil; ${SESSION_COOKIE}=${cookie}`)).toEqual({ kind: 'one', value: cookie })
  }
  expect(await visitor(cookie, START)).toMatchObject({ kind: 'known' })
})

test('C12 a long line of blanks is read as fast as any other', () => {
  const line = `${SESSION_COOKIE}${' '.repeat(2_000_000)}x=1; ${SESSION_COOKIE}=ok`
  expect(read(line)).toEqual({ kind: 'one', value: 'ok' })
}, 5_000)
