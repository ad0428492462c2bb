import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SITE_POLICY } from '../../src/site/content-policy.ts'
import { createFolderSite } from '../../src/site/folder.ts'
import { ask, NAVIGATION, openSiteDoor, type SiteDoor } from '../site-door.ts'
import { makeHead } from '../fixtures.ts'

const CANARY = 'canary-outside-the-site'
let top = ''
let site = ''
let door: SiteDoor

beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'traversal-'))
  site = join(top, 'site')
  await mkdir(join(site, 'sub'), { recursive: true })
  await mkdir(join(top, 'site-next-door'))
  await writeFile(join(site, 'index.html'), 'start')
  await writeFile(join(site, 'sub', 'page.html'), 'page')
  await writeFile(join(top, 'outside.txt'), CANARY)
  await writeFile(join(top, 'outside.html'), CANARY)
  await writeFile(join(top, 'site-next-door', 'x.txt'), CANARY)
  await mkdir(join(site, '.git'))
  await writeFile(join(site, '.git', 'config'), CANARY)
  await writeFile(join(site, '.env'), CANARY)
  await symlink(join(top, 'outside.txt'), join(site, 'link.txt'))
  await symlink(top, join(site, 'up'))
  await symlink('../../outside.html', join(site, 'sub', 'link.html'))
  await symlink(join(top, 'site-next-door'), join(site, 'next'))
  await symlink(join(site, 'loop'), join(site, 'loop'))
  const make = () => createFolderSite({ folder: site, forbidden: [], spa: false, csp: SITE_POLICY, access: { kind: 'public' }, cacheMs: 0 })
  door = await openSiteDoor(make())
})

afterAll(async () => {
  await door.close()
  await rm(top, { recursive: true })
})

const PATHS = [
  '/../outside.txt',
  '/sub/../../outside.txt',
  '/..',
  '/../',
  '/./../outside.txt',
  '/%2e%2e/outside.txt',
  '/%2E%2E%2Foutside.txt',
  '/..%2foutside.txt',
  '/..%5coutside.txt',
  '/..%255c..%255coutside.txt',
  '/%252e%252e/outside.txt',
  '/..\\outside.txt',
  '/sub\\..\\..\\outside.txt',
  '/..;/outside.txt',
  '/..%00/outside.txt',
  '/outside.txt%00.html',
  '/%c0%ae%c0%ae/outside.txt',
  '/%e0%80%ae./outside.txt',
  '//outside.txt',
  '//../outside.txt',
  '/sub//../../outside.txt',
  '/.../outside.txt',
  '/....//outside.txt',
  '/link.txt',
  '/up/outside.txt',
  '/up/outside',
  '/up/',
  '/up',
  '/sub/link.html',
  '/sub/link',
  '/next/x.txt',
  '/loop',
  '/loop/x',
  '/.git/config',
  '/.env',
  '/%2egit/config',
  '/%2eenv',
  '/sub/..%2f.env',
  'http://localhost/../outside.txt',
  '/index.html/../../outside.txt',
  '/index.html/',
]

describe('HTTP-01 a path that leads out of the site’s folder finds nothing', () => {
  test.each(PATHS)('%s', async (path) => {
    for (const headers of [{}, NAVIGATION]) {
      const said = await ask(door, path, { headers })
      expect([400, 404]).toContain(said.status)
      expect(said.body.toString()).not.toContain(CANARY)
    }
  })
})

test('the site itself finds nothing either when a door handed it a path that is not canonical', async () => {
  const part = createFolderSite({ folder: site, forbidden: [], spa: true, csp: SITE_POLICY, access: { kind: 'public' }, cacheMs: 0 })
  for (const path of PATHS) {
    const answer = await part.answer(makeHead({ path, headers: {} }))
    expect(answer.status).toBe(404)
  }
})

test('a file that is exchanged for a link after it was served is not followed', async () => {
  const path = join(site, 'swapped.txt')
  await writeFile(path, 'fine')
  expect((await ask(door, '/swapped.txt')).body.toString()).toBe('fine')
  await symlink(join(top, 'outside.txt'), `${path}.new`)
  await rename(`${path}.new`, path)
  const said = await ask(door, '/swapped.txt')
  expect(said.status).toBe(404)
})

test('pipes and sockets in the folder are not opened', async () => {
  execFileSync('mkfifo', [join(site, 'pipe.txt')])
  const socket = createServer().listen(join(site, 'socket.txt'))
  await new Promise((resolve) => socket.once('listening', resolve))
  expect((await ask(door, '/pipe.txt')).status).toBe(404)
  expect((await ask(door, '/socket.txt')).status).toBe(404)
  await new Promise((resolve) => socket.close(resolve))
})
