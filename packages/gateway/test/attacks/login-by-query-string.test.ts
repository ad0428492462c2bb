import { describe, expect, test } from 'vitest'
import { makeKit, NAME, PASSWORD } from '../own-endpoints.ts'

const QUERY = new URLSearchParams({ account: NAME, password: PASSWORD }).toString()

describe('login by query string', () => {
  test('PWD-19 a password in the address signs nobody in, by GET, HEAD or POST', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const before = kit.derived()
    for (const method of ['GET', 'HEAD']) {
      const said = await kit.send({ method, path: '/auth/login', query: QUERY })
      expect([said.status, said.header('allow'), said.setCookies]).toEqual([405, 'POST', []])
      expect(said.text).not.toContain(PASSWORD)
    }
    for (const message of [
      {},
      { form: {} },
      { json: {} },
      { body: '', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    ]) {
      const said = await kit.send({ method: 'POST', path: '/auth/login', query: QUERY, ...message })
      expect(said.status).toBeGreaterThanOrEqual(400)
      expect(said.setCookies).toEqual([])
    }
    expect(kit.derived()).toBe(before)
  })

  test('PWD-19 the audit trail holds neither the query nor what was in it', async () => {
    const kit = makeKit()
    await kit.addAccount()
    await kit.send({ path: '/auth/login', query: QUERY })
    await kit.send({ method: 'POST', path: '/auth/login', query: QUERY, headers: { 'sec-fetch-site': 'cross-site' } })
    expect(JSON.stringify(kit.events)).not.toContain('correct')
  })
})
