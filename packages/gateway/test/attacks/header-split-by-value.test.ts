import { afterEach, expect, test } from 'vitest'
import type { HeaderField } from '../../src/decide/headers.ts'
import type { ForwardPart } from '../../src/parts.ts'
import { linesOf, startWay, type Way } from '../way-kit.ts'

let way: Way
afterEach(() => way.close())

const SPLITS = [
  'a\r\nx-evil: 1',
  'a\nx-evil: 1',
  'a\rx-evil: 1',
  'a\r\n\r\nGET /evil HTTP/1.1\r\n',
  'a\0b',
  'a\u010ax-evil: 1',
  'a\u560dx-evil: 1',
]

test.each(SPLITS)('HDR-14 C21 a door that lets %j through does not split the request upstream', async (value) => {
  way = await startWay({ api: { carry: ['x-shop'] } })
  const names = ['accept', 'x-shop', 'if-none-match', 'content-type']
  for (const name of names) await way.read({ headers: [[name, value]] })
  expect(way.upstream.requests).toEqual([])
  expect([way.opened, way.released]).toEqual([names.length, names.length])
})

test.each(SPLITS)('HDR-14 C21 nor does a path, a query or a method with %j', async (value) => {
  way = await startWay()
  await way.read({ path: `/api/shop/${value}` })
  await way.read({ query: value })
  await way.read({ method: `GET ${value}` })
  expect(way.upstream.requests.filter(({ head }) => /evil/i.test(head.toString()))).toEqual([])
  expect(way.upstream.requests.filter(({ target }) => target.includes('\0'))).toEqual([])
})

test.each(SPLITS)('HDR-14 C21 a secret with %j is not sent', async (value) => {
  for (const placement of [{ kind: 'bearer' }, { kind: 'header', name: 'x-key', prefix: '' }] as const) {
    way = await startWay({ secret: value, placement })
    await way.read()
    expect(way.upstream.requests.filter(({ head }) => /x-evil|GET \/evil|\0/.test(head.toString('latin1')))).toEqual([])
    await way.close()
  }
})

test('HDR-14 C21 an answer whose values would split ours is passed on without them', async () => {
  const headers: readonly HeaderField[] = [
    ...SPLITS.map((value, at): HeaderField => [`x-${at}`, value]),
    ['location', '/v1/x\r\nset-cookie: evil=1'],
    ['x-fine', 'fine'],
    ['x evil', '1'],
    ['x-evil\r\n', '1'],
  ]
  const forwardPart: ForwardPart = {
    send: () =>
      Promise.resolve({
        status: 200,
        headers,
        body: { length: 0, start: (sink) => sink.end(), resume: () => undefined, cancel: () => undefined },
      }),
  }
  way = await startWay({ forwardPart })
  const answer = await way.read()
  expect(answer.status).toBe(200)
  expect(answer.headers.filter(([name, value]) => /[^\x20-\x7e]|evil/i.test(name + value))).toEqual([])
  expect(linesOf(answer, 'x-fine')).toEqual(['fine'])
})
