import { createSecretKey, randomBytes } from 'node:crypto'
import { parseConfig } from '../../src/config/load.ts'
import { compilePolicy } from '../../src/config/compile.ts'
import { readYaml } from '../../src/config/yaml.ts'
import { readCookie, SESSION_COOKIE } from '../../src/decide/cookies.ts'
import { headersOf } from '../../src/decide/headers.ts'
import { GateError } from '../../src/errors.ts'
import { createSealer } from '../../src/session/sealed.ts'
import type { GenerationRow, RecordRow, SlotRow, VaultStore } from '../../src/store/store.ts'
import { openVault } from '../../src/vault/vault.ts'
import { addSecret, createKit, NOW, SHOP } from '../vault-kit.ts'
import { makeHead } from '../fixtures.ts'
import { CONFIG_PIECES, CONFIGS, COOKIE_PIECES, COOKIES } from './corpus.ts'
import type { FuzzedGateway } from './gateway.ts'
import { mutate } from './mutate.ts'
import type { Target } from './target.ts'

const SLOW_MS = 1000

/** Cookie lines: only the one session's own value, sent once, opens anything. */
export function cookieTarget(fuzzed: FuzzedGateway): Target {
  const filled = (text: string): string => text.replaceAll('COOKIE', fuzzed.cookie)
  const value = fuzzed.cookie.slice(fuzzed.cookie.indexOf('=') + 1)
  return {
    name: 'cookie',
    atOnce: 16,
    make: (dice) => mutate(Buffer.from(filled(dice.pick(COOKIES)), 'latin1'), dice, COOKIE_PIECES.map(filled), 8192),
    async run(input) {
      const line = Buffer.from(input).toString('latin1')
      const fields = [
        ['cookie', line],
        ['sec-fetch-site', 'same-origin'],
      ] as const
      const head = { ...makeHead({ at: Date.now(), scheme: 'http', host: fuzzed.host }), headers: headersOf(fields) }
      const { status } = await fuzzed.gateway.handle(head, null)
      // Blanks around a name and a value are nobody's (RFC 6265 §5.2).
      const bare = (text: string): string => text.replaceAll(/^[ \t]+|[ \t]+$/g, '')
      const own = line.split(';').filter((pair) => {
        const equals = pair.indexOf('=')
        return equals >= 0 && bare(pair.slice(0, equals)) === SESSION_COOKIE && bare(pair.slice(equals + 1)) === value
      }).length
      const read = readCookie(headersOf(fields), SESSION_COOKIE)
      if (status === 200 && (own === 0 || read.kind !== 'one' || read.value !== value)) return 'a cookie that is not ours was let in'
      return [200, 400, 401].includes(status) ? null : `status ${status}`
    },
    settle: () => Promise.resolve(fuzzed.unjudged()[0] ?? null),
  }
}

/** Texts for cloakroom.yaml: each is read or refused with a place, soon, and leaves no trace on objects at large. */
export function configTarget(): Target {
  return {
    name: 'configuration',
    atOnce: 1,
    make: (dice) => mutate(Buffer.from(dice.pick(CONFIGS)), dice, CONFIG_PIECES),
    run(input) {
      const began = performance.now()
      const text = Buffer.from(input).toString('utf8')
      const yaml = readYaml(text)
      if (yaml.kind !== 'problems') {
        const loaded = parseConfig(yaml.value, { file: null, folder: '/nowhere', locate: yaml.locate })
        if (loaded.kind === 'config') compilePolicy(loaded.config)
        else if (loaded.problems.length === 0) return Promise.resolve('refused without a reason')
      }
      if (Object.keys(Object.prototype).length > 0) return Promise.resolve('every object got a new property')
      return Promise.resolve(performance.now() - began > SLOW_MS ? 'it took more than a second' : null)
    },
  }
}

/** Values that a browser keeps for us: what was altered opens nothing. */
export function sealedTarget(): Target {
  const key = createSecretKey(randomBytes(32))
  const sealer = createSealer({ key, random: randomBytes, purpose: 'fuzz' })
  const other = createSealer({ key, random: randomBytes, purpose: 'another' })
  const sealed = [sealer.seal('a visitor', NOW + 1000), sealer.seal('', NOW + 1000), sealer.seal('x'.repeat(500), NOW + 1000)]
  const known = new Set(sealed.map((text) => Buffer.from(text, 'base64url').toString('hex')))
  return {
    name: 'sealed value',
    atOnce: 1,
    make: (dice) => mutate(Buffer.from(dice.pick(sealed)), dice, ['=', '-', '_', '.', 'AAAA']),
    run(input) {
      const text = Buffer.from(input).toString('latin1')
      const opened = sealer.open(text, NOW)
      if (other.open(text, NOW) !== null || sealer.open(text, NOW + 1000) !== null) return Promise.resolve('it opened as what it is not')
      const original = known.has(Buffer.from(text, 'base64url').toString('hex'))
      return Promise.resolve(opened !== null && !original ? 'an altered value opened' : null)
    },
  }
}

