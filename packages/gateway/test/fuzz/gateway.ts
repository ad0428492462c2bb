import { randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compose } from '../../src/compose.ts'
import { compilePolicy } from '../../src/config/compile.ts'
import { parseConfig } from '../../src/config/load.ts'
import { leaks } from '../../src/decide/credential.ts'
import type { Decision } from '../../src/decide/facts.ts'
import type { RequestHead } from '../../src/decide/head.ts'
import { Secret } from '../../src/decide/secret.ts'
import { nodeDoor } from '../../src/door/node.ts'
import { listen } from '../../src/door/server.ts'
import type { Gateway } from '../../src/gateway.ts'
import { systemLater } from '../../src/lib/later.ts'
import { sessionIdOf } from '../../src/session/identifier.ts'
import { memoryStores } from '../../src/store/memory.ts'
import type { Stores } from '../../src/store/store.ts'
import { createVault } from '../../src/vault/create.ts'
import { openVault } from '../../src/vault/vault.ts'
import { makeSession } from '../fixtures.ts'
import { type Reaction, startUpstream, type UpstreamRequest } from '../upstream.ts'
import { quickKey } from '../vault-kit.ts'

/** A whole gateway whose judgements are written down, before an upstream that compares what arrives with them. */
export interface FuzzedGateway {
  readonly port: number
  readonly host: string
  readonly gateway: Gateway
  /** `Cookie` of the only session there is. */
  readonly cookie: string
  readonly secret: string
  /** Does the secret show in these bytes, in any spelling? */
  leaks(bytes: Uint8Array): boolean
  /** What the upstream answers from now on; null for an ordinary answer. */
  answerWith(bytes: Uint8Array | null): void
  /** What arrived upstream without a judgement that passed it, since the last call. */
  unjudged(): readonly string[]
  /** Requests that arrived upstream, ever. */
  readonly forwarded: number
  close(): Promise<void>
}

export async function openFuzzedGateway(): Promise<FuzzedGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'cloakroom-fuzz-'))
  mkdirSync(join(folder, 'data'))
  const secret = `canary-${randomBytes(18).toString('base64url')}`
  const state = { answer: null as Uint8Array | null, forwarded: 0 }
  const passed = new Map<string, number>()
  const wrong: string[] = []
  const arrive = (request: UpstreamRequest): Reaction => {
    state.forwarded += 1
    const key = `${request.method} ${request.target}`
    const left = passed.get(key) ?? 0
    if (left === 0) wrong.push(`${key} arrived, and no judgement passed it`)
    if (left <= 1) passed.delete(key)
    else passed.set(key, left - 1)
    if (request.all('authorization').join() !== `Bearer ${secret}`) wrong.push(`${key} arrived with another credential`)
    if (request.all('cookie').length > 0) wrong.push(`${key} arrived with a cookie`)
    return state.answer === null ? { headers: [['content-type', 'application/json']], body: '{}' } : { raw: state.answer, after: 'close' }
  }
  const upstream = await startUpstream({ script: arrive })
  const loaded = parseConfig(
    {
      listen: '127.0.0.1:8080',
      store: join(folder, 'data'),
      log: { file: join(folder, 'access.log'), level: 'error' },
      // The fuzzer is to reach what lies behind it.
      guard: 'off',
      apis: {
        shop: {
          path: '/api/shop',
          upstream: `${upstream.origin}/v1`,
          credential: 'shop-key',
          allow: ['GET /products/**', 'POST /orders'],
          access: 'login',
          limits: { headTimeout: '1s', idleTimeout: '1s', connectTimeout: '1s' },
        },
      },
    },
    { file: null, folder, locate: () => null },
  )
  if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems))
  // A trail in memory would be what grows.
  const memory = memoryStores()
  const stores: Stores = { ...memory, audit: { ...memory.audit, append: () => null } }
  const key = quickKey()
  const clock = Date.now
  await createVault(stores.vault, { main: key, recovery: quickKey(), at: clock(), random: randomBytes })
  const vault = await openVault(stores.vault, key, { clock, random: randomBytes })
  await vault.add('shop-key', { value: Buffer.from(secret), placement: { kind: 'bearer' }, origins: [upstream.origin] }, clock())
  const value = randomBytes(32).toString('base64url')
  const at = clock()
  await stores.sessions.insert(makeSession({ id: sessionIdOf(value) ?? '', createdAt: at, authenticatedAt: at, seenAt: at }))
  const { config } = loaded
  const composed = compose({ config, policy: compilePolicy(config), stores, vault, clock, random: randomBytes, later: systemLater })
  const gateway = recording(composed.gateway, composed.policy().apis[0]?.upstreamPath ?? '', passed)
  const door = nodeDoor(gateway, { policy: composed.policy, clock, newRequestId: randomUUID, maxTargetBytes: 8192, maxRequests: 1000 })
  const limits = { headerBytes: 16_384, headerFields: 100, headMs: 1000, requestMs: 2000, keepAliveMs: 1000, connections: 1000 }
  const listener = await listen(door, {
    host: '127.0.0.1',
    port: 0,
    key: 'listen',
    limits,
    tls: null,
    newRequestId: randomUUID,
    upgrade: null,
  })
  const needles = leaks({ kind: 'bearer' }, new Secret(Buffer.from(secret)))
  return {
    port: listener.port,
    host: composed.policy().publicHost,
    gateway,
    cookie: `__Host-Http-session=${value}`,
    secret,
    leaks: (bytes) => needles.some((needle) => Buffer.from(bytes).includes(Buffer.from(needle))),
    answerWith(bytes) {
      state.answer = bytes
    },
    unjudged() {
      // The recorder of the test upstream keeps all it ever saw.
      ;(upstream.requests as UpstreamRequest[]).length = 0
      if (passed.size > 10_000) passed.clear()
      return wrong.splice(0)
    },
    get forwarded() {
      return state.forwarded
    },
    async close() {
      await listener.close(0)
      await composed.close()
      vault.close()
      await upstream.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Judges each request once more, on its own, before it is handled: what may be forwarded is what this judgement passed. */
function recording(gateway: Gateway, upstreamPath: string, passed: Map<string, number>): Gateway {
  return {
    judge: (head) => gateway.judge(head),
    async handle(head, body, departure) {
      const decision: Decision | 'own' | null = await gateway.judge(head).catch(() => null)
      if (decision !== null && decision !== 'own' && decision.verdict === 'pass' && decision.route.kind === 'api') {
        const key = sentAs(head, decision.route.api.prefix, upstreamPath)
        // Twice: RFC 9110 §9.2.2 lets a GET go out again when its connection broke before an answer.
        passed.set(key, (passed.get(key) ?? 0) + (head.method === 'POST' ? 1 : 2))
      }
      return await gateway.handle(head, body, departure)
    },
  }
}

function sentAs({ method, path, query }: RequestHead, prefix: string, upstreamPath: string): string {
  return `${method} ${upstreamPath}${path.slice(prefix.length)}${query === '' ? '' : `?${query}`}`
}
