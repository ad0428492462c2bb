import { describe, expect, test } from 'vitest'
import { COMMAND } from '../../src/audit/event.ts'
import { LOCK_MS } from '../../src/decide/login.ts'
import { DEVICE_COOKIE } from '../../src/decide/cookies.ts'
import { Jar, type Kit, makeKit, NAME, PASSWORD, type Said } from '../own-endpoints.ts'

const HOUR = 3_600_000

async function guess(kit: Kit, password = 'wrong', client = '198.51.100.7', cookies = new Jar()): Promise<Said> {
  return await kit.send({ method: 'POST', path: '/auth/login', json: { account: NAME, password }, client, cookies })
}

/** Fifty wrong ones, each from a network of its own. */
async function lockFromEverywhere(kit: Kit): Promise<void> {
  for (let host = 0; host < 50; host += 1) await guess(kit, 'wrong', `203.0.113.${String(host)}`)
}

describe('guessing passwords', () => {
  test('PWD-10 RATE-03 after five wrong ones in a row the sixth must wait, then ever longer, and is not even checked', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const before = kit.derived()
    for (let time = 0; time < 5; time += 1) expect((await guess(kit)).status).toBe(401)
    const waits: number[] = []
    for (let time = 0; time < 20; time += 1) {
      const said = await guess(kit)
      if (said.status !== 429) continue
      expect(said.json()['code']).toBe('too_many_attempts')
      waits.push(Number(said.header('retry-after')))
      kit.pass(Number(said.header('retry-after')) * 1000)
    }
    expect(waits[0]).toBe(5)
    expect(Math.max(...waits)).toBeGreaterThan(200)
    expect(waits.at(-1)!).toBeGreaterThan(waits[0]!)
    const failed = kit.events.filter(({ kind }) => kind === 'login.failed').length
    expect(kit.derived() - before).toBe(failed)
    expect(kit.events.filter(({ kind }) => kind === 'login.throttled')).toHaveLength(waits.length)
  })

  test('PWD-10 the right password waits as well: a throttled guess is no oracle', async () => {
    const kit = makeKit()
    await kit.addAccount()
    for (let time = 0; time < 5; time += 1) await guess(kit)
    expect((await guess(kit, PASSWORD)).status).toBe(429)
    kit.pass(5000)
    expect((await guess(kit, PASSWORD)).status).toBe(200)
  })

  test('PWD-10 pressing the button again while waiting does not make the wait longer', async () => {
    const kit = makeKit()
    await kit.addAccount()
    for (let time = 0; time < 5; time += 1) await guess(kit)
    for (let time = 0; time < 100; time += 1) expect((await guess(kit)).header('retry-after')).toBe('5')
    kit.pass(5000)
    expect((await guess(kit, PASSWORD)).status).toBe(200)
  })

  test('PWD-10 fifty wrong ones in a row, from wherever, close the password for strangers for a day, once, and it is told', async () => {
    const kit = makeKit()
    await kit.addAccount()
    await lockFromEverywhere(kit)
    expect((await kit.stores.accounts.findByKey(NAME))?.passwordLockedAt).toBe(kit.now())
    expect((await guess(kit, PASSWORD, '192.0.2.1')).status).toBe(401)
    kit.pass(LOCK_MS - 1)
    expect((await guess(kit, PASSWORD, '192.0.2.1')).status).toBe(401)
    const locked = kit.events.filter(({ kind }) => kind === 'password.locked')
    expect(locked).toHaveLength(1)
    expect(locked[0]).toMatchObject({ target: NAME, detail: { failures: 50 } })
    await kit.parts.accounts.enable(NAME, { at: kit.now(), actor: COMMAND })
    expect((await guess(kit, PASSWORD, '192.0.2.1')).status).toBe(200)
  })

  test('PWD-10 a lock ends after a day by itself, what was guessed meanwhile does not count, and the owner’s success ends the row', async () => {
    const kit = makeKit()
    await kit.addAccount()
    await lockFromEverywhere(kit)
    for (let host = 0; host < 60; host += 1) expect((await guess(kit, 'wrong', `198.18.0.${String(host)}`)).status).toBe(401)
    expect((await kit.stores.accounts.findByKey(NAME))?.failures).toBe(50)
    kit.pass(LOCK_MS)
    expect((await guess(kit, PASSWORD, '192.0.2.1')).status).toBe(200)
    expect(await kit.stores.accounts.findByKey(NAME)).toMatchObject({ failures: 0, passwordLockedAt: null })
  })

  test('PWD-10 every ten more lock it again, and at a hundred in a row it stays locked until its owner lifts it', async () => {
    const kit = makeKit()
    await kit.addAccount()
    await lockFromEverywhere(kit)
    for (let day = 1; day <= 5; day += 1) {
      kit.pass(LOCK_MS)
      for (let host = 0; host < 30; host += 1) await guess(kit, 'wrong', `198.18.${String(day)}.${String(host)}`)
      expect((await kit.stores.accounts.findByKey(NAME))?.failures).toBe(50 + 10 * day)
    }
    expect(kit.events.filter(({ kind }) => kind === 'password.locked').map(({ detail }) => detail['failures'])).toEqual([
      50, 60, 70, 80, 90, 100,
    ])
    kit.pass(1000 * LOCK_MS)
    expect((await guess(kit, PASSWORD, '192.0.2.1')).status).toBe(401)
    expect(kit.events.at(-1)).toMatchObject({ kind: 'login.failed', detail: { why: 'locked' } })
    await kit.parts.accounts.enable(NAME, { at: kit.now(), actor: COMMAND })
    expect((await guess(kit, PASSWORD, '192.0.2.1')).status).toBe(200)
  })

  test('PWD-10 RATE-03 one IPv6 customer cannot lock an account by guessing from each of his networks', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const statuses: number[] = []
    for (let network = 0; network < 500; network += 1) {
      statuses.push((await guess(kit, 'wrong', `2001:db8:77:${network.toString(16)}::1`)).status)
      // Two an hour, for ten days; all at once would be fewer still.
      if (network % 2 === 1) kit.pass(60_000)
    }
    expect((await kit.stores.accounts.findByKey(NAME))?.passwordLockedAt).toBe(null)
    expect(statuses.filter((status) => status === 401).length).toBeLessThan(50)
    // Neither the owner at home nor a neighbour at the same provider is kept out by it.
    expect((await guess(kit, PASSWORD, '2001:db8:78:1::1')).status).toBe(200)
  })

  test('PWD-10 RATE-03 nor try one password on every name from each of his networks', async () => {
    const kit = makeKit()
    const statuses: number[] = []
    for (let attempt = 0; attempt < 2500; attempt += 1) {
      const client = `2001:db8:77:${(attempt % 500).toString(16)}::1`
      statuses.push(
        (await kit.send({ method: 'POST', path: '/auth/login', json: { account: `name-${String(attempt)}`, password: 'Summer' }, client }))
          .status,
      )
    }
    expect(statuses.indexOf(429)).toBe(2400)
  })

  test('PWD-10 who is sent away because too many wait has not guessed: neither the account’s count nor his own moves', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const storm = Array.from({ length: 66 }, (_none, name) =>
      kit.send({
        method: 'POST',
        path: '/auth/login',
        json: { account: `name-${String(name)}`, password: 'x' },
        client: `203.0.113.${String(name)}`,
      }),
    )
    const sentAway = await Promise.allSettled(Array.from({ length: 100 }, () => guess(kit, PASSWORD)))
    const codes = sentAway.map((each) => (each.status === 'rejected' ? (each.reason as { code?: string }).code : each.value.status))
    expect(codes).toEqual(Array.from({ length: 100 }, () => 'busy'))
    await Promise.all(storm)
    expect((await kit.stores.accounts.findByKey(NAME))?.failures).toBe(0)
    const statuses = []
    for (let time = 0; time < 6; time += 1) statuses.push((await guess(kit)).status)
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429])
  })

  test('PWD-10 guesses that arrive at the same moment cannot outrun the count', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const statuses = (await Promise.all(Array.from({ length: 40 }, () => guess(kit)))).map(({ status }) => status)
    expect(statuses.filter((status) => status === 401)).toHaveLength(5)
    expect(statuses.filter((status) => status === 429)).toHaveLength(35)
  })

  test('PWD-10 nor the lock: of sixty guesses at the same moment, each from elsewhere, those behind the fiftieth open nothing', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const guesses = Array.from({ length: 60 }, (_none, host) => guess(kit, host === 59 ? PASSWORD : 'wrong', `203.0.113.${String(host)}`))
    expect(new Set((await Promise.all(guesses)).map(({ status }) => status))).toEqual(new Set([401]))
    expect(kit.events.filter(({ kind }) => kind === 'login.succeeded')).toEqual([])
  })

  test('PWD-10 one password tried on many names is slowed down, too', async () => {
    const kit = makeKit()
    const statuses = []
    for (let name = 0; name < 310; name += 1) {
      statuses.push(
        (await kit.send({ method: 'POST', path: '/auth/login', json: { account: `name-${String(name)}`, password: 'Summer' } })).status,
      )
    }
    expect(statuses.indexOf(429)).toBe(300)
  })

  test('PWD-11 the owner signs in on a device that she used before, while strangers have locked her password', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const device = new Jar()
    await guess(kit, PASSWORD, '198.51.100.7', device)
    await kit.send({ method: 'POST', path: '/auth/logout', cookies: device })
    expect(device.value(DEVICE_COOKIE)).not.toBe(null)
    await lockFromEverywhere(kit)
    expect((await guess(kit, PASSWORD)).status).toBe(401)
    expect((await guess(kit, PASSWORD, '198.51.100.7', device)).status).toBe(200)
    expect((await guess(kit, PASSWORD, '192.0.2.77', device)).status).toBe(200)
    expect(kit.events.findLast(({ kind }) => kind === 'login.succeeded')).toMatchObject({ detail: { knownDevice: true } })
    expect((await guess(kit, PASSWORD, '192.0.2.78')).status).toBe(401)
  })

  test('PWD-11 somebody at the next desk, in the same network, does not slow the owner’s device down', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const device = new Jar()
    await guess(kit, PASSWORD, '198.51.100.7', device)
    for (let time = 0; time < 10; time += 1) await guess(kit)
    expect((await guess(kit)).status).toBe(429)
    expect((await guess(kit, PASSWORD, '198.51.100.7', device)).status).toBe(200)
  })

  test('PWD-11 a known device is throttled on its own, and is a stranger’s after fifty wrong ones or a new password', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const device = new Jar()
    await guess(kit, PASSWORD, '198.51.100.7', device)
    for (let time = 0; time < 5; time += 1) expect((await guess(kit, 'wrong', '198.51.100.7', device)).status).toBe(401)
    expect((await guess(kit, 'wrong', '198.51.100.7', device)).status).toBe(429)
    expect((await kit.stores.accounts.findByKey(NAME))?.failures).toBe(0)
    for (let time = 0; time < 60; time += 1) {
      kit.pass(2 * HOUR)
      await guess(kit, 'wrong', '198.51.100.7', device)
    }
    expect((await kit.stores.accounts.findByKey(NAME))?.failures).toBeGreaterThan(0)
    const other = new Jar()
    await guess(kit, PASSWORD, '192.0.2.1', other)
    kit.pass(1)
    await kit.parts.accounts.setPassword(NAME, 'violet crayons on paper', { at: kit.now(), actor: COMMAND })
    await guess(kit, 'wrong', '192.0.2.1', other)
    expect(kit.events.at(-1)).toMatchObject({ kind: 'login.failed', detail: { knownDevice: false } })
  })

  test('PWD-11 a device cookie that was made up is worth nothing', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const forged = new Jar()
    const { id } = (await kit.stores.accounts.findByKey(NAME))!
    forged.set(
      DEVICE_COOKIE,
      Buffer.from(JSON.stringify({ id: 'x', logins: [{ account: id, at: kit.now() + HOUR }] })).toString('base64url'),
    )
    await guess(kit, 'wrong', '198.51.100.7', forged)
    expect(kit.events.at(-1)).toMatchObject({ kind: 'login.failed', detail: { knownDevice: false } })
  })

  test('PWD-14 a success ends the row of failures: four wrong, one right, four wrong, no wait', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const statuses = []
    for (const password of ['a', 'b', 'c', 'd', PASSWORD, 'e', 'f', 'g', 'h', PASSWORD]) statuses.push((await guess(kit, password)).status)
    expect(statuses).toEqual([401, 401, 401, 401, 200, 401, 401, 401, 401, 200])
    expect((await kit.stores.accounts.findByKey(NAME))?.failures).toBe(0)
  })
})
