import { existsSync, globSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { chainKey } from '../../src/audit/chain-key.ts'
import { pseudonymiseTrail } from '../../src/audit/pseudonym.ts'
import { verifyChain } from '../../src/audit/verify-chain.ts'
import { PURPOSES } from '../../src/purposes.ts'
import { call } from '../call.ts'
import { driftOf } from '../../src/decide/drift.ts'
import type { Session } from '../../src/decide/session.ts'
import { makeHead } from '../fixtures.ts'
import { type Kit, PASSWORD as KIT_PASSWORD, startKit } from '../kit.ts'
import { type Installation, install, PASSWORD, signIn } from '../started.ts'

let place: Installation | null = null
let kit: Kit | null = null
afterEach(async () => {
  await place?.remove()
  await kit?.close()
  place = kit = null
})

async function good(ran: Promise<{ code: number | null; out: string; err: string }>): Promise<string> {
  const { code, out, err } = await ran
  if (code !== 0) throw new Error(`${code}: ${err}`)
  return out
}

/** Events go to the store a moment after the answer. */
function written(own: Kit, kind: string): Promise<unknown> {
  return vi.waitFor(async () => expect(await own.stores.audit.read({ limit: 1, kind })).toHaveLength(1), { timeout: 5000, interval: 20 })
}

const NAME = 'wilhelmina-quince'

test('PRIV-02 a person who is erased is nowhere in the store, and the audit trail still verifies; a restore erases again', async () => {
  place = await install('canary-erased-person-4Tb7')
  const { folder } = place
  const run = (args: readonly string[]) => (place as Installation).run(args)
  await good(place.run(['account', 'add', NAME], PASSWORD))
  await good(run(['ban', 'add', '--account', NAME, '--for', '1h']))
  await good(run(['ban', 'lift', (JSON.parse(await good(run(['ban', 'list', '--json']))) as { id: string }[])[0]?.id ?? '']))
  const gateway = await place.start()
  const answer = await call(gateway.port, 'POST', '/auth/login', { json: { account: NAME.toUpperCase(), password: PASSWORD } })
  const cookie = (answer.all('set-cookie')[0] ?? '').split(';', 1)[0] ?? ''
  expect((await call(gateway.port, 'GET', '/api/shop/x', { cookie })).status).toBe(200)
  await call(gateway.port, 'POST', '/auth/login', { json: { account: NAME, password: 'wrong' } })
  await call(gateway.port, 'DELETE', '/api/shop/x', { cookie })
  await good(run(['backup', 'create', 'before.cloakroom']))
  const head = /^head +(\S+)$/m.exec(await good(run(['audit', 'verify'])))?.[1] ?? ''

  const out = await good(run(['account', 'erase', NAME, '--yes']))
  expect(out).toMatch(/audit trail +\d+ entries name erased-[0-9a-f]{12} now/)
  expect((await call(gateway.port, 'GET', '/api/shop/x', { cookie })).status).toBe(401)
  const verified = await good(run(['audit', 'verify', '--head', head]))
  expect(verified).toMatch(/^The audit trail is whole: .* with a name replaced/)
  await gateway.end('SIGTERM')

  // Rows of sessions, in hot.sqlite, go with their time.
  for (const file of ['durable.sqlite', 'decisions.sqlite'])
    expect([
      file,
      readFileSync(join(folder, 'data', file), 'latin1')
        .toLowerCase()
        .includes(NAME),
    ]).toEqual([file, false])
  const trail = await good(run(['audit', 'tail', '--json', '--lines', '1000']))
  expect(trail.toLowerCase()).not.toContain(NAME)
  expect(trail).toMatch(/erased-[0-9a-f]{12}/)
  const lines = globSync('data/audit.jsonl*', { cwd: folder })
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('')
  expect(lines.toLowerCase()).not.toContain(NAME)
  expect(JSON.parse(await good(run(['account', 'list', '--json'])))).toHaveLength(1)

  await good(run(['backup', 'restore', '--replace', 'before.cloakroom']))
  expect(JSON.parse(await good(run(['account', 'list', '--json'])))).toHaveLength(1)
  expect(await good(run(['audit', 'verify']))).toMatch(/with a name replaced/)
  for (const aside of globSync('data/before-*', { cwd: folder })) rmSync(join(folder, aside), { recursive: true })
  rmSync(join(folder, 'before.cloakroom'))
  for (const file of globSync('data/**/*', { cwd: folder }).filter((name) => name.includes('.')))
    expect([file, readFileSync(join(folder, file), 'latin1').toLowerCase().includes(NAME)]).toEqual([file, false])
  expect(existsSync(join(folder, 'data/durable.sqlite'))).toBe(true)
}, 120_000)

test('PRIV-02 an entry that somebody altered is evidence, and stays as it is; programs of the same name keep theirs', async () => {
  kit = await startKit()
  await kit.signIn()
  await written(kit, 'session.started')
  const { audit } = kit.stores
  const chain = chainKey(kit.vault.deriveKey(PURPOSES.auditChain))
  const before = await audit.chain(0, 100)
  const forged = before.find(({ event }) => event.kind === 'session.started')
  await audit.amend([
    {
      ...(forged as NonNullable<typeof forged>),
      event: { ...(forged as NonNullable<typeof forged>).event, address: '203.0.113.9' },
      amended: 'AAAA',
    },
  ])
  await pseudonymiseTrail(audit, chain, { key: 'ada', pseudonym: 'erased-1' })
  const after = await audit.chain(0, 100)
  expect(after.filter(({ event }) => event.actor.account === 'erased-1').length).toBeGreaterThan(0)
  expect(after.find(({ seq }) => seq === forged?.seq)?.event).toMatchObject({ actor: { account: 'ada' }, address: '203.0.113.9' })
  const report = await verifyChain({
    read: (from) => audit.chain(from, 100),
    signatures: await audit.signatures(),
    key: chain,
    upTo: Infinity,
  })
  expect(report.fault).toEqual({ seq: forged?.seq, what: 'amendment-forged' })
})

test('PRIV-07 whoever is signed in gets all that is kept about him, and nothing of others, after a fresh proof', async () => {
  kit = await startKit()
  await kit.addAccount('bob')
  const cookie = await kit.signIn()
  await kit.signIn('bob')
  await written(kit, 'session.started')
  expect((await kit.call('POST', '/auth/export', { json: {} })).status).toBe(401)
  const answer = await kit.call('POST', '/auth/export', { cookie, json: {} })
  expect([answer.status, answer.header('content-disposition'), answer.header('cache-control')]).toEqual([
    200,
    'attachment; filename="my-data.json"',
    'no-store',
  ])
  const data = JSON.parse(answer.text) as Record<string, readonly Record<string, unknown>[]>
  expect(data['account']).toMatchObject({ name: 'ada', hasPassword: true })
  expect(data['sessions']).toMatchObject([{ address: '127.0.0.1', methods: ['password'] }])
  expect(data['authenticators']).toEqual([])
  expect(data['events']?.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['login.succeeded', 'session.started']))
  expect(answer.text).not.toMatch(/bob|argon2|"password":/)
  kit.clock.now += 6 * 60_000
  const stale = await kit.call('POST', '/auth/export', { cookie, json: {} })
  expect([stale.status, stale.header('cloakroom-error')]).toEqual([401, 'step_up_required'])
  for (let n = 0; n < 10; n++) await kit.call('POST', '/auth/export', { cookie: await kit.signIn(), json: {} })
  expect((await kit.call('POST', '/auth/export', { cookie: await kit.signIn(), json: {} })).header('cloakroom-error')).toBe(
    'too_many_attempts',
  )
})

