import { mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { manualLater } from '../../test/fakes/later.ts'
import { makeHead } from '../../test/fixtures.ts'
import { GateError } from '../errors.ts'
import type { AccessLine } from '../parts.ts'
import { openAccessLog } from './access-log.ts'
import { observers } from './observer.ts'

const AT = Date.UTC(2026, 10, 2, 9, 30, 0, 7)
let folder = ''
let file = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'access-'))
  file = join(folder, 'access.log')
})
afterEach(() => rm(folder, { recursive: true }))

function line(change: Partial<AccessLine> = {}): AccessLine {
  return {
    head: makeHead({ at: AT, headers: {} }),
    route: 'shop: GET /products/**',
    status: 200,
    code: null,
    steps: ['route', 'sender own'],
    ...change,
  }
}

async function written(path = file): Promise<readonly Record<string, unknown>[]> {
  const text = await readFile(path, 'utf8')
  return text
    .split('\n')
    .slice(0, -1)
    .map((entry) => JSON.parse(entry) as Record<string, unknown>)
}

test('LOG-01 a passed request is one JSON line with time, request, address, method, path, route, status and duration', async () => {
  const log = openAccessLog({ to: file, level: 'info', later: manualLater().later, clock: () => AT + 12 })
  log.access(line())
  await log.close()
  expect(await written()).toEqual([
    {
      level: 'info',
      event: 'access',
      at: '2026-11-02T09:30:00.007Z',
      request: 'request-1',
      address: '198.51.100.7',
      method: 'GET',
      path: '/api/shop/products/1',
      scheme: 'https',
      host: 'shop.example',
      agent: '',
      route: 'shop: GET /products/**',
      status: 200,
      ms: 12,
    },
  ])
  expect((await stat(file)).mode & 0o777).toBe(0o600)
})

test('LOG-02 a refused request says with which code and on what grounds', async () => {
  const log = openAccessLog({ to: file, level: 'info', later: manualLater().later, clock: () => AT })
  log.access(line({ route: null, status: 403, code: 'cross_site', steps: ['sender foreign'] }))
  await log.close()
  expect(await written()).toMatchObject([{ status: 403, code: 'cross_site', steps: ['sender foreign'], route: null }])
})

test('LOG-03 LOG-10 no header but the user agent is logged, and of the query only what is on the list', async () => {
  const log = openAccessLog({ to: file, level: 'info', later: manualLater().later, clock: () => AT })
  const headers = {
    cookie: '__Host-Http-session=canary1',
    authorization: 'Bearer canary2',
    referer: 'https://shop.example/?k=canary3',
    'x-api-key': 'canary4',
    'user-agent': 'Browser/1',
  }
  log.access(line({ head: makeHead({ at: AT, headers, query: 'page=2&token=canary5&canary6' }) }))
  log.failure(makeHead({ at: AT, headers, query: 'token=canary7' }), new GateError('upstream_unreachable', 'the connection was closed'))
  await log.close()
  expect(await readFile(file, 'utf8')).not.toContain('canary')
  expect(await written()).toMatchObject([{ query: 'page=2&token=[redacted]&[redacted]', agent: 'Browser/1' }, { event: 'failure' }])
})

test('LOG-03 a failure is logged with its chain of causes, and without the properties that an error may drag along', async () => {
  const log = openAccessLog({ to: file, level: 'info', later: manualLater().later, clock: () => AT })
  const cause = Object.assign(new TypeError('Invalid URL'), {
    input: 'https://canary.example',
    request: { headers: { authorization: 'canary' } },
  })
  log.failure(makeHead({ at: AT }), new GateError('upstream_invalid', 'no usable head', { cause }))
  log.failure(makeHead({ at: AT }), 'canary thrown as a text')
  await log.close()
  const [first, second] = await written()
  expect(first).toMatchObject({
    level: 'error',
    code: 'upstream_invalid',
    message: 'GateError: upstream_invalid: no usable head ← TypeError: Invalid URL',
  })
  expect(first?.['stack']).toMatch(/^at .*access-log\.test/)
  expect(second).toMatchObject({ code: 'internal', message: 'a thrown string' })
  expect(await readFile(file, 'utf8')).not.toContain('canary')
})

test('LOG-04 newlines, escapes and breakouts in the user agent, the host and an error stay one parseable line each', async () => {
  const log = openAccessLog({ to: file, level: 'info', later: manualLater().later, clock: () => AT })
  const evil = 'x\r\n{"event":"access"}\u001b[31m\u009b1m","status":200,"\u2028\u202e'
  log.access(line({ head: makeHead({ at: AT, host: evil, path: evil, method: evil, query: evil, headers: { 'user-agent': evil } }) }))
  log.failure(makeHead({ at: AT }), new Error(evil))
  await log.close()
  const text = await readFile(file, 'utf8')
  expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/)
  expect((await written()).map((entry) => entry['event'])).toEqual(['access', 'failure'])
})

test('lines leave in batches, a second later at most', async () => {
  const time = manualLater()
  const log = openAccessLog({ to: file, level: 'info', later: time.later, clock: () => AT })
  log.access(line())
  log.access(line())
  expect(time.waiting()).toEqual([1000])
  time.pass(1000)
  await vi.waitFor(async () => expect(await written()).toHaveLength(2))
  expect(time.waiting()).toEqual([])
  await log.close()
})

test('a rotated access log is followed after reopen()', async () => {
  const log = openAccessLog({ to: file, level: 'info', later: manualLater().later, clock: () => AT })
  log.access(line({ status: 201 }))
  log.reopen()
  await vi.waitFor(async () => expect(await written()).toHaveLength(1))
  await rename(file, join(folder, 'old'))
  log.reopen()
  await vi.waitFor(() => stat(file))
  log.access(line({ status: 202 }))
  await log.close()
  expect((await written(join(folder, 'old'))).map((entry) => entry['status'])).toEqual([201])
  expect((await written()).map((entry) => entry['status'])).toEqual([202])
})

test('an observer that breaks stops neither the request nor the other observers', () => {
  const seen: number[] = []
  const broken = {
    access: () => {
      throw new Error('full')
    },
    failure: () => {
      throw new Error('full')
    },
  }
  const both = observers(broken, { access: (entry) => void seen.push(entry.status), failure: () => void seen.push(500) })
  both.access(line())
  both.failure(makeHead(), new Error('x'))
  expect(seen).toEqual([200, 500])
})
