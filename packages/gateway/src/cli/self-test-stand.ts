import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { chainKey } from '../audit/chain-key.ts'
import { sessionLabels } from '../audit/event.ts'
import { compilePolicy } from '../config/compile.ts'
import { parseAllow } from '../config/allow.ts'
import type { ApiConfig, Config } from '../config/paths.ts'
import { parsePlacement } from '../decide/credential.ts'
import { systemLater } from '../lib/later.ts'
import { PURPOSES } from '../purposes.ts'
import type { Arrived, Subject, SubjectApi } from '../selftest/subject.ts'
import { createSessions } from '../session/sessions.ts'
import { openSqlite } from '../store/sqlite/open.ts'
import type { CredentialView } from '../vault/outcome.ts'
import { passingVault } from '../vault/passing.ts'
import { verifyStore } from './audit-verify.ts'
import type { World } from './world.ts'

export interface Stand extends Subject {
  close(): Promise<void>
}

/**
 * The gateway of this configuration, on ports, a store and a vault of its own, in front of an API that echoes all it gets. Nothing is sent to
 * anybody, nothing is written beside it, and no secret of the owner's is in it.
 */
export async function openStand({ clock, random }: World, live: Config, held: readonly CredentialView[]): Promise<Stand> {
  const undo: (() => void | Promise<void>)[] = []
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step()
  }
  try {
    const folder = mkdtempSync(join(tmpdir(), 'cloakroom-self-test-'))
    undo.push(() => rmSync(folder, { recursive: true, force: true }))
    mkdirSync(join(folder, 'data'), { mode: 0o700 })
    const arrived: Arrived[] = []
    const api = await startEcho(arrived)
    undo.push(api.close)
    const config = scratchConfig(live, folder, api.origin)
    const stores = openSqlite(config.store)
    undo.push(() => stores.close())
    const keyFile = join(folder, 'self-test.key')
    const vault = await passingVault(stores, keyFile, { clock, random })
    undo.push(() => vault.close())
    const secrets = new Map<string, string>()
    for (const name of new Set(Object.values(config.apis).flatMap(({ credential }) => credential ?? []))) {
      const written = held.find((each) => each.name === name)?.placement ?? 'bearer'
      const secret = `selftest:${random(24).toString('base64url')}`
      const placement = parsePlacement(written) ?? { kind: 'bearer' }
      const added = await vault.add(name, { value: Buffer.from(secret), placement, origins: [api.origin] }, clock())
      if (added.kind === 'refused') throw new Error(added.text)
      secrets.set(name, secret)
    }
    let broken = false
    const breakable = {
      ...stores,
      sessions: {
        ...stores.sessions,
        find: (id: string) => {
          if (broken) throw new Error('the self-test has broken the store')
          return stores.sessions.find(id)
        },
      },
    }
    const { serve } = await import('../serve.ts')
    const running = await serve({ config, stores: breakable, vault, clock, random, later: systemLater, onNotice: () => undefined })
    undo.push(() => running.close(0))
    const label = sessionLabels(vault.deriveKey(PURPOSES.sessionLabels))
    // Each check signs in anew.
    const limits = { ...compilePolicy(config).sessions, perAccount: 1000 }
    const sessions = createSessions({ store: stores.sessions, limits: () => limits, audit: running.audit, label, random })
    const roles = [...new Set(Object.values(config.apis).flatMap(({ access }) => roleOf(access)))]
    return {
      port: running.port,
      adminPort: running.adminPort,
      host: new URL(running.publicOrigin).host,
      apis: Object.entries(config.apis).flatMap(([name, each]) => subjectOf(name, each, secrets)),
      arrived,
      async signIn() {
        const at = clock()
        const factors = [{ kind: 'password', at } as const, { kind: 'totp', at } as const]
        const who = { account: 'self-test', name: 'self-test', roles, factors, address: '127.0.0.1', agent: '' }
        const started = await sessions.start({ ...who, at })
        if (started.kind === 'refused') throw new Error(`no session could be begun: ${started.why}`)
        return { setCookie: started.setCookie, end: async () => void (await sessions.end(started.session, clock(), 'ended-by-owner')) }
      },
      files: () => readAll(folder, keyFile),
      async badEntry(alter) {
        if (alter) alterEntry(join(config.store, 'durable.sqlite'))
        return (await verifyStore(stores, chainKey(vault.deriveKey(PURPOSES.auditChain)))).fault?.seq ?? null
      },
      breakStore: () => (broken = true),
      close,
    }
  } catch (cause) {
    await close()
    throw cause
  }
}

