import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkFiles } from './check-files.ts'
import { parseConfig } from './load.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cloakroom-files-'))
  mkdirSync(join(folder, 'public'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function check(more: object): readonly string[] {
  const apis = {
    shop: {
      path: '/api/shop',
      upstream: 'https://api.example.com',
      allow: ['GET /**'],
      upstreamCa: 'upstream' in more ? './ca.pem' : null,
    },
  }
  const { upstream: _, ...rest } = { upstream: null, ...more }
  const loaded = parseConfig({ apis, ...rest }, { file: join(folder, 'cloakroom.yaml'), folder, locate: () => null })
  if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems))
  return checkFiles(loaded.config, loaded.locate).map(({ code, key }) => `${code} ${key}`)
}

test('ADM-02 files and folders that are named must be there', () => {
  expect(check({ site: './public' })).toEqual([])
  expect(check({ site: './publik' })).toEqual(['file_missing site'])
  expect(check({ theme: { logo: './logo.svg' }, upstream: true })).toEqual(['file_missing theme.logo', 'file_missing apis.shop.upstreamCa'])
  expect(check({ theme: { logo: './public' } })).toEqual(['file_missing theme.logo'])
})

test('a folder of letters must be there, and each letter in it of use', () => {
  const mail = { smtp: 'smtp://127.0.0.1:2525', from: 'gate@example.com', templates: './letters' }
  expect(check({ mail })).toEqual(['file_missing mail.templates'])
  mkdirSync(join(folder, 'letters'))
  expect(check({ mail })).toEqual([])
  writeFileSync(join(folder, 'letters/reset.de.txt'), 'Subject: Hallo\n\nkein Link\n')
  expect(check({ mail })).toEqual(['mail_template mail.templates'])
})

test('VLT-04 a private key of `tls` that everybody can read is refused, one that a group can read is not', () => {
  for (const name of ['c.pem', 'k.pem']) writeFileSync(join(folder, name), 'x')
  const tls = { cert: './c.pem', key: './k.pem' }
  for (const [mode, expected] of [
    [0o600, []],
    [0o640, []],
    [0o644, ['file_exposed tls.key']],
  ] as const) {
    chmodSync(join(folder, 'k.pem'), mode)
    expect(check({ tls })).toEqual(expected)
  }
})

test('a symbolic link from the site’s folder to the data is found', () => {
  mkdirSync(join(folder, 'data'))
  symlinkSync(join(folder, 'data'), join(folder, 'www'))
  expect(check({ site: './www' })).toEqual(['site_exposes site'])
})

test('VLT-04 a passphrase of the vault that everybody can read is refused', () => {
  const file = join(folder, 'passphrase.txt')
  writeFileSync(file, 'x')
  for (const [mode, expected] of [
    [0o400, []],
    [0o440, []],
    [0o444, ['file_exposed vault.key.passphrase.file']],
  ] as const) {
    chmodSync(file, mode)
    expect(check({ vault: { key: { passphrase: { file } } } })).toEqual(expected)
  }
})

test('VLT-04 a symbolic link that leads from the vault’s passphrase into the site’s folder is found', () => {
  const file = join(folder, 'linked.txt')
  writeFileSync(join(folder, 'public', 'linked.txt'), 'x', { mode: 0o600 })
  symlinkSync(join(folder, 'public', 'linked.txt'), file)
  expect(check({ site: './public', vault: { key: { passphrase: { file } } } })).toEqual(['site_exposes site'])
})
