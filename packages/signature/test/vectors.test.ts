import { describe, expect, it } from 'vitest'
import { acceptsWindowSecret, memoryNonces, staticKeys, windowSecret } from '../src/index.ts'
import { fromBase64 } from '../src/encoding.ts'
import { asFile, makeRequestVectors, makeWindowVectors, readVectors, type RequestVectors } from './make-vectors.ts'
import { verdictOn } from './kit.ts'

const vectors = readVectors('requests.json') as RequestVectors
const windows = readVectors('window-secrets.json') as {
  readonly root: string
  readonly cases: readonly { readonly windowSeconds: number; readonly at: number; readonly secret: string }[]
  readonly accepts: readonly {
    readonly secret: string
    readonly windowSeconds: number
    readonly at: number
    readonly tolerance: number
    readonly accepted: boolean
  }[]
}

describe('the test vectors for other languages', async () => {
  const keys = await staticKeys(vectors.keys)

  it.each(vectors.cases)('$name: $expect', async ({ request, content, spent, expect: expected }) => {
    const nonces = memoryNonces()
    for (const nonce of spent) for (const { kid = '' } of vectors.keys) await nonces.spend(kid, nonce, vectors.now + 120, vectors.now)
    const message = { kind: 'request' as const, scheme: null, ...request }
    expect(
      await verdictOn(message, content === null ? null : fromBase64(content), {
        keys,
        nonces,
        clock: () => vectors.now,
        authority: vectors.authority,
      }),
    ).toBe(expected)
  })

  it('are what the generator makes', async () => {
    expect(JSON.parse(asFile(await makeRequestVectors(vectors)))).toEqual(vectors)
    expect(JSON.parse(asFile(await makeWindowVectors()))).toEqual(windows)
  })

  it('hold every window secret', async () => {
    const root = fromBase64(windows.root)!
    for (const { windowSeconds, at, secret } of windows.cases) expect(await windowSecret(root, windowSeconds, at)).toBe(secret)
    for (const each of windows.accepts) {
      expect({ ...each, accepted: await acceptsWindowSecret(each.secret, root, each.windowSeconds, each.at, each.tolerance) }).toEqual(each)
    }
  })
})
