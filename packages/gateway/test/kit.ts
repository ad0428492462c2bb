import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAccounts } from '../src/account/accounts.ts'
import { createPasswords } from '../src/account/password.ts'
import { COMMAND } from '../src/audit/event.ts'
import { parseConfig } from '../src/config/load.ts'
import type { ConfigInput } from '../src/config/schema.ts'
import { parsePlacement } from '../src/decide/credential.ts'
import { createDevelopmentCertificate } from '../src/lib/development-certificate.ts'
import { systemClock } from '../src/lib/clock.ts'
import { type Later, systemLater } from '../src/lib/later.ts'
import { PURPOSES } from '../src/purposes.ts'
import { type Running, serve } from '../src/serve.ts'
import { openSqlite } from '../src/store/sqlite/open.ts'
import type { Stores } from '../src/store/store.ts'
import { createVault } from '../src/vault/create.ts'
import { openVault, type Vault } from '../src/vault/vault.ts'
import { canaryOf } from './canary.ts'
import { call, type Called, type CallOptions } from './call.ts'
import { startUpstream, type Upstream, type UpstreamOptions } from './upstream.ts'
import { quickKey } from './vault-kit.ts'

export const PASSWORD = 'correct horse battery staple'

export interface KitOptions {
  /** Changes to the configuration; `apis.shop` is merged key by key. */
  readonly config?: Partial<Omit<ConfigInput, 'apis'>> & { readonly shop?: Partial<ConfigInput['apis'][string]> }
  /** The text of guard.yaml, or `default` for the rules that come with the gateway; no rules when left out. */
  readonly guard?: string
  /** Further files beside it, by name. */
  readonly files?: Readonly<Record<string, string>>
  readonly placement?: string
  readonly upstream?: UpstreamOptions
  /** Further APIs on the same upstream. */
  readonly apis?: (origin: string) => ConfigInput['apis']
  /** Further secrets for the vault. */
  readonly secrets?: readonly { readonly name: string; readonly value: string; readonly origins: readonly string[] }[]
  /** Where the gateway's clock stands at first. */
  readonly startAt?: number
  /** A real API instead of the echoing upstream; it gets the secret that it is to demand. */
  readonly api?: (secret: string) => Promise<{ readonly origin: string; close(): Promise<void> }>
  /** Stands between the gateway and its stores, to break them. */
  readonly wrapStores?: (stores: Stores) => Stores
  /** Stands between the gateway and its vault. */
  readonly wrapVault?: (vault: Vault) => Vault
  /** Decides when time passes for what the gateway does by itself; the machine's timers when left out. */
  readonly later?: Later
  /** HTTPS by the gateway itself with a development certificate, and a plain listener that redirects. */
  readonly https?: boolean
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
  /** What the gateway told its operator. */
  readonly notices: readonly string[]
  /** The authority of the development certificate, PEM; null without `https`. */
  readonly authority: string | null
  /** A second gateway with the same configuration on the same store; closed with the kit. */
  readonly twin: () => Promise<Pick<Kit, 'running' | 'call'>>
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
  // A certificate is for today: whoever connects looks at the machine's clock.
  const clock = {
    now: options.startAt ?? (options.https === true || options.config?.tls !== undefined ? systemClock() : Date.UTC(2026, 10, 23, 12)),
  }
  const opened = openSqlite(join(folder, 'data'), () => clock.now)
  const stores = options.wrapStores?.(opened) ?? opened
  const key = quickKey()
  await createVault(opened.vault, { main: key, recovery: quickKey(), at: clock.now, random: randomBytes })
  const vault = await openVault(stores.vault, key, { clock: () => clock.now, random: randomBytes, minted: stores.minted })
  const added = await vault.add('shop-key', { value: Buffer.from(secret), placement, origins: [api.origin] }, clock.now)
  if (added.kind !== 'done') throw new Error(JSON.stringify(added))
  for (const { name, value, origins } of options.secrets ?? []) {
    const stored = await vault.add(name, { value: Buffer.from(value), placement: { kind: 'bearer' }, origins }, clock.now)
    if (stored.kind !== 'done') throw new Error(JSON.stringify(stored))
  }
  const accounts = createAccounts({
    store: opened.accounts,
    counters: opened.counters,
    sessions: { endAll: () => 0, standing: () => ({ generation: 0, roles: [] }) },
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
  const authority = options.https === true ? await certify(folder) : null
  for (const [name, text] of Object.entries(options.files ?? {})) writeFileSync(join(folder, name), text)
  const config = configOf(folder, api.origin, options)
  const notices: string[] = []
  const canary = canaryOf(secret, options.placement ?? 'bearer')
  const closing: (() => Promise<void>)[] = []
  const start = async (ownStores: Stores, ownVault: Vault): Promise<Pick<Kit, 'running' | 'call'>> => {
    const running = await serve({
      config,
      stores: ownStores,
      vault: options.wrapVault?.(ownVault) ?? ownVault,
      clock: () => clock.now,
      random: randomBytes,
      later: options.later ?? systemLater,
      onNotice: (text) => notices.push(text),
    })
    closing.push(() => running.close(0))
    const host = new URL(running.publicOrigin).host
    const calls = async (method: string, path: string, sent: CallOptions = {}): Promise<Called> => {
      const called = await call(running.port, method, path, { host, authority, ...sent })
      canary.watch(`the answer to ${method} ${path}`, called.raw)
      return called
    }
    return { running, call: calls }
  }
  const main = await start(stores, vault)
  canary.watch('a notice', () => notices.join('\n'))
  return {
    ...main,
    origin: main.running.publicOrigin,
    upstream,
    stores,
    vault,
    folder,
    secret,
    clock,
    notices,
    authority,
    addAccount,
    async twin() {
      const again = openSqlite(join(folder, 'data'))
      const sameVault = await openVault(again.vault, key, { clock: () => clock.now, random: randomBytes, minted: again.minted })
      const second = await start(again, sameVault)
      closing.push(async () => {
        sameVault.close()
        await again.close()
      })
      return second
    },
    async signIn(account = 'ada') {
      const answer = await main.call('POST', '/auth/login', { json: { account, password: PASSWORD } })
      const line = answer.all('set-cookie').find((cookie) => cookie.startsWith('__Host-Http-session='))
      if (line === undefined) throw new Error(`signing in failed: ${answer.status} ${answer.text}`)
      return line.split(';', 1)[0] ?? ''
    },
    auditLines: () => readLines(join(folder, 'data', 'audit.jsonl')),
    async close() {
      for (const each of closing) await each()
      vault.close()
      await opened.close()
      await api.close()
      await upstream.close()
      const found = canary.find(folder)
      rmSync(folder, { recursive: true, force: true })
      // Every story ends with this: VLT-01, VLT-06, LOG-03.
      if (found !== null) throw new Error(`the secret was found in ${found}`)
    },
  }
}

/** A development certificate for localhost, of the machine's own time: that is what TLS clients go by. Answers with its authority. */
async function certify(folder: string): Promise<string> {
  const made = await createDevelopmentCertificate(join(folder, 'tls'), ['localhost'], systemClock())
  return readFileSync(made.authority, 'utf8')
}

function guardOf(folder: string, text: string | undefined): Pick<ConfigInput, 'guard'> {
  if (text === undefined) return { guard: 'off' }
  if (text === 'default') return {}
  writeFileSync(join(folder, 'guard.yaml'), text)
  return { guard: './guard.yaml' }
}

function configOf(folder: string, upstream: string, { config: changes = {}, https = false, apis, guard }: KitOptions) {
  const { shop, ...rest } = changes
  const value = {
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    store: './data',
    log: { file: './access.log' },
    ...guardOf(folder, guard),
    ...(https ? { tls: HTTPS } : {}),
    apis: {
      shop: {
        path: '/api/shop',
        upstream: `${upstream}/v1`,
        credential: 'shop-key',
        allow: ['GET /**', 'POST /orders'],
        access: 'login',
        ...shop,
      },
      ...apis?.(upstream),
    },
    ...rest,
  }
  const loaded = parseConfig(value, { file: null, folder, locate: () => null })
  if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems))
  return loaded.config
}

const HTTPS = { cert: './tls/development-certificate.pem', key: './tls/development-key.pem', redirectFrom: '127.0.0.1:0' }

function readLines(path: string): readonly Record<string, unknown>[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}
