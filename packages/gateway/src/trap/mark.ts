import { createHmac, type KeyObject } from 'node:crypto'

/**
 * Marks: values that look like any other and are recognised when they come back, without a list of them. Eighty bits: what the mark says
 * (four bytes) and a keyed hash over it, written in the letters that the value it stands for was made of.
 */
export interface Marks {
  /** A value of the same length and look as `like`, with the mark in it; `says` is 0…2^32−1. Null when there is no room for one. */
  write(like: string, says: number, next: NextByte): string | null
  /** What the marks in this text say. Looks at `places` at most, however long the text is. */
  read(text: string, places?: number): readonly number[]
}

/** Bytes of a deterministic stream. */
export type NextByte = () => number

/** A mark of one purpose is none of another. */
export function createMarks(key: KeyObject, purpose: 'decoy' | 'honey'): Marks {
  const proof = (says: Buffer): Buffer => createHmac('sha256', key).update(purpose).update(says).digest().subarray(0, PROOF_BYTES)

  function coreOf(says: number): Buffer {
    const head = Buffer.alloc(SAYS_BYTES)
    head.writeUInt32BE(says >>> 0)
    return Buffer.concat([head, proof(head)])
  }

  function says(core: Buffer | null): number | null {
    if (core === null) return null
    const head = core.subarray(0, SAYS_BYTES)
    return proof(head).equals(core.subarray(SAYS_BYTES)) ? head.readUInt32BE() : null
  }

  return {
    write(like, value, next) {
      if (UUID.test(like)) return writeUuid(like, coreOf(value), next)
      const run = longestRun(like)
      const letters = lettersOf(run.text)
      const width = letters === null ? Infinity : widthOf(letters)
      if (letters === null || run.text.length < width) return null
      const written = inLetters(coreOf(value), letters, width)
      const rest = Array.from({ length: run.text.length - width }, () => letters[next() % letters.length]).join('')
      return like.slice(0, run.at) + written + rest + like.slice(run.at + run.text.length)
    },
    read(text, places = MOST_RUNS) {
      const found = new Set<number>()
      for (const core of coresIn(text, places)) {
        const value = says(core)
        if (value !== null) found.add(value)
      }
      return [...found]
    },
  }
}

/** Is there room for a mark in a value like this? */
export function hasRoom(like: string): boolean {
  if (UUID.test(like)) return true
  const { text } = longestRun(like)
  const letters = lettersOf(text)
  return letters !== null && text.length >= widthOf(letters)
}

const SAYS_BYTES = 4
const PROOF_BYTES = 6
const CORE_BYTES = SAYS_BYTES + PROOF_BYTES
/** Places in one text that may be looked at: each costs some microseconds at most. */
const MOST_RUNS = 64

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i
const HEX = '0123456789abcdef'
const LOWER = '0123456789abcdefghijklmnopqrstuvwxyz'
const MIXED = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const ALPHABETS = [HEX, LOWER, MIXED]

/** The longest stretch of letters and digits: what stands before and after it (`sk-live-`, `@example.com`) stays. */
function longestRun(text: string): { readonly at: number; readonly text: string } {
  let best = { at: 0, text: '' }
  for (const match of text.matchAll(/[0-9A-Za-z]+/g)) if (match[0].length > best.text.length) best = { at: match.index, text: match[0] }
  return best
}

/** The narrowest alphabet that the value could be made of; digits alone are too few for a mark. */
function lettersOf(text: string): string | null {
  if (/^\d*$/.test(text)) return null
  if (/^[0-9a-f]+$/.test(text)) return HEX
  if (/^[0-9a-z]+$/.test(text)) return LOWER
  if (/^[0-9A-Z]+$/.test(text)) return LOWER.toUpperCase()
  return MIXED
}

function widthOf(letters: string): number {
  return Math.ceil((CORE_BYTES * 8) / Math.log2(letters.length))
}

function inLetters(core: Buffer, letters: string, width: number): string {
  const base = BigInt(letters.length)
  let rest = BigInt(`0x${core.toString('hex')}`)
  let text = ''
  for (let at = 0; at < width; at += 1) {
    text = (letters[Number(rest % base)] ?? '') + text
    rest /= base
  }
  return text
}

function fromLetters(text: string, letters: string): Buffer | null {
  const base = BigInt(letters.length)
  let value = 0n
  for (const letter of text) {
    const digit = letters.indexOf(letter)
    if (digit < 0) return null
    value = value * base + BigInt(digit)
  }
  return value >> BigInt(CORE_BYTES * 8) === 0n ? Buffer.from(value.toString(16).padStart(CORE_BYTES * 2, '0'), 'hex') : null
}

function writeUuid(like: string, core: Buffer, next: NextByte): string {
  const hex = core.toString('hex') + Array.from({ length: 10 }, () => HEX[next() % 16]).join('')
  // RFC 9562 §5.4: the version and the variant stand where they stood.
  const digits = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(12, 15)}`,
    `${HEX[8 + (next() % 4)]}${hex.slice(15, 18)}`,
    hex.slice(18, 30),
  ]
  const text = digits.join('-')
  return like === like.toUpperCase() ? text.toUpperCase() : text
}

function* coresIn(text: string, places: number): Generator<Buffer | null> {
  let looked = 0
  for (const match of text.matchAll(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/gi)) {
    if ((looked += 1) > places) return
    const hex = match[0].toLowerCase().replaceAll('-', '')
    yield Buffer.from(hex.slice(0, 12) + hex.slice(13, 16) + hex.slice(17, 22), 'hex')
  }
  for (const match of text.matchAll(/[0-9A-Za-z]{14,}/g)) {
    if ((looked += 1) > places) return
    for (const letters of ALPHABETS) yield startOf(match[0], letters)
    yield startOf(match[0], LOWER.toUpperCase())
  }
}

function startOf(run: string, letters: string): Buffer | null {
  const width = widthOf(letters)
  return run.length < width ? null : fromLetters(run.slice(0, width), letters)
}
