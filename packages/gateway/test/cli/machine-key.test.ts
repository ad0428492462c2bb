import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { cloakroom, type emptyFolder, everythingIn, installation } from './run.ts'

let made: Awaited<ReturnType<typeof installation>>
let folder: ReturnType<typeof emptyFolder>
beforeAll(async () => {
  made = await installation('canary-Wz7Lm4Zk8Qw2X90p')
})
afterAll(() => made.remove())
beforeEach(() => {
  folder = made.copy()
})
afterEach(() => folder.remove())

const run = (...args: string[]) => cloakroom(['machine-key', ...args], { cwd: folder.path })
const ADD = ['add', 'report', '--allow', 'shop: GET /orders/**'] as const

describe('cloakroom machine-key', () => {
  test('a key is shown once, alone on standard output, and is nowhere in the files', async () => {
    const added = await run(...ADD, '--from', '203.0.113.0/24', '--expires', '2099-01-01', '--rate', '60/1m', '--role', 'staff')
    expect(added).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^cloakroom_mk_[0-9a-f]{12}_[\w-]{43}\n$/),
      err: expect.stringContaining('not shown again'),
    })
    const secret = added.out.trim().slice(26)
    expect(everythingIn(folder.path)).not.toContain(secret)
    const listed = await run('list', '--json')
    expect(JSON.parse(listed.out)).toMatchObject([
      {
        name: 'report',
        scopes: ['shop: GET /orders/**'],
        from: ['203.0.113.0/24'],
        max: 60,
        perMs: 60_000,
        roles: ['staff'],
        expiresAt: Date.UTC(2099, 0, 1),
      },
    ])
    expect(listed.out).not.toContain('digest')
    expect((await run('list')).out).toMatch(/report .*until 2099-01-01 .*60\/1m .*not used yet/)
  })

  test('a name is given once, and again when its key is ended', async () => {
    await run(...ADD)
    expect(await run(...ADD)).toMatchObject({ code: 1, err: expect.stringContaining('machine-key revoke report') })
    expect(await run('revoke', 'report')).toMatchObject({ code: 0, out: 'The key report is ended.\n' })
    expect(await run('revoke', 'report')).toMatchObject({ code: 1 })
    expect(await run(...ADD)).toMatchObject({ code: 0 })
    expect((await run('list')).out).toMatch(/revoked /)
  })

  test.each([
    ['no scope', ['add', 'report'], 'Nothing is said'],
    ['no API', ['add', 'report', '--allow', 'GET /orders'], 'does not begin with the name of an API'],
    ['an unknown API', ['add', 'report', '--allow', 'shoop: GET /orders'], 'Write one of: shop'],
    ['a method that never passes', ['add', 'report', '--allow', 'shop: TRACE /orders'], 'TRACE never reaches'],
    ['a path that is no pattern', ['add', 'report', '--allow', 'shop: GET /a*'], 'not a pattern'],
    ['no address', [...ADD, '--from', 'nowhere'], 'no address and no range'],
    ['no rate', [...ADD, '--rate', 'fast'], '--rate is not a rate'],
    ['a rate of nothing', [...ADD, '--rate', '0/1m'], '--rate is not a rate'],
    ['an end in the past', [...ADD, '--expires', '2020-01-01'], 'no time to come'],
    ['a name that steers a terminal', ['add', 'x\u001b[31m', '--allow', 'shop: GET /orders'], 'not a name'],
  ])('%s is refused with the fix, and nothing is made', async (_, args, text) => {
    expect(await run(...args)).toMatchObject({ code: 64, err: expect.stringContaining(text) })
    expect((await run('list', '--json')).out).toBe('[]\n')
  })
})
