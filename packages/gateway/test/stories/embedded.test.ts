import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import express from 'express'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createGateway } from '../../src/index.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import { createVault } from '../../src/vault/create.ts'
import { envKey } from '../../src/vault/keys/env.ts'
import { openVault } from '../../src/vault/vault.ts'
import { call } from '../call.ts'
import { startUpstream, type Upstream } from '../upstream.ts'

const SECRET = 'a-secret-of-some-length'
const env = { GATE_KEY: randomBytes(32).toString('base64') }
let folder: string
let upstream: Upstream
let server: Server

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cloakroom-embedded-'))
  upstream = await startUpstream()
  const stores = openSqlite(join(folder, 'data'))
  const main = envKey('GATE_KEY', env)
  const at = Date.now()
  await createVault(stores.vault, { main, recovery: main, at, random: randomBytes })
  const vault = await openVault(stores.vault, main, { clock: () => at, random: randomBytes })
  await vault.add('shop-key', { value: Buffer.from(SECRET), placement: { kind: 'bearer' }, origins: [upstream.origin] }, at)
  vault.close()
  await stores.close()
})
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve))
  await upstream.close()
  rmSync(folder, { recursive: true })
})

async function listen(listener: RequestListener): Promise<number> {
  server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

const config = (port: number, origin = upstream.origin) => ({
  publicUrl: `http://localhost:${port}`,
  log: { file: './access.log' },
  vault: { key: { env: 'GATE_KEY' } },
  apis: { shop: { path: '/api/shop', upstream: origin, credential: 'shop-key', allow: ['GET /**'], access: 'public' as const } },
})

describe('the gateway inside another program', () => {
  test('in an Express application that serves the website itself', async () => {
    const app = express()
    const port = await listen(app)
    const gateway = await createGateway(config(port), { folder, env })
    app.use((request, response, next) => (gateway.owns(request.path) ? gateway.listener(request, response) : next()))
    app.get('/', (_request, response) => void response.send('the website'))
    expect((await call(port, 'GET', '/')).text).toBe('the website')
    const answer = await call(port, 'GET', '/api/shop/products')
    expect(answer.status).toBe(200)
    expect(upstream.requests[0]?.header('authorization')).toBe(`Bearer ${SECRET}`)
    expect(answer.text).not.toContain(SECRET)
    expect((await call(port, 'POST', '/api/shop/products', { json: {} })).status).toBe(405)
    expect((await call(port, 'GET', '/api/shopping')).status).toBe(404)
    expect((await call(port, 'GET', '/auth/session')).text).toBe('{"active":false}')
    await gateway.close()
  })

  test('every problem of the configuration comes at once, and so does a secret that is sealed for elsewhere', async () => {
    await listen(() => undefined)
    const wrong = createGateway({ ...config(1), sessions: { idle: '13h' }, trustedProxies: ['0.0.0.0/0'] }, { folder, env })
    await expect(wrong).rejects.toThrow(/everyone[\s\S]*absolute|absolute[\s\S]*everyone/)
    await expect(createGateway(config(1, 'http://127.0.0.1:1'), { folder, env })).rejects.toThrow(/sealed|origin/i)
    await expect(createGateway(config(1), { folder, env: { GATE_KEY: randomBytes(32).toString('base64') } })).rejects.toThrow(/not the|key/)
  })
})
