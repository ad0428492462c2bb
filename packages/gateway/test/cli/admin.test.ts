import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { cloakroom, type emptyFolder, everythingIn, installation } from './run.ts'

let made: Awaited<ReturnType<typeof installation>>
let folder: ReturnType<typeof emptyFolder>
beforeAll(async () => {
  made = await installation('canary-Wz7Lm4Zk8Qw2X91p')
})
afterAll(() => made.remove())
beforeEach(() => {
  folder = made.copy()
})
afterEach(() => folder.remove())

const run = (...args: string[]) => cloakroom(['admin', ...args], { cwd: folder.path })

describe('cloakroom admin', () => {
  test('an invitation is shown once, alone on standard output, and is nowhere in the files; a reset makes another one', async () => {
    const added = await run('add', 'olga', '--role', 'owner')
    expect(added).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^([0-9A-Z]{5}-){3}[0-9A-Z]{5}\n$/),
      err: expect.stringContaining('For olga alone'),
    })
    expect(everythingIn(folder.path)).not.toContain(added.out.trim())
    expect(await run('add', 'OLGA')).toMatchObject({ code: 1, err: expect.stringContaining('There is an administrator OLGA already.') })
    const again = await run('reset', 'olga')
    expect(again.code).toBe(0)
    expect(again.out).not.toBe(added.out)
    expect((await run('list')).out).toMatch(/olga +owner +invited +never signed in/)
  })

  test('roles and locks; what is not there is said, with how to go on', async () => {
    expect((await run('list')).out).toContain('cloakroom admin add NAME --role owner')
    await run('add', 'vera')
    expect(await run('role', 'vera', '--role', 'operator')).toMatchObject({ code: 0, out: 'vera is operator.\n' })
    expect(await run('disable', 'vera')).toMatchObject({ code: 0 })
    expect(JSON.parse((await run('list', '--json')).out)).toMatchObject([{ name: 'vera', role: 'operator', state: 'disabled' }])
    expect(await run('enable', 'vera')).toMatchObject({ code: 0 })
    expect((await run('list')).out).toMatch(/vera +operator +invited/)
    expect(await run('disable', 'nobody')).toMatchObject({ code: 1, err: expect.stringContaining('cloakroom admin list') })
    expect((await run('role', 'vera', '--role', 'king')).code).toBe(64)
    const accounts = await cloakroom(['account', 'list'], { cwd: folder.path })
    expect(accounts.out).not.toContain('vera')
  })
})
