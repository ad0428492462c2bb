import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ChainCut, ChainEntry, SignedHead } from '../store/audit-chain.ts'
import type { ChainSignatures } from '../store/store.ts'
import { EXIT, type Outcome } from './outcome.ts'
import type { World } from './world.ts'

export const EXPORT_FORMAT = 'cloakroom-audit-1'

/** One line of an export. */
export type ExportLine =
  | { readonly format: typeof EXPORT_FORMAT; readonly publicKey: string; readonly exportedAt: string }
  | { readonly entry: ChainEntry }
  | { readonly cut: ChainCut }
  | { readonly head: SignedHead }

export interface ReadExport {
  readonly kind: 'read'
  readonly value: { readonly entries: readonly ChainEntry[]; readonly signatures: ChainSignatures }
}

/** What `audit export` wrote. The order of the entries is the file's: a line that was moved is found out. */
export function readExport(world: World, file: string): ReadExport | Extract<Outcome, { kind: 'failed' }> {
  const entries: ChainEntry[] = []
  const cuts: ChainCut[] = []
  const heads: SignedHead[] = []
  const lines = readFileSync(resolve(world.terminal.cwd, file), 'utf8').split('\n')
  for (const [index, line] of lines.entries()) {
    if (line === '') continue
    const read = parsed(line)
    if (read === null) return refused(`Line ${index + 1} of ${file} cannot be read.`)
    if (index === 0 && !('format' in read && read.format === EXPORT_FORMAT)) return refused(`${file} is no export of an audit trail.`)
    if ('entry' in read) entries.push(read.entry)
    else if ('cut' in read) cuts.push(read.cut)
    else if ('head' in read) heads.push(read.head)
  }
  return { kind: 'read', value: { entries, signatures: { cuts, heads } } }
}

function refused(problem: string): Extract<Outcome, { kind: 'failed' }> {
  return { kind: 'failed', exit: EXIT.failed, problem, fix: 'Give a file as `cloakroom audit export` wrote it, whole.' }
}

function parsed(line: string): ExportLine | null {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value !== 'object' || value === null) return null
    if ('entry' in value && !isRecord(value.entry, 'seq', 'event', 'digest', 'hash')) return null
    if ('cut' in value && !isRecord(value.cut, 'seq', 'hash', 'from', 'signature')) return null
    if ('head' in value && !isRecord(value.head, 'seq', 'hash', 'signature')) return null
    return value as ExportLine
  } catch {
    return null
  }
}

function isRecord(value: unknown, ...names: readonly string[]): boolean {
  return typeof value === 'object' && value !== null && names.every((name) => name in value)
}