test('PRIV-07 the operator prints the same with what was done to the account, without who did it', async () => {
  place = await install('canary-exported-person-6Tb7')
  const run = (args: readonly string[]) => (place as Installation).run(args)
  await good(place.run(['account', 'add', 'bob'], `${PASSWORD} of bob`))
  await signIn((await place.start()).port)
  await good(run(['account', 'force-reset', 'ada']))
  const data = JSON.parse(await good(run(['account', 'export', 'ada']))) as { events: { kind: string; actor: unknown }[] }
  expect(data.events.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['account.added', 'account.reset_forced', 'session.started']))
  expect(JSON.stringify(data)).not.toMatch(/bob|argon2/)
}, 60_000)

test('PRIV-02 with `addresses: network` no whole address is written anywhere, and limits, bans and drift go on', async () => {
  kit = await startKit({ config: { trustedProxies: ['127.0.0.1'], privacy: { addresses: 'network' } } })
  const made = kit
  const from = (address: string) => [['x-forwarded-for', address]] as const
  const answer = await made.call('POST', '/auth/login', {
    json: { account: 'ada', password: KIT_PASSWORD },
    headers: from('198.51.100.77'),
  })
  const cookie = (answer.all('set-cookie')[0] ?? '').split(';', 1)[0] ?? ''
  expect((await made.call('GET', '/api/shop/x', { cookie, headers: from('198.51.100.78') })).status).toBe(200)
  await made.call('DELETE', '/api/shop/x', { cookie, headers: from('2001:db8:1:2::77') })
  await written(made, 'request.refused')
  const [session] = await made.stores.sessions.listAll(1)
  expect(session?.address).toBe('198.51.100.0/24')
  const events = await made.stores.audit.read({ limit: 100 })
  expect(new Set(events.map(({ address }) => address))).toEqual(new Set(['198.51.100.0/24', '2001:db8:1::/48', null]))
  expect(driftOf(session as Session, makeHead({ client: '198.51.100.3' })).network).toBe(false)
  expect(driftOf(session as Session, makeHead({ client: '198.51.101.3' })).network).toBe(true)
  await made.running.close(0)
  const files = globSync('**/*', { cwd: made.folder }).filter((file) => statSync(join(made.folder, file)).isFile())
  const found = files.filter((file) => /198\.51\.100\.7|2001:db8:1:2:/.test(readFileSync(join(made.folder, file), 'latin1')))
  expect(files.some((file) => file.endsWith('access.log'))).toBe(true)
  expect(found).toEqual([])
})

