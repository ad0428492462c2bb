import { hash } from 'node:crypto'

/** A number for a value that is counted once. Of 48 bits: whoever wants two of his values to count as one would have to search for them. */
export function markOf(value: string): number {
  return hash('sha256', value, 'buffer').readUIntBE(0, 6)
}
