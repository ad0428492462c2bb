import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createAccounts } from '../account/accounts.ts'
import { createPasswords } from '../account/password.ts'
import { chainKey } from '../audit/chain-key.ts'
import { chainSeal } from '../audit/chain-seal.ts'
import { COMMAND } from '../audit/event.ts'
import { loadConfig } from '../config/load.ts'
import type { Clock } from '../lib/clock.ts'
import { systemLater } from '../lib/later.ts'
import type { Random } from '../lib/random.ts'
import { PURPOSES } from '../purposes.ts'
import { serve } from '../serve.ts'
import { openSqlite } from '../store/sqlite/open.ts'
import { passingVault } from '../vault/passing.ts'
import { type DemoApi, startDemoApi } from './api.ts'

export interface Demo {
  readonly origin: string
  readonly configFile: string
  readonly account: string
  readonly password: string
  readonly api: DemoApi
  /** Stops everything and deletes what it wrote. */
  close(): Promise<void>
}

export interface DemoOptions {
  readonly clock: Clock
  readonly random: Random
  /** Taken when it is free; otherwise, and for 0, the system picks one. */
  readonly port: number
  readonly onNotice: (text: string) => void
}

const SITE = resolve(import.meta.dirname, '../../demo/site')
const ACCOUNT = 'visitor'

/** A shop's website, the API that it needs, and the gateway between them, in a temporary folder. Nothing in it is simulated. */
export async function runDemo({ clock, random, port, onNotice }: DemoOptions): Promise<Demo> {
  const folder = mkdtempSync(join(tmpdir(), 'cloakroom-demo-'))
  const undo: (() => void | Promise<void>)[] = [() => rmSync(folder, { recursive: true, force: true })]
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step()
  }
  try {
    const key = `demo_${random(24).toString('base64url')}`
    const api = await startDemoApi(key)
    undo.push(() => api.close())
    const configFile = join(folder, 'cloakroom.yaml')
    writeFileSync(configFile, configText(api.origin, (await isFree(port)) ? port : 0))
    const loaded = loadConfig(configFile)
    if (loaded.kind === 'problems') throw new Error(loaded.problems.map(({ text }) => text).join(' '))
    const { config } = loaded
    const stores = openSqlite(config.store)
    undo.push(() => stores.close())
    const vault = await passingVault(stores, join(folder, 'cloakroom.key'), { clock, random })
    undo.push(() => vault.close())
    await vault.add('shop-key', { value: Buffer.from(key), placement: { kind: 'bearer' }, origins: [api.origin] }, clock())
    const password = random(12)
      .toString('hex')
      .replaceAll(/(.{6})(?=.)/g, '$1-')
    const seal = chainSeal(chainKey(vault.deriveKey(PURPOSES.auditChain)), clock)
    const accounts = createAccounts({
      store: stores.accounts,
      counters: stores.counters,
      sessions: { endAll: () => 0, standing: () => ({ generation: 0, roles: [] }) },
      passwords: createPasswords({ pepper: vault.deriveKey(PURPOSES.passwords), random }),
      audit: { note: () => undefined, commit: async (event) => void (await stores.audit.append([event], { random, seal })) },
      random,
      ownWords: () => [],
    })
    const added = await accounts.add({ name: ACCOUNT, password, roles: [] }, { at: clock(), actor: COMMAND })
    if (added.kind !== 'done') throw new Error(`the account ${ACCOUNT} could not be made`)
    const running = await serve({ config, stores, vault, clock, random, later: systemLater, onNotice })
    undo.push(() => running.close(1000))
    // From now on the file says where the gateway really is: `scan` and other commands read it.
    writeFileSync(configFile, configText(api.origin, running.port))
    return { origin: running.publicOrigin, configFile, account: ACCOUNT, password, api, close }
  } catch (cause) {
    await close()
    throw cause
  }
}

function configText(upstream: string, port: number): string {
  return `listen: 127.0.0.1:${port}
admin: { listen: '127.0.0.1:0' }
site: ${JSON.stringify(SITE)}
log: { file: ./access.log }
theme: { name: 'Leaf & Ledger', colour: '#2f6b49' }
apis:
  shop:
    path: /api/shop
    upstream: ${upstream}/v1
    credential: shop-key
    allow:
      - GET /products
      - GET /orders
      - POST /orders
    access: login
`
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
