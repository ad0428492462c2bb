import { randomBytes } from 'node:crypto'
import { appendFile, chmod, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuditEvent, AuditKind } from '@cloakroom/contract'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { manualLater } from '../../test/fakes/later.ts'
import { headersOf } from '../decide/headers.ts'
import type { RequestHead } from '../decide/head.ts'
import { type AuditTrail, type AuditTrailOptions, openAuditTrail } from './audit.ts'
import { auditEvent, browser, causedBy } from './event.ts'

const AT = Date.UTC(2026, 10, 2, 9, 30, 0, 7)

let folder = ''
let file = ''
const open: AuditTrail[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-'))
  file = join(folder, 'audit.jsonl')
})

afterEach(async () => {
  await Promise.all(open.splice(0).map((trail) => trail.close()))
  await rm(folder, { recursive: true })
})

function start(options: Partial<AuditTrailOptions> = {}) {
  const stored: AuditEvent[] = []
  const batches: number[] = []
  const state = { down: false }
  const time = manualLater()
  const store = {
    append(events: readonly AuditEvent[]) {
      if (state.down) throw new Error('the disk is gone')
      stored.push(...events)
      batches.push(events.length)
      return null
    },
  }
  const trail = openAuditTrail({ store, file, clock: () => AT, random: randomBytes, later: time.later, ...options })
  open.push(trail)
  const settled = () => vi.waitFor(() => expect(trail.figures().file.depth).toBe(0), { timeout: 10_000, interval: 1 })
  return { trail, stored, batches, state, time, settled }
}

function event(target: string, kind: AuditKind = 'request.refused'): AuditEvent {
  return auditEvent({ kind, at: AT, request: 'r-1', address: '192.0.2.7', target, result: 'refused', reason: 'not_found' })
}

async function lines(path = file): Promise<readonly AuditEvent[]> {
  const text = await readFile(path, 'utf8')
  expect(text === '' || text.endsWith('\n')).toBe(true)
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as AuditEvent)
}

function head(path: string, query: string, agent = 'probe'): RequestHead {
  const headers = headersOf([['User-Agent', agent]])
  return { id: 'r-9', at: AT, client: '192.0.2.9', scheme: 'https', host: 'shop.example', method: 'GET', path, query, headers }
}

describe('what an event holds', () => {
  test('LOG-01 every line has UTC time with milliseconds, request, actor, session label, address, action, target, result and rule', async () => {
    const { trail } = start()
    trail.note(
      auditEvent({
        ...causedBy(head('/api/shop/x', '')),
        kind: 'request.refused',
        actor: browser('ada', 'label'),
        target: 'GET /api/shop/x',
        result: 'refused',
        reason: 'not_found',
      }),
    )
    trail.note(auditEvent({ kind: 'gateway.started', at: AT }))
    await trail.close()
    const written = await lines()
    expect(written).toHaveLength(2)
    for (const entry of written) {
      expect(Object.keys(entry)).toEqual(['kind', 'at', 'request', 'actor', 'address', 'target', 'result', 'reason', 'rule', 'detail'])
      expect(entry.at).toBe('2026-11-02T09:30:00.007Z')
      expect(Object.keys(entry.actor)).toEqual(['via', 'account', 'session'])
      expect(['ok', 'refused', 'failed']).toContain(entry.result)
    }
    expect(written[0]).toMatchObject({ request: 'r-9', actor: { via: 'browser', account: 'ada', session: 'label' }, address: '192.0.2.9' })
  })

  const KINDS: readonly AuditKind[] = [
    'login.succeeded',
    'login.failed',
    'session.started',
    'session.ended',
    'request.refused',
    'secret.rotated',
    'secret.reflected',
    'upstream.tls_failed',
  ]
  test.each(KINDS)('LOG-02 an event of the kind %s reaches the store and the file as it was', async (kind) => {
    const { trail, stored } = start()
    const told = event('GET /x', kind)
    trail.note(told)
    await trail.close()
    expect(stored).toEqual([told])
    expect(await lines()).toEqual([told])
  })

  test('LOG-03 LOG-10 the query string of a refused request is in no line, whatever it held', async () => {
    const { trail } = start()
    const asked = head('/api/shop/x', 'api_key=canary-4711&page=2')
    trail.note(auditEvent({ ...causedBy(asked), kind: 'request.refused', target: `${asked.method} ${asked.path}`, result: 'refused' }))
    await trail.close()
    const text = await readFile(file, 'utf8')
    expect(text).toContain('GET /api/shop/x')
    expect(text).not.toMatch(/canary|api_key|page/)
  })
})

