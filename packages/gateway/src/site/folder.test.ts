import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ask, NAVIGATION, openSiteDoor, type SiteDoor } from '../../test/site-door.ts'
import { SITE_POLICY } from './content-policy.ts'
import { createFolderSite, type FolderSiteOptions } from './folder.ts'

const TEXT = 'body { color: teal }\n'.repeat(200)
let folder = ''
let door: SiteDoor

async function put(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content)
  return path
}

async function open(options: Partial<FolderSiteOptions> = {}): Promise<void> {
  await door?.close()
  door = await openSiteDoor(
    createFolderSite({ folder, forbidden: [], spa: false, csp: SITE_POLICY, access: { kind: 'public' }, cacheMs: 0, ...options }),
  )
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'site-'))
  await put('index.html', '<!doctype html><title>Start</title>')
  await put('docs/index.html', '<!doctype html><title>Docs</title>')
  await put('about.html', '<!doctype html><title>About</title>')
  await put('style.css', TEXT)
  await put('assets/index-DkE9x2Qa.js', 'export const x = 1\n'.repeat(100))
  await put('film.mp4', Buffer.from(Array.from({ length: 1000 }, (_, at) => at % 256)))
  await open()
})

afterEach(async () => {
  await door.close()
  await rm(folder, { recursive: true })
})

describe('which file', () => {
  test.each([
    ['/', 'Start'],
    ['/index.html', 'Start'],
    ['/docs/', 'Docs'],
    ['/about', 'About'],
    ['/about.html', 'About'],
    ['/?utm=1', 'Start'],
  ])('%s is the page %s', async (path, title) => {
    const said = await ask(door, path, { headers: NAVIGATION })
    expect(said.status).toBe(200)
    expect(said.body.toString()).toContain(`<title>${title}</title>`)
  })

  test('a folder’s address without its slash leads to the one with it, query included', async () => {
    const said = await ask(door, '/docs?a=b', { headers: NAVIGATION })
    expect(said).toMatchObject({ status: 308, headers: { location: '/docs/?a=b' } })
  })

  test('a name with spaces and accents is found', async () => {
    await put('café menu.txt', 'soup')
    expect((await ask(door, '/caf%C3%A9%20menu.txt')).body.toString()).toBe('soup')
  })

  test('a folder without an index is not listed', async () => {
    expect((await ask(door, '/assets/', { headers: NAVIGATION })).status).toBe(404)
    expect((await ask(door, '/assets', { headers: NAVIGATION })).status).toBe(404)
  })

  test('a file that changes is served as it is now, a file that goes is gone, a file that comes is there', async () => {
    expect((await ask(door, '/late.txt')).status).toBe(404)
    const path = await put('late.txt', 'one')
    const first = await ask(door, '/late.txt')
    await writeFile(path, 'two')
    const second = await ask(door, '/late.txt')
    await rm(path)
    expect([first.body.toString(), second.body.toString(), (await ask(door, '/late.txt')).status]).toEqual(['one', 'two', 404])
    expect(first.headers.etag).not.toBe(second.headers.etag)
  })
})

