import { createCipheriv, createHmac, type KeyObject } from 'node:crypto'
import type { NextByte } from '../trap/mark.ts'

const BLOCK = 1024
const ZEROS = Buffer.alloc(BLOCK)

/** Bytes that look random and are the same for the same seed, as long as the key is the same. */
export function bytesOf(key: KeyObject, seed: string): NextByte {
  const secret = createHmac('sha256', key).update(seed).digest()
  const cipher = createCipheriv('aes-256-ctr', secret, ZEROS.subarray(0, 16))
  let block = cipher.update(ZEROS)
  let at = 0
  return () => {
    if (at === BLOCK) {
      block = cipher.update(ZEROS)
      at = 0
    }
    return block.readUInt8(at++)
  }
}

/** 0…1, of three bytes. */
export function fraction(next: NextByte): number {
  return ((next() << 16) | (next() << 8) | next()) / 0x1000000
}

/** 0…below−1. */
export function below(most: number, next: NextByte): number {
  return Math.floor(fraction(next) * most)
}
