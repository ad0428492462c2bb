import { existsSync, linkSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { openAuditFile } from '../audit/audit-file.ts'
import { chainKey } from '../audit/chain-key.ts'
import { chainSeal } from '../audit/chain-seal.ts'
import { auditEvent, COMMAND, type EventParts } from '../audit/event.ts'
import type { Config } from '../config/paths.ts'
import { foldersOf } from '../key-source.ts'
import type { TrustStep } from '../lib/trust-authority.ts'
import { PURPOSES } from '../purposes.ts'
import { openSqlite } from '../store/sqlite/open.ts'
import { createVault } from '../vault/create.ts'
import { createKeyFile, fileKey } from '../vault/keys/file.ts'
import { passphraseKey } from '../vault/keys/passphrase.ts'
import { openVault } from '../vault/vault.ts'
import { INTERRUPTED, type Asked } from './ask.ts'
import { ignoreInGit } from './git-ignore.ts'
import type { Answers } from './init-answers.ts'
import { makeCertificates } from './init-https.ts'
import { auditFileOf } from './open.ts'
import { EXIT, failed, type Outcome } from './outcome.ts'
import { makeRecoveryPassphrase } from './recovery.ts'
import { refusedByVault } from './secret-add.ts'
import type { World } from './world.ts'

export interface Written {
  readonly files: readonly string[]
  readonly notes: readonly string[]
  /** The recovery passphrase: to be shown once, and nowhere kept. */
  readonly phrase: string
  /** With `--https`: how to make browsers trust the certificate. */
  readonly trust: readonly TrustStep[]
}

/** Makes everything under temporary names, then gives it its names: all of it or, whatever happens, nothing. */
export async function writeAll(
  world: World,
  config: Config,
  text: string,
  answers: Answers,
  value: Buffer | null,
): Promise<Asked<Written>> {
  const { file, key } = placesOf(config)
  const undo: (() => void)[] = []
  let stopped = false
  const off = world.terminal.onStop(() => {
    stopped = true
  })
  let kept = false
  try {
    const mark = `.init-${world.random(6).toString('hex')}`
    const draft = { store: config.store + mark, key: key + mark, file: file + mark }
    undo.push(
      () => rmSync(draft.store, { recursive: true, force: true }),
      () => rmSync(draft.key, { force: true }),
      () => rmSync(draft.file, { force: true }),
    )
    const phrase = makeRecoveryPassphrase(world.random)
    await createKeyFile(draft.key, { outside: foldersOf(config) })
    const filled = await fillStore(world, draft, answers, value, phrase)
    if (filled.kind === 'none') return filled
    writeFileSync(draft.file, text, { flag: 'wx', mode: 0o644 })
    if (stopped) return none(INTERRUPTED)
    const certificates = await makeCertificates(config, world.clock(), undo)
    const folders = certificates === null ? [] : [certificates.folder]
    place(draft, { store: config.store, key, file }, undo)
    const ignored = ignoreInGit(dirname(file), [basename(key), config.store, ...folders], undo)
    if (stopped) return none(INTERRUPTED)
    kept = true
    return {
      kind: 'answer',
      value: {
        files: [file, key, config.store, ...folders, ...ignored],
        notes: filled.value,
        phrase,
        trust: certificates?.trust ?? [],
      },
    }
  } finally {
    off()
    if (!kept) for (const step of undo.toReversed()) step()
  }
}

/** Is something there already that `init` would have to overwrite? */
export function refuseOccupied(config: Config): Outcome | null {
  const { file, key } = placesOf(config)
  const taken = [file, key].find((path) => existsSync(path))
  if (taken !== undefined) {
    return failed(EXIT.cannotCreate, `${taken} exists already; it was not touched.`, 'Move it away, or run this in another folder.')
  }
  if (!existsSync(config.store) || readdirSync(config.store).length === 0) return null
  const fix = 'If it belongs to an installation, bring its cloakroom.yaml and key back; else move it away.'
  return failed(EXIT.cannotCreate, `${config.store} exists already and is not empty; it was not touched.`, fix)
}

function placesOf({ file, vault: { key } }: Config): { readonly file: string; readonly key: string } {
  if (file === null || !('file' in key)) throw new TypeError('init writes a configuration file with a key file')
  return { file, key: key.file }
}

/** The vault with its two slots and the first secret, and the audit trail's first lines. */
async function fillStore(
  world: World,
  draft: { readonly store: string; readonly key: string },
  answers: Answers,
  value: Buffer | null,
  phrase: string,
): Promise<Asked<readonly string[]>> {
  const { clock, random } = world
  mkdirSync(draft.store, { mode: 0o700 })
  const stores = openSqlite(draft.store)
  const trail = openAuditFile(auditFileOf({ store: draft.store }))
  try {
    const main = fileKey(draft.key)
    await createVault(stores.vault, { main, recovery: passphraseKey(async () => phrase), at: clock(), random })
    const vault = await openVault(stores.vault, main, world)
    const seal = chainSeal(chainKey(vault.deriveKey(PURPOSES.auditChain)), clock)
    const note = async (parts: Pick<EventParts, 'kind' | 'target' | 'detail'>): Promise<void> => {
      const event = auditEvent({ ...parts, at: clock(), actor: COMMAND })
      await stores.audit.append([event], { random, seal })
      await trail.append([event])
    }
    try {
      await note({ kind: 'vault.created', target: null, detail: { key: 'file', recovery: true } })
      if (answers.secret === null || value === null) return { kind: 'answer', value: [] }
      const { name, placement } = answers.secret
      const origins = [new URL(answers.upstream).origin]
      const outcome = await vault.add(name, { value, placement, origins }, clock())
      if (outcome.kind === 'refused') return none(refusedByVault(outcome))
      await note({ kind: 'secret.added', target: name, detail: { version: 1, origins: origins.join(' ') } })
      return { kind: 'answer', value: outcome.notes.map(({ text }) => text) }
    } finally {
      vault.close()
    }
  } finally {
    await trail.close()
    await stores.close()
  }
}

interface Places {
  readonly store: string
  readonly key: string
  readonly file: string
}

/** The configuration comes last: as long as it is missing, nothing counts as installed. */
function place(draft: Places, final: Places, undo: (() => void)[]): void {
  if (existsSync(final.store)) rmdirSync(final.store)
  renameSync(draft.store, final.store)
  undo.push(() => rmSync(final.store, { recursive: true, force: true }))
  for (const name of ['key', 'file'] as const) {
    // A link, unlike a rename, never replaces what somebody else has put there meanwhile.
    linkSync(draft[name], final[name])
    undo.push(() => rmSync(final[name], { force: true }))
    unlinkSync(draft[name])
  }
}

function none<T>(outcome: Outcome): Asked<T> {
  return { kind: 'none', outcome }
}
