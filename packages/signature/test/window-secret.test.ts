import { createHmac } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { acceptsWindowSecret, windowSecret } from '../src/index.ts'
import { nodeWindowSecret } from '../src/keys/node-key.ts'
import vectors from '../vectors/window-secrets.json' with { type: 'json' }
import { NOON } from './kit.ts'

const ROOT = new Uint8Array(32).map((_, index) => index)

describe('a secret that changes with time', () => {
  it('is the HMAC over the window, as any other language computes it', async () => {
    const expected = createHmac('sha256', ROOT)
      .update(`cloakroom-window-v1\n30\n${Math.floor(NOON / 30)}`)
      .digest('base64url')
    expect(await windowSecret(ROOT, 30, NOON)).toBe(expected)
  })

  it('is the same from both of the package’s own hands, for every test vector', () => {
    const root = Buffer.from(vectors.root, 'base64')
    expect(vectors.cases.length).toBeGreaterThan(10)
    for (const { windowSeconds, at, secret } of vectors.cases) expect(nodeWindowSecret(root, windowSeconds, at)).toBe(secret)
    expect(() => nodeWindowSecret(root.subarray(1), 30, NOON)).toThrow(/32/)
  })

  it('is one value within a window and another in the next', async () => {
    const values = await Promise.all([0, 29, 30, 59, 60].map((offset) => windowSecret(ROOT, 30, NOON + offset)))
    expect(new Set(values.slice(0, 2)).size).toBe(1)
    expect(new Set(values).size).toBe(3)
  })

  it('is worthless a minute after its window began: 30 seconds and one window of tolerance', async () => {
    const captured = await windowSecret(ROOT, 30, NOON)
    const accepted = await Promise.all(
      [-31, -30, -1, 0, 29, 59, 60, 61, 3600].map((offset) => acceptsWindowSecret(captured, ROOT, 30, NOON + offset)),
    )
    expect(accepted).toEqual([false, true, true, true, true, true, false, false, false])
  })

  it('takes no neighbour with a tolerance of 0', async () => {
    const secret = await windowSecret(ROOT, 30, NOON)
    expect(await acceptsWindowSecret(secret, ROOT, 30, NOON + 29, 0)).toBe(true)
    expect(await acceptsWindowSecret(secret, ROOT, 30, NOON + 30, 0)).toBe(false)
  })

  it('another root, another length of window and other texts are refused', async () => {
    const secret = await windowSecret(ROOT, 30, NOON)
    expect(await acceptsWindowSecret(secret, ROOT.toReversed(), 30, NOON)).toBe(false)
    expect(await acceptsWindowSecret(await windowSecret(ROOT, 60, NOON), ROOT, 30, NOON)).toBe(false)
    for (const text of ['', secret.slice(1), `${secret}A`, `${secret} `, secret.toLowerCase(), 'caf\u00e9']) {
      expect(await acceptsWindowSecret(text, ROOT, 30, NOON)).toBe(false)
    }
  })

  it('a short root and impossible windows are refused loudly', async () => {
    await expect(windowSecret(ROOT.subarray(1), 30, NOON)).rejects.toThrow(RangeError)
    await expect(windowSecret(ROOT, 0, NOON)).rejects.toThrow(RangeError)
    await expect(windowSecret(ROOT, 1.5, NOON)).rejects.toThrow(RangeError)
    await expect(acceptsWindowSecret('x', ROOT, 30, NOON, 11)).rejects.toThrow(RangeError)
  })

  it('is accepted at every moment by a clock that is at most one window away', async () => {
    const moment = fc.integer({ min: 1, max: 4_000_000_000 })
    await fc.assert(
      fc.asyncProperty(moment, fc.integer({ min: 1, max: 3600 }), fc.integer({ min: -1, max: 1 }), async (at, length, away) =>
        acceptsWindowSecret(await windowSecret(ROOT, length, at), ROOT, length, Math.max(0, at + away * length)),
      ),
      { seed: 2104 },
    )
  })
})
