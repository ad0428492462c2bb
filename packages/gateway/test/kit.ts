import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAccounts } from '../src/account/accounts.ts'
import { createPasswords } from '../src/account/password.ts'
import { COMMAND } from '../src/audit/event.ts'
import { parseConfig } from '../src/config/load.ts'
import type { ConfigInput } from '../src/config/schema.ts'
import { leaks, parsePlacement } from '../src/decide/credential.ts'
import { Secret } from '../src/decide/secret.ts'
import { systemLater } from '../src/lib/later.ts'
import { PURPOSES } from '../src/purposes.ts'
import { type Running, serve } from '../src/serve.ts'
import { openSqlite } from '../src/store/sqlite/open.ts'
import type { Stores } from '../src/store/store.ts'
import { createVault } from '../src/vault/create.ts'
import { openVault, type Vault } from '../src/vault/vault.ts'
import { call, type Called, type CallOptions } from './call.ts'
import { startUpstream, type Upstream, type UpstreamOptions } from './upstream.ts'
import { quickKey } from './vault-kit.ts'

export const PASSWORD = 'correct horse battery staple'

export interface KitOptions {
  /** Changes to the configuration; `apis.shop` is merged key by key. */
  readonly config?: Partial<Omit<ConfigInput, 'apis'>> & { readonly shop?: Partial<ConfigInput['apis'][string]> }
  readonly placement?: string
  readonly upstream?: UpstreamOptions
  /** A real API instead of the echoing upstream; it gets the secret that it is to demand. */
  readonly api?: (secret: string) => Promise<{ readonly origin: string; close(): Promise<void> }>
  /** Stands between the gateway and its stores, to break them. */
  readonly wrapStores?: (stores: Stores) => Stores
}

/** A whole gateway on free ports with an account `ada`, an echoing upstream and a canary for its secret. `close` looks for the canary everywhere. */
export interface Kit {
  readonly origin: string
  readonly running: Running
  readonly upstream: Upstream
  readonly stores: Stores
  readonly vault: Vault
  readonly folder: string
  /** The canary: the secret of `shop-key`. */
  readonly secret: string
  /** The gateway's clock stands still until it is moved. */
  readonly clock: { now: number }
  readonly call: (method: string, path: string, options?: CallOptions) => Promise<Called>
  /** Signs `ada` in; the session cookie as a `Cookie` value. */
  readonly signIn: (account?: string) => Promise<string>
  readonly addAccount: (name: string, roles?: readonly string[]) => Promise<void>
  readonly auditLines: () => readonly Record<string, unknown>[]
  readonly close: () => Promise<void>
}

export async function startKit(options: KitOptions = {}): Promise<Kit> {
  const folder = mkdtempSync(join(tmpdir(), 'cloakroom-kit-'))
  const secret = `canary/${randomBytes(18).toString('base64url')}+"&=`
  const upstream = await startUpstream(options.upstream ?? {})
  const api = (await options.api?.(secret)) ?? { origin: upstream.origin, close: () => Promise.resolve() }
  const placement = parsePlacement(options.placement ?? 'bearer')
  if (placement === null) throw new Error('not a placement')
  const clock = { now: Date.UTC(2026, 10, 23, 12) }
  const opened = openSqlite(join(folder, 'data'))
  const stores = options.wrapStores?.(opened) ?? opened
  const key = quickKey()
  await createVault(opened.vault, { main: key, recovery: quickKey(), at: clock.now, random: randomBytes })
  const vault = await openVault(stores.vault, key, { clock: () => clock.now, random: randomBytes })
  const added = await vault.add('shop-key', { value: Buffer.from(secret), placement, origins: [api.origin] }, clock.now)
  if (added.kind !== 'done') throw new Error(JSON.stringify(added))
  const accounts = createAccounts({
    store: opened.accounts,
    counters: opened.counters,
    sessions: { endAll: () => 0 },
    passwords: createPasswords({ pepper: vault.deriveKey(PURPOSES.passwords), random: randomBytes }),
    audit: { note: () => undefined, commit: () => Promise.resolve() },
    random: randomBytes,
    ownWords: () => [],
  })
  const addAccount = async (name: string, roles: readonly string[] = []): Promise<void> => {
    const outcome = await accounts.add({ name, password: PASSWORD, roles }, { at: clock.now, actor: COMMAND })
    if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome))
  }
  await addAccount('ada')
  const config = configOf(folder, api.origin, options)
  const running = await serve({
    config,
    stores,
    vault,
    clock: () => clock.now,
    random: randomBytes,
    later: systemLater,
    onNotice: () => undefined,
  })
  const port = running.port
  const host = new URL(running.publicOrigin).host
  const seen: Buffer[] = []
  const calls = async (method: string, path: string, sent: CallOptions = {}): Promise<Called> => {
    const called = await call(port, method, path, { host, ...sent })
    seen.push(called.raw)
    return called
  }
  return {
    origin: running.publicOrigin,
    running,
    upstream,
    stores,
    vault,
    folder,
    secret,
    clock,
    call: calls,
    addAccount,
    async signIn(account = 'ada') {
      const answer = await calls('POST', '/auth/login', { json: { account, password: PASSWORD } })
      const line = answer.all('set-cookie').find((cookie) => cookie.startsWith('__Host-Http-session='))
      if (line === undefined) throw new Error(`signing in failed: ${answer.status} ${answer.text}`)
      return line.split(';', 1)[0] ?? ''
    },
    auditLines: () => readLines(join(folder, 'data', 'audit.jsonl')),
    async close() {
      await running.close(0)
      vault.close()
      await opened.close()
      await api.close()
      await upstream.close()
      const found = findCanary(folder, seen, leaks(placement, new Secret(Buffer.from(secret))))
      rmSync(folder, { recursive: true, force: true })
      // Every story ends with this: VLT-01, VLT-06, LOG-03.
      if (found !== null) throw new Error(`the secret was found in ${found}`)
    },
  }
}

function configOf(folder: string, upstream: string, { config: changes = {} }: KitOptions) {
  const { shop, ...rest } = changes
  const value = {
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    store: './data',
    log: { file: './access.log' },
    apis: {
      shop: {
        path: '/api/shop',
        upstream: `${upstream}/v1`,
        credential: 'shop-key',
        allow: ['GET /**', 'POST /orders'],
        access: 'login',
        ...shop,
      },
    },
    ...rest,
  }
  const loaded = parseConfig(value, { file: null, folder, locate: () => null })
  if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems))
  return loaded.config
}

/** Where the secret shows up in any spelling: in an answer or in any file that the gateway wrote. */
function findCanary(folder: string, answers: readonly Buffer[], needles: readonly Uint8Array[]): string | null {
  const holds = (bytes: Buffer): boolean => needles.some((needle) => bytes.indexOf(needle) >= 0)
  if (answers.some(holds)) return 'an answer'
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name)
    if (statSync(path).isFile() && holds(readFileSync(path))) return name
  }
  return null
}

function readLines(path: string): readonly Record<string, unknown>[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}
