/** What a process may have to write that could not open the vault, or need not; everything else is signed for. */
const UNSIGNED_KINDS = /^(?:vault\.open_failed|audit\.lost|machine_key\.\w+|ban\.\w+)$/

export function isUnsignedKind(kind: string): boolean {
  return UNSIGNED_KINDS.test(kind)
}
