import { readFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { findBrowser } from '../../src/scan/find-browser.ts'
import { install, type Installation, PASSWORD } from '../started.ts'
import { cloakroom, type emptyFolder, everythingIn, installation } from './run.ts'

const FIRST = 'canary-first-4Zk8Qw2LmX9'
const SECOND = 'canary-second-7Hn3Vt5Bc1'
const STAGED = 'canary-staged-9Lp2Xc6Dd4'

interface Report {
  readonly sought: readonly { readonly name: string; readonly version: number; readonly state: string; readonly spellings: number }[]
  readonly findings: readonly { readonly what: string; readonly where: string; readonly excerpt: string }[]
}

let made: Awaited<ReturnType<typeof installation>>
let folder: ReturnType<typeof emptyFolder>
beforeAll(async () => {
  made = await installation(FIRST)
})
afterAll(() => made.remove())
beforeEach(() => {
  folder = made.copy()
  mkdirSync(join(folder.path, 'dist'))
})
afterEach(() => folder.remove())

const run = (args: readonly string[], input = '') => cloakroom(args, { cwd: folder.path, input })
const site = (text: string) => writeFileSync(join(folder.path, 'dist/app.js'), text)

async function scan(): Promise<{ code: number | null; report: Report; said: string }> {
  const ran = await run(['scan', './dist', '--json'])
  return { code: ran.code, report: JSON.parse(ran.out) as Report, said: ran.out + ran.err }
}

describe('VLT-08 cloakroom scan looks for every version of a secret that the vault still holds', () => {
  beforeEach(async () => {
    expect((await run(['secret', 'rotate', 'shop-key', '--overlap', '1h'], SECOND)).code).toBe(0)
    expect((await run(['secret', 'rotate', 'shop-key', '--not-before', '1d'], STAGED)).code).toBe(0)
  })

  test.each([
    ['a retiring one, which its provider may still take', FIRST, 'version 1, retiring'],
    ['the one in use', SECOND, 'version 2, active'],
    ['a staged one, which nothing uses yet', STAGED, 'version 3, staged'],
    ['a staged one in base64', Buffer.from(`key=${STAGED}`).toString('base64'), 'version 3, staged'],
  ])('%s', async (_name, text, version) => {
    site(`const key = "${text}"`)
    const { code, report, said } = await scan()
    expect(code).toBe(1)
    expect(report.sought.map((each) => each.version)).toEqual([1, 2, 3])
    expect(report.findings.map(({ what }) => what)).toEqual([expect.stringContaining(version)])
    // The report is for showing around: neither what was found nor what was looked for is in it.
    for (const value of [FIRST, SECOND, STAGED, text]) expect(said).not.toContain(value)
  })

  test('none of it is found where nothing is, and nothing of it is left in the folder', async () => {
    site('const key = null')
    const { code, report } = await scan()
    expect([code, report.findings]).toEqual([0, []])
    const left = everythingIn(join(folder.path, 'data'))
    for (const value of [FIRST, SECOND, STAGED]) expect(left).not.toContain(value)
  })

  test('a revoked version has no value any more, and is not looked for', async () => {
    expect((await run(['secret', 'revoke', 'shop-key', '--only', '1', '--yes'])).code).toBe(0)
    site('const key = null')
    expect((await scan()).report.sought.map(({ version }) => version)).toEqual([2, 3])
  })

  test('a scan is no use of a secret: “last used” says what calls did', async () => {
    site('const key = null')
    await scan()
    const held = JSON.parse((await run(['secret', 'list', '--json'])).out) as { versions: { lastUsedAt: number | null }[] }[]
    expect(held.flatMap(({ versions }) => versions.map(({ lastUsedAt }) => lastUsedAt))).toEqual([null, null, null])
  })

  test('a version whose record was changed is named as not searched for; the others are', async () => {
    const database = new DatabaseSync(join(folder.path, 'data/durable.sqlite'))
    database.exec(
      "UPDATE vault_record SET sealed = (SELECT sealed FROM vault_record WHERE version = 2) WHERE version = 1 AND name = 'shop-key'",
    )
    database.close()
    site('const key = null')
    const { report, said } = await scan()
    expect(report.sought.map(({ version }) => version)).toEqual([2, 3])
    expect(said).toContain('version 1 of shop-key does not open')
  })
})

test('the audit trail of a scan holds no form of the secret', async () => {
  site(`const key = "${FIRST}"`)
  await scan()
  expect(readFileSync(join(folder.path, 'data/audit.jsonl'), 'latin1')).not.toContain(FIRST)
})

test.skipIf(findBrowser(undefined) === null)('a page that nobody serves is said plainly, exit 69', async () => {
  const ran = await run(['scan', 'http://127.0.0.1:1/'])
  expect(ran.code).toBe(69)
  expect(ran.err).toMatch(/http:\/\/127\.0\.0\.1:1\/ does not open \(ERR_\w+\)\.\nIs it running/)
})

describe.skipIf(findBrowser(undefined) === null)('a scan that was to sign in and could not is no scan, exit 69', () => {
  let at: Installation
  let origin: string
  beforeAll(async () => {
    at = await install(FIRST)
    origin = `http://localhost:${(await at.start()).port}`
  }, 60_000)
  afterAll(() => at.remove())

  const signedIn = (page: string, password: string) => at.run(['scan', `${origin}/`, '--account', 'ada', '--login', page], password)

  test('with another password', async () => {
    const ran = await signedIn('/auth/login', 'not her password')
    expect([ran.code, ran.out]).toEqual([69, ''])
    expect(ran.err).toContain('/auth/login did not take ada with this password.')
  }, 60_000)

  test('on a page that has no fields for it', async () => {
    const ran = await signedIn('/', PASSWORD)
    expect([ran.code, ran.out]).toEqual([69, ''])
    expect(ran.err).toContain('has no fields for an account and its password')
  }, 60_000)

  test('with the right one it is', async () => {
    const ran = await signedIn('/auth/login', PASSWORD)
    expect(ran.out).toContain('Signed in as ada.')
    expect(ran.code).toBe(0)
  }, 60_000)
})
