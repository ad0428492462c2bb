import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { call } from '../call.ts'
import { install, type Installation } from '../started.ts'

let at: Installation
beforeAll(async () => {
  at = await install('canary-guard-4Zk8Qw2LmX9')
  at.edit((text) => text.replace('guard: off', 'guard: ./guard.yaml'))
})
afterAll(async () => {
  await at.remove()
})

function write(text: string): void {
  writeFileSync(join(at.folder, 'guard.yaml'), text)
}

const GUARD = `version: 1
lists:
  staff: { cidr: ["203.0.113.0/24"] }
  scans: { glob: ["/.env*", "/.git/**"] }
signals:
  calls: { on: request, when: route.api == "shop", key: session, sum: { per: 60s, max: 20 } }
  fails: { on: event, when: event.type == "login.failed", key: ip.site, distinct: { of: event.account, max: 3, per: 1h } }
  probe: { on: response, when: response.status == 404, key: actor, leaky: { capacity: 2, leak: 1/10s, distinct: request.path } }
rules:
  - id: staff
    when: ip.addr in lists.staff
    then: { skip: all }
  - id: too-many
    when: signal.calls.over
    then: { throttle: auto }
  - id: scan
    when: request.path in lists.scans || signal.probe.over
    then: { block: 404 }
  - id: stuffing
    mode: shadow
    since: 2020-01-01
    when: route.id == "login" && signal.fails.over
    then: { block: 403 }
tests:
  - name: the 21st call in a minute is throttled, the 20th is not
    as: { session: s1, account: ada }
    repeat: { n: 20, every: 1s, request: { GET: /api/shop/products }, expect: allow }
    then: { request: { GET: /api/shop/products }, expect: { action: throttle, rule: too-many } }
  - name: staff is never blocked
    as: { ip: 203.0.113.9 }
    request: { GET: /.env }
    expect: { not_action: block }
  - name: a scanner is blocked after three paths
    repeat: { n: 3, request: { GET: "/nothing/{n}", status: 404 } }
    then: { request: { GET: / }, expect: { rule: scan } }
  - name: many accounts from rotating networks
    as: { ip: "2001:db8:0:{n}::1" }
    repeat: { n: 4, request: { event: login.failed, account: "user-{n}" } }
    then: { request: { POST: /auth/login }, expect: { shadow: block } }
`

