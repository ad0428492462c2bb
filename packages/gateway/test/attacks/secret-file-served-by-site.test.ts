import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SITE_POLICY } from '../../src/site/content-policy.ts'
import { createFolderSite } from '../../src/site/folder.ts'
import { ask, openSiteDoor, type SiteDoor } from '../site-door.ts'

const CANARY = 'canary-of-the-vault'
let site = ''
let door: SiteDoor

/** The worst set-up: the owner names the project folder itself as the site, with everything in it. */
beforeAll(async () => {
  site = await mkdtemp(join(tmpdir(), 'project-'))
  await mkdir(join(site, 'data'))
  await mkdir(join(site, 'public'))
  const secret = (name: string): Promise<void> => writeFile(join(site, name), CANARY)
  await writeFile(join(site, 'index.html'), 'start')
  for (const name of [
    'cloakroom.yaml',
    'guard.yaml',
    'vault.txt',
    'settings.yaml',
    '.env',
    'tls.pem',
    'tls.key',
    'data/hot.db',
    'data/durable.db-wal',
    'data/audit.jsonl',
  ])
    await secret(name)
  await link(join(site, 'vault.txt'), join(site, 'public', 'hard-link.txt'))
  await symlink(join(site, 'vault.txt'), join(site, 'public', 'soft-link.txt'))
  await symlink(join(site, 'data'), join(site, 'public', 'folder'))
  door = await openSiteDoor(
    createFolderSite({
      folder: site,
      spa: false,
      csp: SITE_POLICY,
      access: { kind: 'public' },
      cacheMs: 0,
      forbidden: [join(site, 'vault.txt'), join(site, 'settings.yaml'), join(site, 'data'), join(site, 'not-there-yet')],
    }),
  )
})

afterAll(async () => {
  await door.close()
  await rm(site, { recursive: true })
})

test.each([
  '/cloakroom.yaml',
  '/CLOAKROOM.YAML',
  '/guard.yaml',
  '/vault.txt',
  '/vault%2Etxt',
  '/settings.yaml',
  '/.env',
  '/tls.pem',
  '/tls.key',
  '/data/hot.db',
  '/data/durable.db-wal',
  '/data/audit.jsonl',
  '/data/',
  '/public/hard-link.txt',
  '/public/soft-link.txt',
  '/public/folder/audit.jsonl',
])('VLT-01 %s is never served, whatever name or link leads to it', async (path) => {
  for (const headers of [{}, { range: 'bytes=0-5' }, { 'accept-encoding': 'gzip' }]) {
    const said = await ask(door, path, { headers })
    expect(said.status).toBe(404)
    expect(said.body.toString()).not.toContain(CANARY)
  }
})

test('the rest of that folder is served', async () => {
  expect((await ask(door, '/')).body.toString()).toBe('start')
})

test('a key file that appears later is not served either', async () => {
  await writeFile(join(site, 'not-there-yet'), CANARY)
  expect((await ask(door, '/not-there-yet')).status).toBe(404)
})
