import { describe, expect, test } from 'vitest'
import { COMMAND } from '../../src/audit/event.ts'
import { makeKit, NAME, PASSWORD, type Kit, type Said } from '../own-endpoints.ts'

function whole({ answer, text }: Said): unknown {
  return { status: answer.status, headers: answer.headers, text }
}

/** What differs must not be the name's own length: both are told as the same text. */
async function attempt(kit: Kit, account: string, as: 'json' | 'form'): Promise<{ said: unknown; work: number }> {
  const before = kit.derived()
  const said = await kit.send({ method: 'POST', path: '/auth/login', [as]: { account, password: 'wrong' } })
  return { said: JSON.parse(JSON.stringify(whole(said)).replaceAll(account, 'NAME')), work: kit.derived() - before }
}

describe('finding out which accounts exist', () => {
  test.each(['json', 'form'] as const)(
    'PWD-12 a name that does not exist, a wrong password, a disabled and a locked account get one answer for one amount of work (%s)',
    async (as) => {
      const kit = makeKit()
      await kit.addAccount()
      for (const name of ['bob', 'grace']) await kit.addAccount(name)
      await kit.parts.accounts.disable('bob', { at: kit.now(), actor: COMMAND })
      const grace = (await kit.stores.accounts.findByKey('grace'))!
      await kit.stores.accounts.update(grace.id, { passwordLockedAt: kit.now(), failures: 50 })
      const found = []
      for (const name of [NAME, 'bob', 'grace', 'nobody', 'somebody@else.example']) found.push(await attempt(kit, name, as))
      for (const one of found) expect(one).toEqual(found[0])
      expect(found[0]?.work).toBe(1)
    },
  )

  test('PWD-12 the right password of a disabled or locked account gets the answer of a wrong one', async () => {
    const kit = makeKit()
    await kit.addAccount()
    await kit.addAccount('bob')
    await kit.parts.accounts.disable('bob', { at: kit.now(), actor: COMMAND })
    const wrong = await kit.send({ method: 'POST', path: '/auth/login', json: { account: NAME, password: 'wrong' } })
    const ada = (await kit.stores.accounts.findByKey(NAME))!
    await kit.stores.accounts.update(ada.id, { passwordLockedAt: kit.now(), failures: 50 })
    for (const account of ['bob', NAME]) {
      const said = await kit.send({ method: 'POST', path: '/auth/login', json: { account, password: PASSWORD } })
      expect(whole(said)).toEqual(whole(wrong))
    }
  })

  test('PWD-12 a name that does not exist is throttled after as many tries, with the same waits', async () => {
    const [known, unknown] = [makeKit(), makeKit()]
    await known.addAccount()
    for (let time = 0; time < 9; time += 1) {
      const [one, other] = [await attempt(known, NAME, 'json'), await attempt(unknown, 'nobody', 'json')]
      expect(other).toEqual(one)
      for (const kit of [known, unknown]) kit.pass(1500)
    }
  })

  test('a password that was typed into the name’s field is not written to the audit trail', async () => {
    const kit = makeKit()
    await kit.send({ method: 'POST', path: '/auth/login', json: { account: 'my secret password!', password: '' } })
    expect(kit.events).toHaveLength(1)
    expect(kit.events[0]).toMatchObject({ kind: 'login.failed', target: null, detail: { why: 'unknown', factor: 'password' } })
    expect(JSON.stringify(kit.events)).not.toContain('my secret')
  })
})