/** Of the owner's: what decides who gets where. Not of the owner's: whatever is outside of this process. */
function scratchConfig(live: Config, folder: string, upstream: string): Config {
  const port = { host: '127.0.0.1', port: 0 }
  const apis = Object.entries(live.apis).map(([name, api]) => [
    name,
    {
      ...api,
      upstream: `${upstream}${new URL(api.upstream).pathname}`,
      upstreamCa: null,
      clientCertificate: null,
      sign: null,
      assertion: null,
      unsafeAllowPrivateNetwork: true,
    },
  ])
  return {
    ...live,
    listen: port,
    publicUrl: null,
    tls: null,
    trustedProxies: [],
    admin: { ...live.admin, listen: port, publicUrl: null },
    store: join(folder, 'data'),
    vault: { ...live.vault, mark: null },
    log: { ...live.log, file: join(folder, 'access.log') },
    audit: { ...live.audit, sinks: {} },
    mail: null,
    notify: { ...live.notify, mail: [], webhook: null },
    site: live.site?.devServer === null ? live.site : null,
    rules: 'off',
    apis: Object.fromEntries(apis) as Config['apis'],
  }
}

function subjectOf(name: string, api: ApiConfig, secrets: ReadonlyMap<string, string>): readonly SubjectApi[] {
  const line = api.allow.map(parseAllow).find((each) => each.kind === 'line' && (each.method === 'GET' || each.method === '*'))
  if (line?.kind !== 'line') return []
  const segments = line.pattern.filter((segment) => segment !== '**').map((segment) => (segment.startsWith('*') ? 'self-test' : segment))
  const secret = api.credential === null ? null : (secrets.get(api.credential) ?? null)
  return [{ name, target: `${api.path}/${segments.join('/')}`, admits: admitted(api), secret }]
}

function admitted({ access, visitorToken, actionTokens }: ApiConfig): SubjectApi['admits'] {
  if (visitorToken !== null || Object.keys(actionTokens).length > 0) return 'other'
  if (access === 'public') return 'everyone'
  return typeof access === 'object' && 'jwt' in access && !access.jwt.orLogin ? 'other' : 'session'
}

function roleOf(access: ApiConfig['access']): readonly string[] {
  return typeof access === 'object' && 'role' in access && typeof access.role === 'string' ? [access.role] : []
}

async function startEcho(arrived: Arrived[]): Promise<{ readonly origin: string; readonly close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    const fields = Object.entries(request.headersDistinct).flatMap(([name, values]) =>
      (values ?? []).map((value) => [name, value] as const),
    )
    arrived.push({ method: request.method ?? '', url: request.url ?? '', fields })
    request.resume()
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ url: request.url, fields }))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function readAll(folder: string, keyFile: string): ReadonlyMap<string, Buffer> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  return new Map(files.filter((file) => file !== keyFile).map((file) => [file.slice(folder.length + 1), readFileSync(file)]))
}

function alterEntry(file: string): void {
  const db = new DatabaseSync(file)
  try {
    db.exec(
      `UPDATE audit SET event = replace(event, '"result":"ok"', '"result":"failed"') WHERE seq = (SELECT min(seq) FROM audit WHERE event LIKE '%"result":"ok"%')`,
    )
  } finally {
    db.close()
  }
}
