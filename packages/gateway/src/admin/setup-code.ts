import { hash, timingSafeEqual } from 'node:crypto'
import type { Instant } from '../decide/head.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import { readCode, spellCode } from './code.ts'

/** Time enough to read it off the terminal and find the phone. */
export const SETUP_MS = 3_600_000

/** The one-time code that makes the first owner (PWD-16). It is in no file: a restart makes another one, and ends this. */
export interface SetupCode {
  readonly expiresAt: Instant | null
  /** True for one caller alone, who has to give it back when nothing came of it. */
  take(typed: string, at: Instant): boolean
  giveBack(): void
}

export interface MadeSetupCode extends SetupCode {
  /** For the terminal, once. */
  readonly text: string
}

/** 100 bits. Only its hash stays in memory. */
export function createSetupCode(random: Random, clock: Clock): MadeSetupCode {
  const text = spellCode(random(20))
  const digest = hash('sha256', readCode(text), 'buffer')
  const expiresAt = clock() + SETUP_MS
  let taken = false
  return {
    text,
    expiresAt,
    take(typed, at) {
      const isRight = timingSafeEqual(hash('sha256', readCode(typed), 'buffer'), digest)
      if (!isRight || taken || at >= expiresAt) return false
      taken = true
      return true
    },
    giveBack() {
      taken = false
    },
  }
}

/** Where there are administrators: no code is ever right. */
export const NO_SETUP_CODE: SetupCode = { expiresAt: null, take: () => false, giveBack: () => undefined }
