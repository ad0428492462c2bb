import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { call } from '../call.ts'
import { install, type Installation, signIn, type Started } from '../started.ts'

let at: Installation
let gateway: Started
let cookie: string
let file: string
let good: string

const RULES = `version: 1
lists:
  denied: { cidr: [], file: ./denied.txt }
rules:
  - { id: denied, when: ip.addr in lists.denied, then: { block: 403 } }
  - { id: no-secrets, when: 'request.path.endsWith("/secrets")', then: { block: 404 } }
`
const path = (name: string): string => join(at.folder, name)

beforeAll(async () => {
  at = await install('canary-further-files-7Qx2')
  file = path('cloakroom.yaml')
  writeFileSync(path('denied.txt'), '203.0.113.7\n')
  writeFileSync(path('guard.yaml'), RULES)
  writeFileSync(path('logo.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  at.edit((text) => text.replace('guard: off\n', 'guard: ./guard.yaml\ntheme: { logo: ./logo.svg }\n'))
  good = readFileSync(file, 'utf8')
  gateway = await at.start()
  cookie = await signIn(gateway.port)
})
afterAll(async () => {
  await at.remove()
})

const status = async (target: string): Promise<number> => (await call(gateway.port, 'GET', target, { cookie })).status
function listen(): (text: RegExp) => Promise<void> {
  const from = gateway.printed().length
  return (text) => vi.waitFor(() => expect(gateway.printed().slice(from)).toMatch(text), { timeout: 6000, interval: 20 })
}
/** What stood before stands, and is judged by. */
async function stays(): Promise<void> {
  expect(await status('/api/shop/products')).toBe(200)
  expect(await status('/api/shop/secrets')).toBe(404)
  expect((await call(gateway.port, 'GET', '/auth/login', {})).status).toBe(200)
}

describe('ADM-02 a further file that goes bad changes nothing and is said; SIGHUP reads them all', () => {
  test.each<[what: string, spoil: () => void, says: RegExp, mend: () => void]>([
    [
      'rules with a mistake in a condition',
      () => writeFileSync(path('guard.yaml'), RULES.replace('ip.addr in lists.denied', 'ip.adr in lists.denied')),
      /guard\.yaml:\d+:\d+: /,
      () => writeFileSync(path('guard.yaml'), RULES),
    ],
    [
      'rules that are broken YAML',
      () => writeFileSync(path('guard.yaml'), `${RULES}  : :\n`),
      /guard\.yaml:\d+:\d+: /,
      () => writeFileSync(path('guard.yaml'), RULES),
    ],
    ['no rules where some are named', () => rmSync(path('guard.yaml')), /guard\.yaml/, () => writeFileSync(path('guard.yaml'), RULES)],
    [
      'a list with a line that is no address',
      () => writeFileSync(path('denied.txt'), '203.0.113.7\n203.0.113.999\n'),
      /denied\.txt:2/,
      () => writeFileSync(path('denied.txt'), '203.0.113.7\n'),
    ],
    [
      'no logo where one is named',
      () => renameSync(path('logo.svg'), path('logo.gone')),
      /logo\.svg/,
      () => renameSync(path('logo.gone'), path('logo.svg')),
    ],
    [
      'no website where one is named',
      () => renameSync(path('public'), path('public.gone')),
      /public/,
      () => renameSync(path('public.gone'), path('public')),
    ],
  ])('%s', async (_what, spoil, says, mend) => {
    const hears = listen()
    spoil()
    writeFileSync(file, `${good}# touched\n`)
    gateway.child.kill('SIGHUP')
    await hears(says)
    await hears(/was not taken: the configuration in force stays|could not be read/)
    await stays()
    const mended = listen()
    mend()
    writeFileSync(file, good)
    gateway.child.kill('SIGHUP')
    await mended(/is in force/)
    await stays()
  })
})
