import { linkSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Kit, startKit } from '../kit.ts'

const PASSPHRASE = 'a passphrase that opens the vault'
let kit: Kit
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'passphrase-'))
  const site = mkdtempSync(join(folder, 'site-'))
  const file = join(folder, 'passphrase.txt')
  writeFileSync(file, PASSPHRASE, { mode: 0o600 })
  writeFileSync(join(site, 'index.html'), 'start')
  linkSync(file, join(site, 'hard.txt'))
  symlinkSync(file, join(site, 'soft.txt'))
  kit = await startKit({ config: { site: { folder: site, access: 'public' }, vault: { key: { passphrase: { file } } } } })
})
afterAll(async () => {
  await kit.close()
  rmSync(folder, { recursive: true })
})

test('VLT-04 the file with the vault’s passphrase is never served, whatever name or link leads to it from the website', async () => {
  expect((await kit.call('GET', '/')).text).toBe('start')
  for (const path of ['/hard.txt', '/soft.txt']) {
    const answer = await kit.call('GET', path)
    expect([path, answer.status, answer.text.includes(PASSPHRASE)]).toEqual([path, 404, false])
  }
})
