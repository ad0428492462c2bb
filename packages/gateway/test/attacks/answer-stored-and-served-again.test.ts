import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { startKit } from '../kit.ts'

/**
 * http-cache-tests (npm, BSD-3-Clause, not a dependency): several hundred exchanges in which a cache may or must not answer by itself.
 * `.ci/run` fetches it; elsewhere `npm pack http-cache-tests@0.4.5`, untar, and CACHE_TESTS=folder of the package.
 */
const FOLDER = process.env['CACHE_TESTS'] ?? ''
const here = FOLDER !== '' && existsSync(join(FOLDER, 'client/runner.mjs'))
if (!here) console.log('CACHE_TESTS does not lead to http-cache-tests: answer-stored-and-served-again is left out')

interface Runner {
  runTests(tests: readonly unknown[], fetch: unknown, browser: boolean, base: string, atOnce: number): Promise<void>
  getResults(): Readonly<Record<string, true | readonly [kind: string, text: string]>>
}

test.runIf(here)(
  'HTTP-25 whatever an upstream allows or forbids to store, each request reaches it: no answer is served twice',
  async () => {
    const port = await freePort()
    const folder = mkdtempSync(join(tmpdir(), 'cloakroom-cache-'))
    const server = spawn(process.execPath, [join(FOLDER, 'server/server.mjs')], {
      cwd: folder,
      env: { ...process.env, npm_config_protocol: 'http', npm_config_port: String(port), npm_config_pidfile: join(folder, 'pid') },
    })
    await new Promise<void>((done, fail) => {
      server.stdout.once('data', () => done())
      server.once('exit', (code) => fail(new Error(`the test server ended with ${code}`)))
    })
    const kit = await startKit({
      config: {
        shop: {
          upstream: `http://127.0.0.1:${port}`,
          credential: null,
          allow: ['GET /**', 'PUT /**', 'POST /**', 'HEAD /**', 'DELETE /**', 'PATCH /**'],
          carry: ['test-name', 'test-id', 'req-num'],
        },
      },
    })
    const cookie = await kit.signIn()
    try {
      const runner = (await load('client/runner.mjs')) as Runner
      const { default: suites } = (await load('tests/index.mjs')) as { readonly default: readonly unknown[] }
      /** For each exchange, which of its requests the test server counted when it made each answer that came. */
      const counted = new Map<string, string[]>()
      const refused: string[] = []
      // As an own page would ask; Node's fetch knows no caches.
      const ask = async (url: string, { cache: _cache, ...init }: RequestInit = {}) => {
        // Some exchanges break off on purpose; time must pass for the API not to be left alone afterwards.
        kit.clock.now += 2000
        const headers = new Headers(init.headers)
        headers.set('x-csrf', '1')
        headers.set('cookie', cookie)
        const answer = await fetch(url, { ...init, headers })
        const count = answer.headers.get('server-request-count')
        const code = answer.headers.get('cloakroom-error')
        if (count !== null) counted.set(url, [...(counted.get(url) ?? []), count])
        if (code !== null) refused.push(`${code} ${headers.get('test-id')} ${headers.get('req-num')}`)
        return answer
      }
      await runner.runTests(suites, ask, false, `${kit.origin}/api/shop`, 1000)
      const twice = [...counted].filter(([, counts]) => new Set(counts).size < counts.length)
      expect(twice).toEqual([])
      // It would show nothing if the exchanges had not come about.
      expect(counted.size, refused.join('\n')).toBeGreaterThan(200)
      expect([...counted.values()].filter((counts) => counts.length > 1).length).toBeGreaterThan(200)
      expect(Object.keys(runner.getResults()).length).toBeGreaterThan(200)
      expect((await kit.call('GET', '/auth/session')).status).toBe(200)
    } finally {
      server.kill('SIGKILL')
      await kit.close()
      rmSync(folder, { recursive: true, force: true })
    }
  },
  60_000,
)

async function load(file: string): Promise<unknown> {
  return await import(/* @vite-ignore */ pathToFileURL(join(FOLDER, file)).href)
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => done(port))
    })
  })
}
