import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { GateError } from '../../src/errors.ts'
import { type Kit, startKit } from '../kit.ts'

const PERSON = [
  ['sec-fetch-site', 'none'],
  ['sec-fetch-mode', 'navigate'],
  ['sec-fetch-dest', 'document'],
  ['accept', 'text/html,*/*;q=0.8'],
] as const

let folder = ''
let kit: Kit
let down = false
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cloakroom-refused-'))
  mkdirSync(join(folder, 'site'))
  writeFileSync(join(folder, 'site', 'index.html'), '<title>Shop</title>')
  kit = await startKit({
    config: { site: { folder: join(folder, 'site'), access: { role: 'staff' } }, shop: { destinations: ['empty', 'document'] } },
    wrapStores: (stores) => ({
      ...stores,
      sessions: {
        ...stores.sessions,
        find(id) {
          if (down) throw new GateError('store_unavailable', 'test')
          return stores.sessions.find(id)
        },
      },
    }),
  })
})
afterAll(async () => {
  await kit.close()
  rmSync(folder, { recursive: true })
})

describe('HTTP-20 a refusal is a page for a person and problem details for a script', () => {
  const refusals: readonly [
    string,
    number,
    string,
    () => Promise<{ readonly path: string; readonly cookie?: string; readonly host?: string }>,
  ][] = [
    ['not for this role', 403, 'role_required', async () => ({ path: '/', cookie: await kit.signIn() })],
    ['another host', 421, 'misdirected', async () => ({ path: '/', host: 'evil.example' })],
    ['the store is down', 503, 'store_unavailable', async () => ({ path: '/', cookie: `__Host-Http-session=${'A'.repeat(43)}` })],
    ['the API is down', 502, 'upstream_unreachable', async () => ({ path: '/api/shop/x', cookie: await kit.signIn() })],
  ]
  test.each(refusals)('%s: %i %s', async (_what, status, code, request) => {
    const { path, cookie, host } = await request()
    down = code === 'store_unavailable'
    if (code === 'upstream_unreachable') await kit.upstream.close()
    const options = { ...(cookie === undefined ? {} : { cookie }), ...(host === undefined ? {} : { host }) }
    const forScript = await kit.call('GET', path, options)
    const forPerson = await kit.call('GET', path, { ...options, headers: PERSON })
    down = false
    expect([forScript.status, forScript.header('cloakroom-error'), forScript.header('content-type')]).toEqual([
      status,
      code,
      'application/problem+json',
    ])
    expect([forPerson.status, forPerson.header('cloakroom-error')]).toEqual([status, code])
    expect(forPerson.header('content-type')).toBe('text/html; charset=utf-8')
    expect(forPerson.header('content-security-policy')).toContain("default-src 'none'")
    expect(forPerson.header('cache-control')).toBe('no-store')
    expect(forPerson.text).toContain(`<code>${code}</code>`)
    expect(forPerson.text).toMatch(/<h1>[^<]+<\/h1>/)
    expect(forPerson.text).not.toMatch(/127\.0\.0\.1|ECONN|GateError|node_modules/)
  })
})
