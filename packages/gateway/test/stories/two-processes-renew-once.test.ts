import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { call } from '../call.ts'
import { type ChildGateway, initiated, startChild } from '../child-gateway.ts'
import { cloakroom } from '../cli/run.ts'
import { type HostileProvider, jwt, startHostileProvider } from '../hostile-provider.ts'
import { startUpstream, type Upstream } from '../upstream.ts'

/** Both processes answer for this origin; where they listen is another matter. */
const HOST = 'localhost:9'
const CLIENT = 'cloakroom'

let op: HostileProvider
let upstream: Upstream
let folder: Awaited<ReturnType<typeof initiated>>
let children: ChildGateway[] = []
beforeEach(async () => {
  op = await startHostileProvider(CLIENT)
  upstream = await startUpstream()
  const oidc = `oidc: { acme: { issuer: "${op.issuer}", clientId: ${CLIENT}, credential: acme-client, admit: anybody } }`
  folder = await initiated(upstream.origin, 'a secret that nobody uses here', `publicUrl: http://${HOST}\n${oidc}\n`)
  const file = join(folder.path, 'cloakroom.yaml')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^( +credential: ).*$/m, '$1{ oidc: acme }'))
  const added = await cloakroom(['secret', 'add', 'acme-client', '--origin', op.issuer, '--place', 'bearer'], {
    cwd: folder.path,
    input: 'the secret of the client',
  })
  expect(added.code, added.err).toBe(0)
  children = [await startChild(folder.path), await startChild(folder.path)]
}, 240_000)
afterEach(async () => {
  for (const child of children) if (child.child.exitCode === null && child.child.signalCode === null) await child.end('SIGTERM')
  folder.remove()
  await upstream.close()
  await op.close()
})

/** Signs in at the first process; the access token that comes with it is over at once. */
async function signIn(): Promise<string> {
  op.tokens = ({ claims, withIdToken }) => ({ body: { ...withIdToken(jwt(claims)).body, expires_in: 0, refresh_token: 'r-0' } })
  const port = children[0]?.port ?? 0
  const begun = await call(port, 'POST', '/auth/oidc/start', { host: HOST, json: { provider: 'acme' } })
  expect(begun.status, begun.text).toBe(200)
  const asked = new URL((JSON.parse(begun.text) as { location: string }).location).searchParams
  op.nonce = asked.get('nonce')
  const query = new URLSearchParams({ code: 'a-code', state: asked.get('state') ?? '', iss: op.issuer })
  const back = await call(port, 'GET', `/auth/oidc/callback/acme?${query.toString()}`, {
    host: HOST,
    from: 'none',
    cookie: cookiesOf(begun.all('set-cookie')),
    headers: [
      ['sec-fetch-site', 'cross-site'],
      ['sec-fetch-mode', 'navigate'],
      ['sec-fetch-dest', 'document'],
    ],
  })
  expect(back.status, back.text).toBe(303)
  return cookiesOf(back.all('set-cookie').filter((line) => !line.includes('Max-Age=0')))
}

function cookiesOf(lines: readonly string[]): string {
  return lines.map((line) => line.split(';', 1)[0]).join('; ')
}

test('OIDC-11 fifty calls at two processes with an expired token: one renewal, fifty answers', async () => {
  const cookie = await signIn()
  const spent: (string | null)[] = []
  op.tokens = ({ claims, form, withIdToken }) => {
    spent.push(form.get('refresh_token'))
    return { body: { ...withIdToken(jwt(claims)).body, expires_in: 300, refresh_token: `r-${spent.length}` } }
  }
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, at) => call(children[at % 2]?.port ?? 0, 'GET', '/api/shop/things', { host: HOST, cookie })),
  )
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200))
  expect(spent).toEqual(['r-0'])
  expect(upstream.requests).toHaveLength(50)
}, 240_000)

test('OIDC-11 a process that is killed while it renews: the other one takes over, and its visitor is answered', async () => {
  const cookie = await signIn()
  const spent: (string | null)[] = []
  const arrived = Promise.withResolvers<void>()
  op.tokens = ({ claims, form, withIdToken }) => {
    spent.push(form.get('refresh_token'))
    // The first one is never answered: it dies before.
    if (spent.length === 1) {
      arrived.resolve()
      return () => undefined
    }
    return { body: { ...withIdToken(jwt(claims)).body, expires_in: 300, refresh_token: 'r-1' } }
  }
  const lost = call(children[0]?.port ?? 0, 'GET', '/api/shop/things', { host: HOST, cookie })
  await arrived.promise
  await children[0]?.end('SIGKILL')
  expect((await lost).status).toBe(0)
  // It waits as long as the dead one's lease lasts, 21 s at most: a second caller that asks again meanwhile is not answered sooner.
  const [first, second] = await Promise.all(
    [1, 2].map((at) => call(children[1]?.port ?? 0, 'GET', `/api/shop/things/${at}`, { host: HOST, cookie, patienceMs: 40_000 })),
  )
  expect([first?.status, second?.status]).toEqual([200, 200])
  expect(spent).toEqual(['r-0', 'r-0'])
}, 240_000)