describe('LOG-04 what a stranger wrote stays inside its own line', () => {
  const INJECTIONS = [
    ['a newline', 'x\n{"kind":"login.succeeded"}'],
    ['a carriage return', 'x\r{"kind":"login.succeeded"}'],
    ['ANSI escapes', '\u001b[2J\u001b[31mok\u001b[0m'],
    ['C1 escapes', '\u009b31mok'],
    ['a JSON breakout', '","result":"ok","x":"'],
    ['a line separator', 'x\u2028y\u2029z\u0085'],
    ['a text that reads backwards', 'user\u202Exe.txt'],
    ['half a character', 'a\ud800b'],
    ['a great length', 'a'.repeat(100_000)],
  ] as const
  test.each(INJECTIONS)('LOG-04 %s in account, address, target, reason and detail gives one parseable line', async (_name, text) => {
    const { trail } = start()
    trail.note(
      auditEvent({
        kind: 'login.failed',
        at: AT,
        actor: browser(text, null),
        address: text,
        target: text,
        result: 'failed',
        reason: text,
        detail: { agent: text },
      }),
    )
    trail.note(event('after'))
    await trail.close()
    const raw = await readFile(file, 'utf8')
    expect(raw.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/)
    const written = await lines()
    expect(written.map((entry) => entry.kind)).toEqual(['login.failed', 'request.refused'])
    expect(written[0]?.result).toBe('failed')
    expect(raw.length).toBeLessThan(4000)
  })
})

describe('order, batches, durability', () => {
  test('notes of one moment share a transaction, at most a quarter of a second later, in order', async () => {
    const { trail, stored, batches, time } = start()
    for (let at = 0; at < 20; at += 1) trail.note(event(`n${at}`))
    expect(stored).toHaveLength(0)
    expect(Math.max(...time.waiting())).toBe(250)
    time.pass(250)
    expect(batches).toEqual([20])
    expect(stored.map((entry) => entry.target)).toEqual(Array.from({ length: 20 }, (_, at) => `n${at}`))
  })

  test('more events than one transaction takes stay in order, also those that come while one is written', async () => {
    const { trail, stored, batches } = start()
    for (let at = 0; at < 1200; at += 1) trail.note(event(`n${at}`))
    const first = trail.commit(event('n1200'))
    trail.note(event('n1201'))
    await first
    await trail.close()
    expect(batches).toEqual([500, 500, 202])
    expect(stored.map((entry) => entry.target)).toEqual(Array.from({ length: 1202 }, (_, at) => `n${at}`))
    expect((await lines()).map((entry) => entry.target)).toEqual(stored.map((entry) => entry.target))
  })

  test('a commit is in the store when it resolves, behind the notes that came before it', async () => {
    const { trail, stored } = start()
    trail.note(event('first'))
    await trail.commit(event('second'))
    expect(stored.map((entry) => entry.target)).toEqual(['first', 'second'])
  })

  test('commits of one moment share a transaction', async () => {
    const { trail, batches } = start()
    await Promise.all([1, 2, 3].map((n) => trail.commit(event(`c${n}`))))
    expect(batches).toEqual([3])
  })
})

