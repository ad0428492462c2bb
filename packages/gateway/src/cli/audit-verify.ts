import type { Command } from 'commander'
import { chainKey, chainVerifier, type ChainVerifier } from '../audit/chain-key.ts'
import { type ChainFault, type ChainReport, verifyChain } from '../audit/verify-chain.ts'
import { PURPOSES } from '../purposes.ts'
import type { Stores } from '../store/store.ts'
import { readExport } from './audit-export-file.ts'
import { withVault, type OpenedVault } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import type { Does, World } from './world.ts'

interface VerifyOptions extends CommonOptions {
  readonly file?: string
  readonly publicKey?: string
  readonly head?: string
}

export function addAuditVerify(audit: Command, does: Does): void {
  withCommonOptions(audit.command('verify'))
    .description('Prove that no entry of the audit trail was changed, deleted, put in or moved; or name the first one. Exit code 1 then.')
    .option('--head <seq:hash>', 'an earlier end of the trail, as this command printed it: it must still be part of it')
    .option('--file <export>', 'check a file of `audit export` instead of the store')
    .option('--public-key <key>', 'with --file: the public key that this command prints, so that no vault is needed')
    .addHelpText(
      'after',
      '\nExamples:\n  cloakroom audit verify\n  cloakroom audit verify --head 4711:9f2c…\n  cloakroom audit verify --file trail.jsonl --public-key 3q2-7w…\n\nKeep what it prints on another machine: whoever can put back a whole older store is found out by nothing else.',
    )
    .action(does((world: World, options: VerifyOptions) => auditVerify(world, options)))
}

async function auditVerify(world: World, options: VerifyOptions): Promise<Outcome> {
  const head = options.head === undefined ? null : /^(\d{1,15}):([0-9a-f]{64})$/.exec(options.head)
  if (options.head !== undefined && head === null)
    return failed(
      EXIT.usage,
      '--head cannot be read.',
      'Copy it whole from an earlier `cloakroom audit verify`: a number, a colon, 64 digits.',
    )
  const wanted = head === null ? null : { seq: Number(head[1]), hash: head[2] ?? '' }
  if (options.file !== undefined) return await verifyFile(world, options, options.file, wanted)
  if (options.publicKey !== undefined)
    return failed(EXIT.usage, '--public-key goes with --file.', 'The store is checked with the key of its own vault.')
  return await withVault(world, options.config, async (opened) => {
    const key = chainKey(opened.vault.deriveKey(PURPOSES.auditChain))
    return told(await verifyStore(opened.stores, key), wanted, await hashAt(opened, wanted?.seq ?? 0), key.publicKey)
  })
}

export async function verifyStore({ audit }: Pick<Stores, 'audit'>, key: ChainVerifier): Promise<ChainReport> {
  for (let attempt = 0; ; attempt++) {
    const upTo = (await audit.read({ limit: 1 }))[0]?.seq ?? 0
    const signatures = await audit.signatures()
    const report = await verifyChain({ read: (after) => audit.chain(after, PAGE), signatures, key, upTo })
    // A gateway that deletes what is over meanwhile leaves a cut that was not there when the signatures were read.
    const cut = report.fault?.what === 'missing' && (await audit.signatures()).cuts.length !== signatures.cuts.length
    if (!cut || attempt === MOST_ATTEMPTS) return report
  }
}

async function hashAt({ stores: { audit } }: OpenedVault, seq: number): Promise<string | null> {
  const [entry] = await audit.chain(seq - 1, 1)
  if (entry?.seq === seq) return entry.hash
  return (await audit.signatures()).cuts.some((cut) => cut.from.seq < seq && seq <= cut.seq) ? CUT : null
}

async function verifyFile(world: World, options: VerifyOptions, file: string, wanted: Wanted | null): Promise<Outcome> {
  const read = readExport(world, file)
  if (read.kind === 'failed') return read
  const { entries, signatures } = read.value
  const check = async (key: ChainVerifier, publicKey: string): Promise<Outcome> => {
    const report = await verifyChain({ read: (after) => entries.slice(lowerBound(entries, after)), signatures, key, upTo: Infinity })
    const at = entries.find(({ seq }) => seq === wanted?.seq)?.hash
    const isCut = signatures.cuts.some((cut) => cut.from.seq < (wanted?.seq ?? 0) && (wanted?.seq ?? 0) <= cut.seq)
    return told(report, wanted, at ?? (isCut ? CUT : null), publicKey)
  }
  if (options.publicKey === undefined) {
    return await withVault(world, options.config, async ({ vault }) => {
      const own = chainKey(vault.deriveKey(PURPOSES.auditChain))
      return await check(own, own.publicKey)
    })
  }
  const given = chainVerifier(options.publicKey)
  if (given === null)
    return failed(EXIT.usage, '--public-key is no such key.', 'Copy it whole from `cloakroom audit verify` on the gateway.')
  return await check(given, options.publicKey)
}

function told(report: ChainReport, wanted: Wanted | null, found: string | null, publicKey: string): Outcome {
  const { head, fault, entries, amended, cut } = report
  const value = { whole: fault === null, ...report, publicKey }
  if (fault !== null) return broken(`entry ${fault.seq}: ${FAULTS[fault.what]}`, report, value)
  if (wanted !== null && found !== wanted.hash && found !== CUT) {
    const what = `entry ${wanted.seq} is not the one that you noted: the trail was put back, or begun anew`
    return broken(what, report, { ...value, whole: false, fault: { seq: wanted.seq, what: 'not-as-noted' } })
  }
  const lines = [
    `The audit trail is whole: ${entries} entries${cut > 0 ? `, ${cut} more deleted when their time was over` : ''}${amended > 0 ? `, ${amended} with a name replaced` : ''}.`,
    `head  ${head.seq}:${head.hash}`,
    `key   ${publicKey}`,
  ]
  return done(lines.join('\n'), value)
}

function broken(what: string, report: ChainReport, value: unknown): Outcome {
  return {
    kind: 'failed',
    exit: EXIT.failed,
    problem: `The audit trail was changed. The first entry that does not fit is ${what}.`,
    fix: `Entries up to ${report.vouched} hold, with a signature. Compare the rest with audit.jsonl, its rotated copies, and wherever else the events are sent.`,
    more: { human: `${report.entries} entries hold.`, value },
  }
}

interface Wanted {
  readonly seq: number
  readonly hash: string
}

const CUT = 'cut'
const PAGE = 1000
const MOST_ATTEMPTS = 3

const FAULTS: Readonly<Record<ChainFault, string>> = {
  missing: 'it is missing; it was deleted, or everything from there on was',
  altered: 'its event is not the one that was written',
  'out-of-chain': 'it does not follow from the entry before; one of the two was changed, moved or put in',
  'amendment-forged': 'something stands in its place that nobody with the vault’s key put there',
  returned: 'it was deleted when its time was over, and is there again',
  'not-as-signed': 'it is not what was signed; everything since the signature before it is in doubt',
  unsigned: 'nobody with the vault’s key wrote it',
  'found-broken': 'a gateway found the trail changed from there on, and wrote `audit.broken`',
}

function lowerBound(entries: readonly { readonly seq: number }[], after: number): number {
  const at = entries.findIndex(({ seq }) => seq > after)
  return at === -1 ? entries.length : at
}
