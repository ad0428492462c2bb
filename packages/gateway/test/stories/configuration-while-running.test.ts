import { mkdirSync, readFileSync, renameSync, rmSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { call } from '../call.ts'
import { everythingIn } from '../cli/run.ts'
import { install, type Installation, signIn, type Started } from '../started.ts'

const SECRET = 'canary-reload-4Zk8Qw2LmX9'

let at: Installation
let gateway: Started
let cookie: string
let file: string
let good: string

beforeAll(async () => {
  at = await install(SECRET)
  file = join(at.folder, 'cloakroom.yaml')
  good = readFileSync(file, 'utf8')
  gateway = await at.start()
  cookie = await signIn(gateway.port)
})
afterAll(async () => {
  await at.remove()
})

const status = async (path: string): Promise<number> => (await call(gateway.port, 'GET', path, { cookie })).status
const withPath = (path: string): string => good.replace('path: /api/shop', `path: ${path}`)
/** What the gateway says from now on. */
function listen(): (text: string | RegExp) => Promise<void> {
  const from = gateway.printed().length
  return (text) => vi.waitFor(() => expect(gateway.printed().slice(from)).toMatch(text), { timeout: 5000, interval: 20 })
}

describe('a changed cloakroom.yaml while the gateway runs', () => {
  test('a change is in force for the next request, and nobody is signed out', async () => {
    expect(await status('/api/shop/products')).toBe(200)
    const hears = listen()
    writeFileSync(file, withPath('/api/store'))
    await hears(/is in force/)
    expect(await status('/api/store/products')).toBe(200)
    expect(await status('/api/shop/products')).toBe(404)
    expect(everythingIn(join(at.folder, 'data'))).toMatch(/"kind":"config.loaded"/)
  })

  test('an editor that writes a new file and renames it is followed, and the next change after it, too', async () => {
    for (const path of ['/api/one', '/api/two']) {
      const hears = listen()
      writeFileSync(`${file}.swap`, withPath(path))
      renameSync(`${file}.swap`, file)
      await hears(/is in force/)
      expect(await status(`${path}/products`)).toBe(200)
    }
  })

  test.each<[string, () => void, RegExp]>([
    ['broken YAML', () => writeFileSync(file, `${good}  : :\n`), /cloakroom\.yaml:\d+:\d+: .*\[yaml_syntax\]\n {4}\S/],
    ['an unknown key', () => writeFileSync(file, `sesions: {}\n${good}`), /cloakroom\.yaml:1:1: .*\[unknown_key\]\n.*sessions/],
    [
      'an API whose credential is not in the vault',
      () => writeFileSync(file, good.replace('shop-key', 'shop-kye')),
      /\[credential_missing\]/,
    ],
    [
      'an upstream that was not sealed with the credential',
      () => writeFileSync(file, good.replace(at.upstream.origin, 'https://collector.example')),
      /\[origin_not_sealed\]/,
    ],
    ['a file of 0 bytes', () => writeFileSync(file, ''), /This file is empty\. \[file_unreadable\]/],
    ['no file', () => rmSync(file), /\[file_unreadable\]/],
    [
      'a folder in its place',
      () => {
        rmSync(file, { force: true })
        mkdirSync(file)
      },
      /This is a folder/,
    ],
  ])('ADM-02 %s changes nothing, says why, and the mended file is taken', async (_what, spoil, says) => {
    const hears = listen()
    spoil()
    await hears(says)
    await hears(/was not taken: the configuration in force stays/)
    expect(await status('/api/two/products')).toBe(200)
    const mended = listen()
    if (_what === 'a folder in its place') rmdirSync(file)
    writeFileSync(file, withPath('/api/two'))
    await mended(/is in force/)
    expect(await status('/api/two/products')).toBe(200)
  })

  test('every refused file is in the audit trail with its codes', () => {
    const lines = readFileSync(join(at.folder, 'data/audit.jsonl'), 'utf8').trim().split('\n')
    const rejected = lines.map((line) => JSON.parse(line) as { kind: string; result: string; detail: { codes?: string } })
    const codes = rejected.filter(({ kind }) => kind === 'config.rejected').map(({ detail }) => detail.codes)
    expect(codes).toEqual(expect.arrayContaining(['yaml_syntax', 'credential_missing', 'origin_not_sealed', 'file_unreadable']))
  })

  test('what only a start can change is named, and the rest is taken', async () => {
    const hears = listen()
    writeFileSync(file, withPath('/api/three').replace('listen: 127.0.0.1:0', 'listen: 127.0.0.1:8099') + 'log: { file: ./log.jsonl }\n')
    await hears(/is in force\. Needs a restart: listen, log\.file\./)
    expect(await status('/api/three/products')).toBe(200)
  })

  test('SIGHUP reads it at once; many of them end with what stands in the file last', async () => {
    const hears = listen()
    for (let round = 0; round < 20; round += 1) {
      writeFileSync(file, withPath(`/api/round${round}`))
      gateway.child.kill('SIGHUP')
    }
    await hears(/is in force/)
    await vi.waitFor(async () => expect(await status('/api/round19/products')).toBe(200), { timeout: 5000, interval: 50 })
    expect(await status('/api/round18/products')).toBe(404)
    expect(gateway.printed()).not.toContain(SECRET)
  })
})
