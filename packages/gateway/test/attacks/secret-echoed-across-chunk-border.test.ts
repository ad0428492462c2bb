import { afterEach, describe, expect, test } from 'vitest'
import { gate } from '../upstream.ts'
import { read } from '../bodies.ts'
import { SECRET, startWay, type Way } from '../way-kit.ts'
import type { BodySource } from '../../src/answer.ts'

let way: Way
afterEach(() => way.close())

const STARS = '*'.repeat(SECRET.length)

describe('an upstream echoes the secret in two pieces', () => {
  test('VLT-07 redacted, wherever the border is', async () => {
    const body = `head ${SECRET} tail`
    way = await startWay({
      upstream: {
        script: (_request, index) => ({ headers: [['content-type', 'text/plain']], body: [body.slice(0, index), body.slice(index)] }),
      },
    })
    for (let at = 0; at <= body.length; at++) {
      expect((await way.read()).text).toBe(`head ${STARS} tail`)
    }
    expect(way.events).toHaveLength(body.length + 1)
    expect(way.events[0]).toMatchObject({
      kind: 'secret.reflected',
      target: 'shop-key',
      reason: 'redacted',
      detail: { where: 'body', route: 'shop: * /**' },
    })
    expect([way.opened, way.released]).toEqual([body.length + 1, body.length + 1])
  })

  test('VLT-07 redacted, though the pieces come long apart, byte by byte', async () => {
    const held = gate()
    way = await startWay({
      upstream: { script: [{ body: ['x', ...SECRET.split('').flatMap((letter, at) => (at === 9 ? [held, letter] : [letter])), 'y'] }] },
    })
    const answer = await way.pass()
    const reader = read(answer.body as BodySource)
    await reader.until(() => reader.bytes === 1)
    held.open()
    await reader.until(() => reader.ended)
    expect(Buffer.concat(reader.chunks).toString()).toBe(`x${STARS}y`)
  })

  test('VLT-07 withheld, wherever the border is', async () => {
    const body = `head ${SECRET} tail`
    way = await startWay({
      api: { onLeak: 'withhold' },
      upstream: { script: (_request, index) => ({ body: [body.slice(0, index), body.slice(index)] }) },
    })
    for (let at = 0; at <= body.length; at += 3) {
      expect(await way.read()).toMatchObject({ status: 'answer_withheld', text: '' })
    }
    expect(way.events[0]).toMatchObject({ kind: 'secret.reflected', result: 'refused', reason: 'answer_withheld' })
    expect(way.released).toBe(way.opened)
  })

  test('VLT-07 withheld in the middle of a long answer: it breaks off before the first byte of the secret', async () => {
    const noise = 'n'.repeat(300_000)
    way = await startWay({
      api: { onLeak: 'withhold' },
      upstream: { script: [{ body: [noise, SECRET.slice(0, 10), SECRET.slice(10), noise], framing: 'chunked' }] },
    })
    const answer = await way.pass()
    const reader = read(answer.body as BodySource)
    await reader.until(() => reader.failure !== null)
    expect(reader.ended).toBe(false)
    expect(Buffer.concat(reader.chunks).toString()).toMatch(/^n*$/)
    expect(way.events).toMatchObject([{ kind: 'secret.reflected' }])
    expect(way.released).toBe(1)
    await way.upstream.until(() => way.upstream.openConnections === 0)
  })

  test('VLT-07 in a large answer, twice and at its very end', async () => {
    const noise = 'sk-live-4f9a2bQ7 '.repeat(40_000)
    way = await startWay({ upstream: { script: [{ body: noise + SECRET + noise + SECRET }] } })
    const { text } = await way.read()
    expect(text).toBe(noise + STARS + noise + STARS)
    expect(way.events).toHaveLength(1)
  })
})