test('PRIV-05 nothing that a browser is given to keep can be compared between two sites, or is sent to another one', async () => {
  const config = { site: resolve(import.meta.dirname, '../../demo/site'), shop: { access: 'visitor' } } as const
  const given = async (own: Kit) => {
    const answers = [
      await own.call('GET', '/', {
        headers: [
          ['sec-fetch-mode', 'navigate'],
          ['sec-fetch-dest', 'document'],
          ['accept', 'text/html'],
        ],
      }),
      await own.call('POST', '/auth/login', { json: { account: 'ada', password: KIT_PASSWORD } }),
    ]
    const cookies = answers.flatMap((answer) => answer.all('set-cookie'))
    const kept = answers.flatMap((answer) => ['etag', 'authorization', 'alt-svc', 'nel', 'report-to'].map((name) => answer.header(name)))
    return { cookies, tags: kept.slice(0, 1), others: kept.slice(1) }
  }
  kit = await startKit({ config })
  const here = await given(kit)
  await kit.close()
  kit = await startKit({ config })
  const there = await given(kit)
  expect(here.cookies.length).toBeGreaterThan(1)
  for (const cookie of [...here.cookies, ...there.cookies]) {
    expect(cookie).toMatch(/^__Host-/)
    expect(cookie).toMatch(/; SameSite=(?:Lax|Strict)/)
    expect(cookie).not.toMatch(/; Domain=|; Partitioned|SameSite=None/i)
  }
  const values = ({ cookies }: typeof here) => cookies.map((cookie) => /=([^;]+)/.exec(cookie)?.[1] ?? '')
  expect(values(here).filter((value) => values(there).includes(value))).toEqual([])
  // A file's tag is of its content, the same for everybody.
  expect(here.tags).toEqual(there.tags)
  expect([...here.others, ...there.others].filter((value) => value !== null)).toEqual([])
})
