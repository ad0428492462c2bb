import { describe, expect, test } from 'vitest'
import { Jar, makeKit, NAME } from '../own-endpoints.ts'
import { codeAt, postJson, signInWith, withTotp } from '../second-factor.ts'

describe('a one-time code that somebody guessed, saw or copied', () => {
  test('MFA-02 a code that signed in once signs in nobody else', async () => {
    const kit = makeKit()
    const { seed } = await withTotp(kit)
    const [ada, eve] = [new Jar(), new Jar()]
    await signInWith(kit, ada)
    await signInWith(kit, eve)
    const code = codeAt(seed, kit.now())
    expect((await postJson(kit, ada, '/login/factor', { code })).status).toBe(200)
    expect((await postJson(kit, eve, '/login/factor', { code })).header('cloakroom-error')).toBe('code_wrong')
    // Nor does it confirm anything afterwards.
    expect((await postJson(kit, ada, '/step-up', { code })).header('cloakroom-error')).toBe('code_wrong')
  })

  test('MFA-02 of eight who show the same code at once one gets in', async () => {
    const kit = makeKit()
    const { seed } = await withTotp(kit)
    const jars = Array.from({ length: 5 }, () => new Jar())
    for (const jar of jars) await signInWith(kit, jar)
    const code = codeAt(seed, kit.now())
    const answers = await Promise.all(jars.map((jar) => postJson(kit, jar, '/login/factor', { code })))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  test('MFA-04 RATE-03 no more than ten tries in five minutes, from however many networks, and the right code waits as well', async () => {
    const kit = makeKit()
    const { seed } = await withTotp(kit)
    let tried = 0
    for (let second = 0; second < 300; second += 3) {
      const jar = new Jar()
      await signInWith(kit, jar)
      const client = `203.0.113.${String(second % 250)}`
      const code = second === 297 ? codeAt(seed, kit.now()) : '000000'
      const said = await kit.send({ method: 'POST', path: '/auth/login/factor', json: { code }, cookies: jar, client })
      if (said.status === 401) tried += 1
      else expect([said.status, said.header('cloakroom-error')]).toEqual([429, 'too_many_attempts'])
      kit.pass(3000)
    }
    expect(tried).toBeLessThanOrEqual(10)
  })

  test('MFA-04 a right code ends a row of wrong ones', async () => {
    const kit = makeKit()
    const { seed } = await withTotp(kit)
    for (let round = 0; round < 4; round += 1) {
      const jar = new Jar()
      await signInWith(kit, jar)
      for (let wrong = 0; wrong < 4; wrong += 1) await postJson(kit, jar, '/login/factor', { code: '000000' })
      expect((await postJson(kit, jar, '/login/factor', { code: codeAt(seed, kit.now()) })).status).toBe(200)
      kit.pass(60_000)
    }
  })

  test('a seed that was moved to another account’s row opens nothing', async () => {
    const kit = makeKit()
    const { seed } = await withTotp(kit)
    await kit.addAccount('eve')
    const own = (await kit.stores.factors.list((await kit.stores.accounts.findByKey(NAME))?.id ?? '')).find(({ kind }) => kind === 'totp')
    const eve = (await kit.stores.accounts.findByKey('eve'))?.id ?? ''
    await kit.stores.factors.insert({ ...own!, id: 'moved', account: eve })
    const jar = new Jar()
    await signInWith(kit, jar, undefined, 'eve')
    await expect(postJson(kit, jar, '/login/factor', { code: codeAt(seed, kit.now()) })).rejects.toMatchObject({
      code: 'store_unavailable',
    })
    expect(jar.value('__Host-Http-session')).toBe(null)
  })

  test('a recovery code of one account is nobody else’s', async () => {
    const kit = makeKit()
    const { recoveryCodes } = await withTotp(kit)
    const [set] = (await kit.stores.factors.list((await kit.stores.accounts.findByKey(NAME))?.id ?? '')).filter(
      ({ kind }) => kind === 'recovery-codes',
    )
    await kit.addAccount('eve')
    const eve = (await kit.stores.accounts.findByKey('eve'))?.id ?? ''
    const jar = new Jar()
    await kit.stores.factors.insert({ ...set!, id: 'copied', account: eve })
    await kit.stores.factors.insert({ ...set!, id: 'any', account: eve, kind: 'passkey', content: '{}' })
    await signInWith(kit, jar, undefined, 'eve')
    expect((await postJson(kit, jar, '/login/factor', { code: recoveryCodes[0] })).header('cloakroom-error')).toBe('code_wrong')
  })
})