describe('cloakroom guard', () => {
  test('test runs the file’s own tests and says what happened instead', async () => {
    write(GUARD)
    const good = await at.run(['guard', 'test'])
    expect(good).toMatchObject({ code: 0, out: expect.stringContaining('4 of 4 tests passed.') })
    write(GUARD.replace('max: 20 }', 'max: 30 }'))
    const bad = await at.run(['guard', 'test', '--json'])
    expect(bad.code).toBe(1)
    expect(JSON.parse(bad.out)).toMatchObject({
      passed: 3,
      failed: 1,
      tests: [{ failure: 'request 21 of 21: GET /api/shop/products was let through; expected throttle' }, {}, {}, {}],
    })
  })

  test('test says which test cannot be run', async () => {
    write(GUARD.replace('request: { GET: /.env }', 'request: { GOT: /.env }'))
    expect((await at.run(['guard', 'test'])).out).toContain('`GOT` is no part of a request')
  })

  test('lint names what should not stay', async () => {
    write(
      GUARD.replace('key: session,', 'key: ip.addr,').replace(
        'tests:',
        '  - { id: all, when: true, then: { block: 403 } }\n  - { id: late, review_by: 2021-01-01, owner: ops, when: true, then: { block: 403 } }\ntests:',
      ),
    )
    const ran = await at.run(['guard', 'lint'])
    expect(ran.code).toBe(1)
    for (const said of [
      /`stuffing` has been in shadow for more than 30 days/,
      /`calls` counts by address/,
      /`late` is never reached: `all` ends the walk/,
      /`late` should have been looked at by 2021-01-01 \(ops\)/,
      /`all` is in force and no test shows what it does/,
    ])
      expect(ran.out).toMatch(said)
    expect(ran.out).not.toContain('`too-many`')
    write(GUARD.replace('since: 2020-01-01', `since: ${new Date().toISOString().slice(0, 10)}`))
    expect(await at.run(['guard', 'lint'])).toMatchObject({ code: 0, out: expect.stringContaining('nothing to say') })
  })

  test('check shows a mistake in guard.yaml with its place, and disarm works all the same', async () => {
    write(GUARD.replace('signal.calls.over', 'signal.cals.over'))
    const ran = await at.run(['check'])
    expect([ran.code, ran.err]).toEqual([
      78,
      expect.stringMatching(/guard\.yaml:14:18: .*\n.*\n.*\^\^\^\^\n.*Did you mean `signal\.calls`\?/),
    ])
    expect((await at.run(['guard', 'disarm'])).code).toBe(0)
    expect((await at.run(['guard', 'arm'])).out).toContain('The guard is armed.')
    expect((await at.run(['session', 'list'])).code).toBe(0)
  })

  test('a running gateway takes a change of guard.yaml and of a list, refuses a bad one, and can be disarmed', async () => {
    const deny =
      'version: 1\nlists:\n  denied: { cidr: [], file: ./lists/denied.txt }\nrules:\n  - { id: deny, when: ip.addr in lists.denied, then: { block: 403 } }\n'
    mkdirSync(join(at.folder, 'lists'))
    writeFileSync(join(at.folder, 'lists/denied.txt'), '')
    write(deny)
    const gateway = await at.start()
    const status = async () => (await call(gateway.port, 'GET', '/auth/login', { host: `localhost:${gateway.port}` })).status
    const becomes = (wanted: number) => vi.waitFor(async () => expect(await status()).toBe(wanted), { timeout: 8000, interval: 50 })
    await becomes(200)
    writeFileSync(join(at.folder, 'lists/denied.txt'), '127.0.0.1 # this machine\n')
    await becomes(403)
    write('version: 1\nrules: nonsense\n')
    await vi.waitFor(() => expect(gateway.printed()).toContain('was not taken'), { timeout: 8000, interval: 50 })
    expect(await status()).toBe(403)
    expect((await at.run(['guard', 'disarm'])).code).toBe(0)
    await becomes(200)
    await at.run(['guard', 'arm'])
    await becomes(403)
    write('version: 1\n')
    await becomes(200)
    await gateway.end('SIGTERM')
    writeFileSync(
      join(at.folder, 'new.yaml'),
      'version: 1\nrules:\n  - { id: ask, when: route.id == "login", then: { challenge: { pow: easy, else: { block: 403 } } } }\n',
    )
    const replayed = await at.run(['guard', 'replay', '--since', '1h', '--diff', 'new.yaml'])
    expect(replayed.code).toBe(0)
    expect(replayed.out).toMatch(/recorded requests of 1 visitor, 0 of them signed in\.\n/)
    expect(replayed.out).toMatch(
      /With new\.yaml instead of guard\.yaml:\n {2}1 visitor would have been challenged by ask, 0 of them signed in: \d+ requests, such as [0-9a-f-]{36}/,
    )
    const counted = JSON.parse((await at.run(['guard', 'replay', '--diff', 'new.yaml', '--json'])).out) as object
    expect(counted).toMatchObject({
      actors: 0,
      unrecorded: [],
      changes: [{ instead: 'would', action: 'challenge', rule: 'ask', visitors: 1 }],
    })
    const wrong = await at.run(['guard', 'replay', '--since', 'yesterday'])
    expect([wrong.code, wrong.err]).toEqual([64, expect.stringContaining('as in 12h or 7d')])
    expect(readFileSync(join(at.folder, 'data/audit.jsonl'), 'utf8')).toContain('guard.disarmed')
  })
})