describe('what is missing', () => {
  test('a person sees a page, a script gets problem+json, both 404', async () => {
    const page = await ask(door, '/nowhere', { headers: NAVIGATION })
    expect(page).toMatchObject({ status: 404, headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' } })
    const script = await ask(door, '/nowhere.js', { headers: { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' } })
    expect(script).toMatchObject({ status: 404, headers: { 'content-type': 'application/problem+json', 'cloakroom-error': 'not_found' } })
  })

  test('the site’s own 404.html is the page', async () => {
    await put('404.html', '<!doctype html><title>Lost</title>')
    const said = await ask(door, '/nowhere', { headers: NAVIGATION })
    expect(said.status).toBe(404)
    expect(said.body.toString()).toContain('Lost')
    expect(said.headers.etag).toBeUndefined()
  })

  test('with client-side routing a page that is no file is index.html, but a missing script, image or call stays missing', async () => {
    await open({ spa: true })
    expect((await ask(door, '/orders/17', { headers: NAVIGATION })).body.toString()).toContain('Start')
    expect((await ask(door, '/orders/app.js', { headers: NAVIGATION })).status).toBe(404)
    expect((await ask(door, '/orders/17', { headers: { accept: '*/*' } })).status).toBe(404)
    expect((await ask(door, '/orders/17', { headers: { accept: 'text/html', 'sec-fetch-mode': 'cors' } })).status).toBe(404)
    expect((await ask(door, '/.git/config', { headers: NAVIGATION })).status).toBe(404)
  })
})

describe('fields', () => {
  test.each([
    ['/style.css', 'text/css; charset=utf-8'],
    ['/index.html', 'text/html; charset=utf-8'],
    ['/assets/index-DkE9x2Qa.js', 'text/javascript; charset=utf-8'],
    ['/film.mp4', 'video/mp4'],
    ['/x.svg', 'image/svg+xml; charset=utf-8'],
    ['/x.json', 'application/json; charset=utf-8'],
    ['/x.wasm', 'application/wasm'],
    ['/x.strange', 'application/octet-stream'],
    ['/noextension', 'application/octet-stream'],
  ])('HDR-06 %s is sent as %s, and never guessed at', async (path, type) => {
    for (const name of ['x.svg', 'x.json', 'x.wasm', 'x.strange', 'noextension']) await put(name, 'x')
    const said = await ask(door, path)
    expect(said.headers).toMatchObject({ 'content-type': type, 'x-content-type-options': 'nosniff' })
  })

  test('HDR-05 HDR-07 every answer of the site, found or not, carries policy, referrer and isolation fields', async () => {
    const etag = (await ask(door, '/style.css')).headers.etag ?? ''
    const all = [
      await ask(door, '/', { headers: NAVIGATION }),
      await ask(door, '/nowhere', { headers: NAVIGATION }),
      await ask(door, '/style.css', { headers: { 'if-none-match': etag } }),
      await ask(door, '/film.mp4', { headers: { range: 'bytes=0-1' } }),
      await ask(door, '/film.mp4', { headers: { range: 'bytes=5000-' } }),
    ]
    expect(all.map((said) => said.status)).toEqual([200, 404, 304, 206, 416])
    for (const { headers } of all) {
      expect(headers['content-security-policy']).toBe(SITE_POLICY)
      expect(headers['referrer-policy']).toMatch(/^(?:no-referrer|strict-origin)$/)
      expect(headers['cross-origin-opener-policy']).toBe('same-origin')
      expect(headers['cross-origin-resource-policy']).toBe('same-origin')
      expect(headers['x-content-type-options']).toBe('nosniff')
    }
  })

  test('HDR-05 the owner’s policy is the one that is sent', async () => {
    await open({ csp: "default-src 'none'" })
    expect((await ask(door, '/')).headers['content-security-policy']).toBe("default-src 'none'")
  })

  test('HDR-04 over HTTPS every answer of the site carries Strict-Transport-Security', async () => {
    const { createSpine } = await import('../gateway.ts')
    const { makeHead, makePolicy } = await import('../../test/fixtures.ts')
    const never = (): never => {
      throw new Error('not asked')
    }
    const gateway = createSpine({
      policy: () => makePolicy(),
      sessions: { claim: never, touch: never, end: never },
      visits: { open: never, start: never },
      counters: { add: never },
      vault: { open: never },
      forward: { send: never },
      endpoints: { answer: never },
      audit: { note: () => undefined, commit: never },
      observer: { access: () => undefined, failure: () => undefined },
      pseudonym: 'x',
      site: createFolderSite({ folder, forbidden: [], spa: false, csp: SITE_POLICY, access: { kind: 'public' }, cacheMs: 0 }),
    })
    for (const path of ['/', '/style.css', '/docs', '/nowhere']) {
      const answer = await gateway.handle(makeHead({ path }), null)
      expect(answer.headers.find(([name]) => name === 'strict-transport-security')?.[1]).toMatch(
        /^max-age=(?:3153[6-9]|[4-9])\d+; includeSubDomains$/,
      )
    }
  })

  test('HDR-08 hashed names are kept for a year, pages are asked for each time, and what needs a login is not stored', async () => {
    const seen = async (path: string) => (await ask(door, path)).headers['cache-control']
    expect([await seen('/'), await seen('/style.css'), await seen('/assets/index-DkE9x2Qa.js')]).toEqual([
      'no-cache',
      'no-cache',
      'max-age=31536000, immutable',
    ])
    await open({ cacheMs: 60_000 })
    expect([await seen('/'), await seen('/style.css')]).toEqual(['no-cache', 'max-age=60'])
    const member = createFolderSite({ folder, forbidden: [], spa: false, csp: SITE_POLICY, access: { kind: 'login' }, cacheMs: 60_000 })
    const { makeHead } = await import('../../test/fixtures.ts')
    const control = async (path: string) =>
      (await member.answer(makeHead({ path }))).headers.find(([name]) => name === 'cache-control')?.[1]
    expect([await control('/'), await control('/style.css'), await control('/assets/index-DkE9x2Qa.js')]).toEqual([
      'no-store',
      'no-store',
      'private, max-age=31536000, immutable',
    ])
  })
})

describe('conditional requests and ranges', () => {
  test('HTTP-26 what the browser has already is not sent again, by tag or by date, in each encoding its own', async () => {
    const plain = await ask(door, '/style.css')
    const packed = await ask(door, '/style.css', { headers: { 'accept-encoding': 'br' } })
    expect(plain.headers.etag).toMatch(/^"[\w-]+"$/)
    expect(packed.headers.etag).toMatch(/^"[\w-]+-br"$/)
    const again = await ask(door, '/style.css', { headers: { 'if-none-match': plain.headers.etag ?? '' } })
    expect(again).toMatchObject({ status: 304, headers: { etag: plain.headers.etag, 'cache-control': 'no-cache' } })
    expect(again.body).toHaveLength(0)
    expect(again.headers['content-length']).toBeUndefined()
    expect(
      (await ask(door, '/style.css', { headers: { 'if-none-match': plain.headers.etag ?? '', 'accept-encoding': 'br' } })).status,
    ).toBe(200)
    expect((await ask(door, '/style.css', { headers: { 'if-modified-since': plain.headers['last-modified'] ?? '' } })).status).toBe(304)
    expect((await ask(door, '/style.css', { headers: { 'if-match': '"other"' } })).status).toBe(412)
  })

  test('HTTP-26 HEAD says what GET would say, without the body', async () => {
    for (const path of ['/', '/style.css', '/film.mp4', '/nowhere']) {
      const got = await ask(door, path)
      const head = await ask(door, path, { method: 'HEAD' })
      const { date: _1, connection: _2, ...expected } = got.headers
      expect(head.status).toBe(got.status)
      expect(head.body).toHaveLength(0)
      expect(head.headers).toMatchObject({ ...expected, ...(path === '/nowhere' ? { 'content-length': expect.any(String) } : {}) })
    }
  })

  test('HTTP-26 a part of a film is sent as a part', async () => {
    const whole = await ask(door, '/film.mp4')
    expect(whole.headers['accept-ranges']).toBe('bytes')
    const part = await ask(door, '/film.mp4', { headers: { range: 'bytes=10-19' } })
    expect(part).toMatchObject({ status: 206, headers: { 'content-range': 'bytes 10-19/1000', 'content-length': '10' } })
    expect(part.body).toEqual(whole.body.subarray(10, 20))
    expect((await ask(door, '/film.mp4', { headers: { range: 'bytes=-5' } })).body).toEqual(whole.body.subarray(995))
    expect(await ask(door, '/film.mp4', { headers: { range: 'bytes=1000-' } })).toMatchObject({
      status: 416,
      headers: { 'content-range': 'bytes */1000' },
    })
    expect(await ask(door, '/film.mp4', { headers: { range: 'bytes=0-9', 'if-range': '"old"' } })).toMatchObject({
      status: 200,
      headers: { 'content-length': '1000' },
    })
  })
})

describe('compression', () => {
  test.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ] as const)('text is sent as %s to who asks for it, and unpacks to the file', async (encoding, unpack) => {
    const said = await ask(door, '/style.css', { headers: { 'accept-encoding': encoding } })
    expect(said.headers).toMatchObject({ 'content-encoding': encoding, 'content-length': String(said.body.length) })
    expect(said.headers.vary).toContain('Accept-Encoding')
    expect(said.body.length).toBeLessThan(TEXT.length / 5)
    expect(unpack(said.body).toString()).toBe(TEXT)
  })

  test('a compressed neighbour is taken when it is as new as the file, and left when it is older', async () => {
    const path = await put('style.css.zst', 'made beforehand')
    const now = new Date()
    await utimes(path, now, new Date(now.getTime() + 1000))
    const asked = { headers: { 'accept-encoding': 'gzip, br;q=0.9, zstd' } }
    expect(await ask(door, '/style.css', asked)).toMatchObject({
      headers: { 'content-encoding': 'zstd', 'content-type': 'text/css; charset=utf-8' },
      body: Buffer.from('made beforehand'),
    })
    await utimes(path, now, new Date(now.getTime() - 3_600_000))
    expect((await ask(door, '/style.css', asked)).headers['content-encoding']).toBe('gzip')
  })

  test('what is small, or packed already, is sent as it is', async () => {
    const packed = { headers: { 'accept-encoding': 'br, gzip' } }
    expect((await ask(door, '/index.html', packed)).headers['content-encoding']).toBeUndefined()
    expect((await ask(door, '/film.mp4', packed)).headers['content-encoding']).toBeUndefined()
  })
})

describe('large files', () => {
  const SIZE = 12_000_000
  const large = (): Buffer => {
    const bytes = Buffer.alloc(SIZE)
    for (let at = 0; at < SIZE; at += 4) bytes.writeUInt32LE(at, at)
    return bytes
  }
  const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

  test('HTTP-26 arrive whole, and in parts, without being held in memory', async () => {
    const bytes = large()
    await put('large.bin', bytes)
    const said = await ask(door, '/large.bin')
    expect(said.headers['content-length']).toBe(String(SIZE))
    expect(digest(said.body)).toBe(digest(bytes))
    const part = await ask(door, '/large.bin', { headers: { range: 'bytes=4000000-9999999' } })
    expect(digest(part.body)).toBe(digest(bytes.subarray(4_000_000, 10_000_000)))
    expect((await ask(door, '/large.bin', { headers: { 'if-none-match': said.headers.etag ?? '' } })).status).toBe(304)
  })

  test('a file that shrinks while it is sent does not look whole', async () => {
    const path = await put('large.bin', large())
    const received = await new Promise<{ readonly bytes: number }>((resolve) => {
      let bytes = 0
      const socket = connect(door.port, '127.0.0.1', () =>
        socket.write(`GET /large.bin HTTP/1.1\r\nHost: localhost:${door.port}\r\nConnection: close\r\n\r\n`),
      )
      socket.once('data', (chunk) => {
        bytes += chunk.length
        socket.pause()
        writeFileSync(path, 'short now')
        socket.on('data', (more) => (bytes += more.length))
        socket.resume()
      })
      socket.on('error', () => undefined)
      socket.on('close', () => resolve({ bytes }))
    })
    expect(received.bytes).toBeLessThan(SIZE)
  })
})

test('a symbolic link inside the folder is followed', async () => {
  await symlink(join(folder, 'style.css'), join(folder, 'linked.css'))
  expect((await ask(door, '/linked.css')).body.toString()).toBe(TEXT)
})
