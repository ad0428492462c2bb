/** What a process may have to write that could not open the vault; everything else is signed for. */
const UNSIGNED_KINDS: ReadonlySet<string> = new Set(['vault.open_failed', 'audit.lost'])

export function isUnsignedKind(kind: string): boolean {
  return UNSIGNED_KINDS.has(kind)
}
