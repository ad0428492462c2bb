import { createSecretKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { manualLater } from '../../test/fakes/later.ts'
import { makeApi, makeHead } from '../../test/fixtures.ts'
import { readYaml } from '../config/yaml.ts'
import { createCanaries } from './canary.ts'
import { createDecoys } from './decoys.ts'
import { measuredForward } from '../audit/measured-forward.ts'
import type { ForwardPart } from '../parts.ts'
import { createLatencies } from './latency.ts'
import { readOpenApi } from './openapi.ts'
import type { DecoyProfile } from './profile.ts'

const KEY = createSecretKey(Buffer.alloc(32, 5))
const canaries = createCanaries(KEY)
const shop = makeApi({ upstreamPath: '/v1' })

function openApi(): DecoyProfile {
  const yaml = readYaml(readFileSync(join(import.meta.dirname, '../../test/samples/shop-api.yaml'), 'utf8'))
  if (yaml.kind !== 'value') throw new Error(JSON.stringify(yaml.problems))
  const document = readOpenApi(yaml.value)
  if (!('answer' in document)) throw new Error(JSON.stringify(document))
  return { kind: 'openapi', document }
}

function start(profile: DecoyProfile) {
  const time = manualLater()
  const clock = { now: 0 }
  const latencies = createLatencies()
  const decoys = createDecoys({ profiles: new Map([['shop', profile]]), apis: [shop], key: KEY, canaries, latencies, later: time.later })
  const wish = { profile: 'shop', seed: 'net 198.51.100.7', latency: 'none', watermark: true } as const
  const serve = async (path: string, change: Partial<typeof wish> = {}) => {
    const served = await decoys.serve(makeHead({ path, query: '' }), { ...wish, ...change })
    return served === null ? null : { ...served, text: Buffer.from(served.answer.body as Uint8Array).toString() }
  }
  return { time, clock, latencies, decoys, wish, serve }
}

interface Product {
  readonly id: string
  readonly name: string
  readonly price: number
  readonly stock: number
  readonly state: string
  readonly added: string
  readonly tags: readonly string[]
  readonly maker: { readonly name: string; readonly contact: string }
  readonly similar: readonly Product[]
}

function expectProduct({ id, name, price, stock, state, added, tags, maker, similar }: Product): void {
  expect(id).toMatch(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  expect(name.length).toBeLessThanOrEqual(40)
  expect(price >= 1 && price <= 90).toBe(true)
  expect(Number.isInteger(stock) && stock >= 0 && stock <= 20).toBe(true)
  expect(['new', 'used']).toContain(state)
  expect(new Date(added).toISOString()).toBe(added)
  expect(tags.every((tag) => typeof tag === 'string')).toBe(true)
  expect(maker.contact).toMatch(/^[0-9a-z]{16}@example\.com$/)
  expect(similar.length).toBeLessThanOrEqual(1)
}

describe('RATE-08 a decoy from an OpenAPI document', () => {
  test('is what the schema allows, for a list and for one thing; who asks for a thing gets that thing', async () => {
    const { serve } = start(openApi())
    const list = JSON.parse((await serve('/api/shop/products'))?.text ?? '') as readonly Product[]
    expect(list.length >= 4 && list.length <= 20).toBe(true)
    for (const product of list) expectProduct(product)
    const id = list[1]?.id ?? ''
    const one = JSON.parse((await serve(`/api/shop/products/${id}`))?.text ?? '') as Product
    expectProduct(one)
    expect(one.id).toBe(id)
    expect(one.similar.every((other) => other.id !== id)).toBe(true)
    expect(await serve('/api/shop/orders')).toBeNull()
  })

  test('says in each of its identifiers to whom it was given, and to nobody without the key', async () => {
    const { serve } = start(openApi())
    const served = await serve('/api/shop/products')
    const list = JSON.parse(served?.text ?? '') as readonly Product[]
    for (const { id, maker } of list) {
      expect(canaries.tagsIn(`/x/${id}`)).toEqual([served?.tag])
      expect(canaries.tagsIn(maker.contact)).toEqual([served?.tag])
      expect(createCanaries(createSecretKey(Buffer.alloc(32, 6))).tagsIn(id)).toEqual([])
    }
    expect(new Set(list.map(({ id }) => id.slice(0, 8))).size).toBe(list.length)
    expect((await serve('/api/shop/products', { seed: 'net 203.0.113.9' } as never))?.tag).not.toBe(served?.tag)
  })
})

test('a decoy without canaries has none, and another text', async () => {
  const sample = 'API_KEY=sk-live-4f9a2bQ7xZk01c8eMw5R\nHOST=db.internal\n'
  const { serve } = start({ kind: 'text', sample, contentType: 'text/plain; charset=utf-8' })
  const [plain, marked] = [await serve('/.env', { watermark: false } as never), await serve('/.env')]
  expect(plain).toMatchObject({ tag: null })
  for (const served of [plain, marked]) {
    expect(served?.text).toMatch(/^API_KEY=\S{28}\nHOST=db\.internal\n$/)
    expect(served?.text).not.toContain('4f9a2bQ7xZk01c8eMw5R')
  }
  expect(canaries.tagsIn(plain?.text ?? '')).toEqual([])
  expect(canaries.tagsIn(marked?.text ?? '')).toEqual([marked?.tag])
})

test('RATE-08 it takes as long as the API took lately, never longer than three seconds, and not at all when too many wait', async () => {
  const { time, clock, latencies, serve } = start({ kind: 'json', sample: [] })
  const api: ForwardPart = {
    send: () => {
      clock.now += 400
      return { status: 200, headers: [], body: { length: 0, start: () => undefined, resume: () => undefined, cancel: () => undefined } }
    },
  }
  const forward = measuredForward(api, () => clock.now, latencies)
  for (let n = 0; n < 10; n += 1) await forward.send({} as never, null, shop)
  const latency = 'like_upstream' as never
  const done: string[] = []
  void serve('/api/shop/products', { latency }).then(() => done.push('api'))
  await settled()
  time.pass(399)
  await settled()
  expect(done).toEqual([])
  time.pass(1)
  await settled()
  expect(done).toEqual(['api'])
  // Nothing is known of what does not exist; it answers all the same, soon.
  void serve('/nowhere', { latency }).then(() => done.push('nowhere'))
  await settled()
  time.pass(29)
  await settled()
  expect(done).toEqual(['api'])
  time.pass(100)
  await settled()
  expect(done).toEqual(['api', 'nowhere'])
  for (let n = 0; n < 200; n += 1) void serve('/api/shop/products', { latency })
  expect(await serve('/api/shop/products', { latency })).not.toBeNull()
})

const settled = () => new Promise((resolve) => setImmediate(resolve))