interface VaultRows {
  readonly meta: { readonly vaultId: string } | null
  readonly slots: readonly SlotRow[]
  readonly generations: readonly GenerationRow[]
  readonly records: readonly RecordRow[]
}

/** The vault's rows as somebody with the database could write them: a credential opens as it was sealed, or not at all. */
export async function vaultTarget(): Promise<Target> {
  const kit = await createKit()
  const vault = await kit.open()
  await addSecret(vault, 'shop-key', 'the value of the shop')
  await addSecret(vault, 'other-key', 'the value of another')
  await addSecret(vault, 'dead-key', 'the value of a revoked one')
  await vault.revoke('dead-key', null, NOW)
  const { store } = kit
  const rows: VaultRows = {
    meta: await store.readMeta(),
    slots: await store.slots(),
    generations: await store.generations(),
    records: await store.records(),
  }
  const written = Buffer.from(JSON.stringify(rows))
  const pieces = [
    '"shop-key"',
    '"other-key"',
    '"dead-key"',
    '"active"',
    '"revoked"',
    '"retiring"',
    '1',
    '2',
    'null',
    'ck1.',
    '"',
    ',',
    '.',
    'A',
  ]
  const right: Readonly<Record<string, string>> = { 'shop-key': 'the value of the shop', 'other-key': 'the value of another' }
  return {
    name: 'vault record',
    atOnce: 1,
    make: (dice) => mutate(written, dice, pieces),
    async run(input) {
      const changed = parsed(input)
      if (changed === null) return null
      for (const name of ['shop-key', 'other-key', 'dead-key']) {
        const wrong = await opensAsSealed(withRows(store, changed), name)
        if (wrong !== null) return wrong
      }
      return null
    },
  }

  async function opensAsSealed(altered: VaultStore, name: string): Promise<string | null> {
    try {
      const again = await openVault(altered, kit.main, { clock: () => NOW, random: randomBytes })
      const opened = await again.open(name, SHOP, NOW)
      const value = Buffer.from(opened.secret.reveal()).toString()
      opened.release()
      again.close()
      return value === right[name] && opened.placement.kind === 'bearer' ? null : `${name} opened as something else`
    } catch (cause) {
      return cause instanceof GateError ? null : `not a GateError: ${String(cause)}`
    }
  }
}

function parsed(input: Uint8Array): VaultRows | null {
  try {
    const rows = JSON.parse(Buffer.from(input).toString('utf8')) as Partial<VaultRows> | null
    // A column of another type cannot be in a STRICT table.
    const whole = rows !== null && rowsOf(rows.slots, SLOT) && rowsOf(rows.generations, GENERATION) && rowsOf(rows.records, RECORD)
    return whole && typeof rows.meta?.vaultId === 'string' ? ({ ...rows, meta: { vaultId: rows.meta.vaultId } } as VaultRows) : null
  } catch {
    return null
  }
}

/** Columns and what may be in them. */
const SLOT = { id: isText, provider: isText, purpose: isText, parameters: isText, wrapped: isText, createdAt: isWhole } as const
const GENERATION = { number: isWhole, wrapped: isText, createdAt: isWhole } as const
const RECORD = {
  name: isText,
  version: isWhole,
  state: isText,
  sealed: isText,
  fingerprint: isText,
  notBefore: isWholeOrNull,
  notAfter: isWholeOrNull,
  createdAt: isWhole,
  lastUsedAt: isWholeOrNull,
} as const

type Holds = (value: unknown) => boolean

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function isWhole(value: unknown): boolean {
  return Number.isSafeInteger(value)
}

function isWholeOrNull(value: unknown): boolean {
  return value === null || isWhole(value)
}

function rowsOf(list: unknown, columns: Readonly<Record<string, Holds>>): boolean {
  return (
    Array.isArray(list) &&
    list.every(
      (row: unknown) =>
        typeof row === 'object' &&
        row !== null &&
        Object.entries(columns).every(([name, holds]) => holds((row as Record<string, unknown>)[name])),
    )
  )
}

function withRows(store: VaultStore, rows: VaultRows): VaultStore {
  return {
    ...store,
    readMeta: () => rows.meta,
    slots: () => rows.slots,
    generations: () => rows.generations,
    records: () => rows.records,
    noteUse: () => undefined,
  }
}
