import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { call } from '../call.ts'
import { install, type Installation, signIn } from '../started.ts'

const FIRST = 'canaryHeapFirst4Zk8Qw2LmX9'
const SECOND = 'canaryHeapSecond7Hn3Vt5Bc1'

/** Writes the heap into a file when told to, as whoever attaches to the process could. */
const SNAPSHOT = `import { writeHeapSnapshot } from 'node:v8'
import { renameSync } from 'node:fs'
process.on('SIGUSR2', () => { writeHeapSnapshot('heap.part'); renameSync('heap.part', 'heap.json') })
`

describe('VLT-06 what is left of a secret in the memory of JavaScript', () => {
  let at: Installation
  beforeAll(async () => {
    at = await install(FIRST, ({ target }) => (target === '/hang' ? 'hang' : { body: '{}' }))
    writeFileSync(join(at.folder, 'snapshot.mjs'), SNAPSHOT)
  })
  afterAll(async () => {
    await at.remove()
  })

  test('once it is no longer in use, no text of the heap holds it', { timeout: 30_000 }, async () => {
    const gateway = await at.start({ nodeArgs: ['--import', join(at.folder, 'snapshot.mjs')] })
    const cookie = await signIn(gateway.port)
    const ask = async (): Promise<void> => {
      expect((await call(gateway.port, 'GET', '/api/shop/products', { cookie })).status).toBe(200)
    }
    const heap = async (): Promise<string> => {
      const file = join(at.folder, 'heap.json')
      rmSync(file, { force: true })
      gateway.child.kill('SIGUSR2')
      return await vi.waitFor(() => readFileSync(file, 'latin1'), { timeout: 15_000, interval: 50 })
    }
    for (let round = 0; round < 5; round += 1) await ask()
    expect(at.upstream.requests.at(-1)?.header('authorization')).toBe(`Bearer ${FIRST}`)
    expect((await heap()).includes(FIRST)).toBe(false)
    expect((await at.run(['secret', 'rotate', 'shop-key'], SECOND)).code).toBe(0)
    await ask()
    expect(at.upstream.requests.at(-1)?.header('authorization')).toBe(`Bearer ${SECOND}`)
    const waiting = call(gateway.port, 'GET', '/api/shop/hang', { cookie })
    await at.upstream.until(() => at.upstream.requests.at(-1)?.target === '/hang')
    const during = await heap()
    // A call under way needs its header as a text: that is what a snapshot can see, so that it would see the other, too.
    expect(during.includes(SECOND)).toBe(true)
    expect(during.includes(FIRST)).toBe(false)
    expect(during.includes(Buffer.from(FIRST).toString('base64'))).toBe(false)
    await gateway.end('SIGKILL')
    await waiting
  })
})
