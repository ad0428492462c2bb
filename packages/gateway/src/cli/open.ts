import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type AuditTrail, openAuditTrail } from '../audit/audit.ts'
import { ageOf, raiseMark } from '../backup/age-mark.ts'
import { chainKey } from '../audit/chain-key.ts'
import { auditEvent, COMMAND, type EventParts } from '../audit/event.ts'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/paths.ts'
import { formatProblem, type ConfigProblem } from '../config/problem.ts'
import { GateError } from '../errors.ts'
import { keySource } from '../key-source.ts'
import { systemLater } from '../lib/later.ts'
import { PURPOSES } from '../purposes.ts'
import { openSqlite } from '../store/sqlite/open.ts'
import type { Stores } from '../store/store.ts'
import type { KeyProvider } from '../vault/keys/provider.ts'
import { openVault, type Vault } from '../vault/vault.ts'
import { askHidden, INTERRUPTED } from './ask.ts'
import { EXIT, failed, type Outcome } from './outcome.ts'
import type { Terminal } from './terminal.ts'
import type { World } from './world.ts'

/** What a command works on: the same files that a running gateway uses, so that it takes effect at the next request. */
export interface Opened {
  readonly config: Config
  readonly stores: Stores
  readonly audit: AuditTrail
  /** Writes what this command did into the audit trail, and waits until it is durable. */
  note(parts: Pick<EventParts, 'kind' | 'target' | 'detail' | 'reason' | 'result'>): Promise<void>
}

export interface OpenedVault extends Opened {
  readonly vault: Vault
}

/** Opens configuration and store for one command and closes them after it, whatever happens. */
export async function withStore(world: World, file: string, work: (opened: Opened) => Promise<Outcome>): Promise<Outcome> {
  const loaded = loadConfig(resolve(world.terminal.cwd, file), { withoutRules: true })
  if (loaded.kind === 'problems') return configProblems(loaded.problems, file)
  const { config } = loaded
  if (!hasStore(config))
    return failed(
      EXIT.configuration,
      `There is no store in ${config.store} yet.`,
      'Make one with `cloakroom init`, or correct `store` in the configuration.',
    )
  const stores = openSqlite(config.store)
  const audit = openAuditTrail({
    store: stores.audit,
    file: auditFileOf(config),
    clock: world.clock,
    random: world.random,
    later: systemLater,
  })
  const note: Opened['note'] = async (parts) => {
    if (parts.kind !== 'vault.open_failed') await signIfPossible(world, config, stores, audit)
    await audit.commit(auditEvent({ ...parts, at: world.clock(), actor: COMMAND }))
  }
  try {
    return await work({ config, stores, audit, note })
  } finally {
    await audit.close()
    // What was revoked is marked before the command says so.
    await markAge(world, config, stores)
    await stores.close()
  }
}

/** What was done stays done when this fails: it is said, and the gateway notes it within a minute. */
async function markAge({ terminal }: World, { vault: { mark } }: Config, stores: Stores): Promise<void> {
  if (mark === null) return
  try {
    if ((await ageOf(stores, mark)) === 'fits') await raiseMark(stores, mark)
  } catch (cause) {
    terminal.err(`note: ${mark} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}\n`)
  }
}

/** What a command writes is signed for wherever the vault opens without a question; nobody is asked for a passphrase for that alone. */
async function signIfPossible(world: World, config: Config, stores: Stores, audit: AuditTrail): Promise<void> {
  const { key } = config.vault
  if (audit.isSigned() || ('passphrase' in key && key.passphrase === 'prompt')) return
  try {
    const vault = await openVault(
      stores.vault,
      keyOf(config, world.terminal, () => Promise.reject(new Error('nobody is asked'))),
      world,
    )
    audit.signWith(chainKey(vault.deriveKey(PURPOSES.auditChain)))
    vault.close()
  } catch {
    // Then the entry is one that a process without the vault wrote, and says so.
  }
}

/** As `withStore`, with the vault open. */
export async function withVault(world: World, file: string, work: (opened: OpenedVault) => Promise<Outcome>): Promise<Outcome> {
  return await withStore(world, file, async (opened) => {
    const asks = passphraseAsker(world.terminal, 'The vault’s passphrase')
    let vault: Vault
    try {
      vault = await openVault(opened.stores.vault, keyOf(opened.config, world.terminal, asks.ask), {
        clock: world.clock,
        random: world.random,
        minted: opened.stores.minted,
        onFailure: ({ name, origin, at, reason }) =>
          opened.audit.note(auditEvent({ kind: 'vault.open_failed', at, target: name, result: 'failed', reason, detail: { origin } })),
      })
    } catch (cause) {
      if (asks.isInterrupted()) return INTERRUPTED
      await opened.note({ kind: 'vault.open_failed', result: 'failed' })
      throw cause
    }
    try {
      opened.audit.signWith(chainKey(vault.deriveKey(PURPOSES.auditChain)))
      if (Object.keys(opened.config.audit.sinks).length > 0) {
        // Loaded for those who have some: most commands need no HTTP client.
        const { openSinks } = await import('../outlets.ts')
        const { audit, config } = opened
        audit.addSinks(openSinks({ config, vault, clock: world.clock, random: world.random }, (sink, count) => audit.rejected(sink, count)))
      }
      return await work({ ...opened, vault })
    } finally {
      vault.close()
    }
  })
}

export function keyOf(config: Config, terminal: Terminal, passphrase: () => Promise<string>): KeyProvider {
  return keySource(config, { passphrase, env: terminal.env })
}

/** Asks for a passphrase once, however often it is needed: closing a slot opens it again to see that it holds. */
export function passphraseAsker(
  terminal: Terminal,
  question: string,
): { readonly ask: () => Promise<string>; readonly isInterrupted: () => boolean } {
  let said: string | null = null
  let interrupted = false
  return {
    isInterrupted: () => interrupted,
    async ask() {
      if (said !== null) return said
      if (!terminal.isInteractive)
        throw new GateError(
          'credential_unavailable',
          'the vault’s passphrase has to be typed, and there is no terminal; name a file with `passphrase: { file: … }`',
        )
      const asked = await askHidden(terminal, question, null)
      if (asked.kind === 'none') {
        interrupted = true
        throw new GateError('credential_unavailable', 'no passphrase was given')
      }
      said = asked.value.toString('utf8')
      return said
    },
  }
}

export function hasStore(config: Config): boolean {
  return existsSync(join(config.store, 'durable.sqlite'))
}

/** The audit trail's JSON lines, beside the store that holds the same events. */
export function auditFileOf(config: Pick<Config, 'store'>): string {
  return join(config.store, 'audit.jsonl')
}

export function configProblems(
  problems: readonly ConfigProblem[],
  file: string,
  then = `run: cloakroom check${file === 'cloakroom.yaml' ? '' : ` --config ${file}`}`,
): Outcome {
  const errors = problems.filter(({ severity }) => severity === 'error').length
  const count = errors === 1 ? 'one problem' : `${errors} problems`
  return {
    kind: 'failed',
    exit: EXIT.configuration,
    problem: `${file} has ${count}.`,
    fix: `Nothing was started or changed. Mend the file, then ${then}`,
    more: { human: problems.map((problem) => formatProblem(problem, file)).join('\n'), value: problems },
  }
}
