import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { GateError } from '../errors.ts'
import { memoryStores } from '../store/memory.ts'
import type { MintStore } from '../store/store.ts'
import type { Exchange } from './grant.ts'
import { makeGeneration, openKeyring } from './keyring.ts'
import { createMinter, MintFailure, type Minted, type Minter, type MintJob } from './mint.ts'
import type { OAuthClient } from './oauth-client.ts'

const CLIENT: OAuthClient = {
  endpoint: 'https://login.example.com/token',
  clientId: 'shop',
  authentication: 'client_secret_basic',
  key: null,
  scope: null,
  resource: null,
  audience: null,
  ca: null,
  privateNetwork: false,
}
const job = (change: Partial<MintJob> = {}): MintJob => ({
  name: 'crm',
  version: 1,
  client: CLIENT,
  secret: Buffer.from('s3cret'),
  rejected: null,
  ...change,
})

const root = randomBytes(32)
const generation = makeGeneration(1, 'vault', root, 0, randomBytes)

function world(exchange: Exchange, store: MintStore = memoryStores().minted) {
  const time = { now: 1_000_000 }
  const keyring = openKeyring('vault', Buffer.from(root))
  keyring.learn([generation])
  const parts = {
    store,
    keyring,
    random: randomBytes,
    clock: () => time.now,
    // Time passes as fast as somebody waits for it.
    later: (run: () => void, ms: number) => {
      setImmediate(() => {
        time.now += ms
        run()
      })
      return () => undefined
    },
    signer: () => Promise.reject(new Error('nobody signs here')),
  }
  return {
    time,
    store,
    minter: createMinter({ ...parts, exchange }),
    again: (other: Exchange) => createMinter({ ...parts, exchange: other }),
  }
}

let minted = 0
const grants = (lifeSeconds = 1000): { exchange: Exchange; asked: () => number } => {
  let asked = 0
  return {
    asked: () => asked,
    exchange: () => {
      asked += 1
      minted += 1
      const said = { access_token: `access-${minted}-abcdef`, token_type: 'Bearer', expires_in: lifeSeconds }
      return Promise.resolve({ status: 200, text: JSON.stringify(said) })
    },
  }
}
const textOf = async (minting: Promise<Minted>): Promise<string> => Buffer.from((await minting).value).toString()
const many = (minter: Minter, count: number): Promise<string[]> =>
  Promise.all(Array.from({ length: count }, () => textOf(minter.current(job()))))

test('fifty who need an access token at once have one minted', async () => {
  const { exchange, asked } = grants()
  const found = await many(world(exchange).minter, 50)
  expect([new Set(found).size, asked()]).toEqual([1, 1])
})

test('two on one store mint one between them, and what lies in the store is sealed', async () => {
  const { exchange, asked } = grants()
  const { minter, again, store } = world(exchange)
  const found = await Promise.all([many(minter, 25), many(again(exchange), 25)])
  expect([new Set(found.flat()).size, asked()]).toEqual([1, 1])
  expect(JSON.stringify(await store.find('crm\n1'))).not.toContain('access-')
})

test('a holder that dies while it asks is survived: the next one asks when the lease has ended', async () => {
  const { exchange } = grants()
  const { minter, again, time } = world(() => new Promise(() => undefined))
  void minter.current(job())
  await new Promise((done) => setImmediate(done))
  const before = time.now
  expect(await textOf(again(exchange).current(job()))).toContain('access-')
  expect(time.now - before).toBeGreaterThanOrEqual(15_000)
})

test('it is renewed beside the requests before it ends, and never used after', async () => {
  const { exchange, asked } = grants(1000)
  const { minter, time } = world(exchange)
  const first = await textOf(minter.current(job()))
  time.now += 699_000
  expect([await textOf(minter.current(job())), asked()]).toEqual([first, 1])
  time.now += 101_000
  expect(await textOf(minter.current(job()))).toBe(first)
  await new Promise((done) => setTimeout(done, 0))
  expect(asked()).toBe(2)
  const second = await textOf(minter.current(job()))
  expect(second).not.toBe(first)
  time.now += 990_000
  expect(await textOf(minter.current(job()))).not.toBe(second)
})

test('after a failure nobody asks for half a minute; what is still good is used on', async () => {
  let asked = 0
  let status = 200
  const { minter, time } = world(() => {
    asked += 1
    const text =
      status === 200 ? '{"access_token":"access-good-one","token_type":"bearer","expires_in":1000}' : '{"error":"invalid_client"}'
    return Promise.resolve({ status, text })
  })
  await minter.current(job())
  status = 401
  time.now += 850_000
  for (let at = 0; at < 5; at++) {
    expect(await textOf(minter.current(job()))).toBe('access-good-one')
    await new Promise((done) => setTimeout(done, 0))
  }
  expect(asked).toBe(2)
  time.now += 140_000
  await expect(minter.current(job())).rejects.toThrow('401 invalid_client')
  await expect(minter.current(job())).rejects.toThrow('a moment ago')
  expect(asked).toBe(3)
  time.now += 30_000
  status = 200
  expect(await textOf(minter.current(job()))).toBe('access-good-one')
})

test('one that the API refused is minted anew, once, although it has not ended', async () => {
  const { exchange, asked } = grants()
  const { minter } = world(exchange)
  const first = await minter.current(job())
  const rejected = Uint8Array.from(first.value)
  const found = await Promise.all(Array.from({ length: 10 }, () => textOf(minter.current(job({ rejected })))))
  expect([new Set(found).size, asked()]).toEqual([1, 2])
  expect(found[0]).not.toBe(Buffer.from(rejected).toString())
})

test.each<[string, number, string]>([
  ['an error', 400, '{"error":"invalid_scope"}'],
  ['a redirect', 302, ''],
  ['no JSON', 200, '<html>'],
  ['another type', 200, '{"access_token":"abcdefghij","token_type":"DPoP","expires_in":60}'],
  ['no type', 200, '{"access_token":"abcdefghij","expires_in":60}'],
  ['a token that would split the request', 200, '{"access_token":"abc\\r\\nx: y","token_type":"bearer"}'],
  ['one that has ended', 200, '{"access_token":"abcdefghij","token_type":"bearer","expires_in":0}'],
  ['a life that is no number', 200, '{"access_token":"abcdefghij","token_type":"bearer","expires_in":"soon"}'],
])('an answer with %s gives no access token', async (_, status, text) => {
  await expect(world(() => Promise.resolve({ status, text })).minter.current(job())).rejects.toThrow(MintFailure)
})

test('what a server writes in its error is not repeated; that it does not answer is said', async () => {
  const rude = world(() => Promise.resolve({ status: 500, text: '{"error":"secret is s3cret"}' }))
  await expect(rude.minter.current(job())).rejects.toThrow(/answered 500$/)
  const gone = world(() => Promise.reject(new GateError('upstream_unreachable', 'x')))
  await expect(gone.minter.current(job())).rejects.toThrow('no answer: upstream_unreachable')
})

test('another version of the client, or another name, is another access token', async () => {
  const { exchange, asked } = grants()
  const { minter } = world(exchange)
  for (const change of [{}, { version: 2 }, { name: 'erp' }, {}]) await minter.current(job(change))
  expect(asked()).toBe(3)
})