describe('when a sink fails', () => {
  test('a broken store breaks no note; the events are counted, tried again later, and arrive in order', async () => {
    const failed: string[] = []
    const { trail, stored, state, time, settled } = start({ onFailure: (sink) => failed.push(sink) })
    state.down = true
    trail.note(event('one'))
    time.pass(250)
    await settled()
    trail.note(event('two'))
    time.pass(500)
    await settled()
    expect(failed).toEqual(['store', 'store'])
    expect(trail.figures().store).toEqual({ depth: 2, lost: 0, failures: 2, failing: true })
    expect((await lines()).length).toBeGreaterThan(0)
    state.down = false
    expect(time.waiting()).toEqual([1000])
    time.pass(1000)
    await settled()
    expect(stored.map((entry) => entry.target)).toEqual(['one', 'two'])
  })

  test('a commit that cannot be made durable says so, and its event is still written once the store is back', async () => {
    const { trail, stored, state, time, settled } = start()
    state.down = true
    await expect(trail.commit(event('kept'))).rejects.toMatchObject({ code: 'store_unavailable' })
    state.down = false
    time.pass(500)
    await settled()
    expect(stored.map((entry) => entry.target)).toEqual(['kept'])
  })

  test('what finds no room is counted, and the gap is a line of its own before what comes after it', async () => {
    const { trail, stored, state, time, settled } = start({ limit: 3 })
    state.down = true
    for (let at = 0; at < 8; at += 1) trail.note(event(`n${at}`))
    expect(trail.figures().store).toMatchObject({ depth: 3, lost: 5 })
    await expect(trail.commit(event('no room'))).rejects.toMatchObject({ code: 'store_unavailable' })
    state.down = false
    time.pass(15_000)
    await settled()
    trail.note(event('after'))
    await trail.close()
    expect(stored.map((entry) => entry.target ?? entry.detail['count'])).toEqual(['n0', 'n1', 'n2', 6, 'after'])
    expect(stored[3]).toMatchObject({ kind: 'audit.lost', result: 'failed', detail: { sink: 'store', count: 6 } })
  })

  test('closing with a dead store ends, counts what was lost, and the file has it all the same', async () => {
    const { trail, state } = start()
    state.down = true
    trail.note(event('last'))
    await trail.close()
    expect(trail.figures().store.lost).toBe(1)
    expect((await lines()).map((entry) => entry.target)).toEqual(['last'])
  })
})

describe('the file', () => {
  test('only its owner can read it, also when it was left open to others', async () => {
    await writeFile(file, '')
    await chmod(file, 0o666)
    const { trail } = start()
    trail.note(event('x'))
    await trail.close()
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  test('a rotated file is followed: by its absence, by a new file of its name, and by reopen()', async () => {
    const { trail, time, settled } = start()
    const write = async (target: string) => {
      trail.note(event(target))
      time.pass(250)
      await settled()
    }
    await write('a')
    await rename(file, join(folder, '1'))
    await write('b')
    await rename(file, join(folder, '2'))
    await writeFile(file, '')
    await write('c')
    trail.reopen()
    await write('d')
    const targets = async (name: string) => (await lines(join(folder, name))).map((entry) => entry.target)
    expect([await targets('1'), await targets('2'), await targets('audit.jsonl')]).toEqual([['a'], ['b'], ['c', 'd']])
  })

  test('a line that a crash tore does not swallow the next one', async () => {
    await appendFile(file, '{"kind":"login.fai')
    const { trail } = start()
    trail.note(event('whole'))
    await trail.close()
    const [torn, whole] = (await readFile(file, 'utf8')).split('\n')
    expect(torn).toBe('{"kind":"login.fai')
    expect(JSON.parse(whole ?? '')).toMatchObject({ target: 'whole' })
  })

  test('a symbolic link in the place of the file is not followed', async () => {
    await symlink(join(folder, 'elsewhere'), file)
    const { trail, stored } = start()
    trail.note(event('x'))
    await trail.close()
    expect(stored).toHaveLength(1)
    expect(trail.figures().file).toMatchObject({ failures: 1, lost: 1 })
    await expect(stat(join(folder, 'elsewhere'))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
