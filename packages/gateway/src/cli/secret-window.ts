import { existsSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseDuration } from '../config/units.ts'
import { isWindow, PLAIN_SECRET, type CredentialKind } from '../vault/kind.ts'
import type { Asked } from './ask.ts'
import { EXIT, failed, type Outcome } from './outcome.ts'
import type { Terminal } from './terminal.ts'
import type { World } from './world.ts'

/** `--window 30s` → what is sealed; without it a plain secret. Null when it cannot be read. */
export function readWindow(text: string | undefined): CredentialKind | null {
  if (text === undefined) return PLAIN_SECRET
  const ms = parseDuration(text)
  const seconds = ms === null ? null : ms / 1000
  return isWindow(seconds) ? { is: 'window', seconds } : null
}

export function badWindow(): Outcome {
  return failed(EXIT.usage, '--window is not a time that can be used.', 'Write whole seconds from 10s to 24h, as in --window 30s.')
}

/** Is `--generate` asked for where there is something to make, and does its file not exist yet? */
export function refuseGenerate(
  terminal: Terminal,
  kind: CredentialKind,
  file: string | undefined,
  secretFile: string | undefined,
): Outcome | null {
  if (file === undefined) return null
  if (kind.is !== 'window')
    return failed(
      EXIT.usage,
      '--generate makes the root of a secret that changes with time.',
      'Add --window 30s, or give the secret itself.',
    )
  if (secretFile !== undefined) return failed(EXIT.usage, '--generate and --secret-file exclude each other.', 'Leave one of them out.')
  return existsSync(resolve(terminal.cwd, file))
    ? failed(EXIT.cannotCreate, `${file} is there already.`, 'Name a file that does not exist; nothing was changed.')
    : null
}

/** 256 random bits as text, without a line end: the API's side reads the file's bytes as they are. Readable by its owner only. */
export function generatedRoot({ terminal, random }: World, file: string): Asked<Buffer> {
  const bytes = random(ROOT_BYTES)
  const value = Buffer.from(bytes.toString('base64url'))
  bytes.fill(0)
  writeFileSync(resolve(terminal.cwd, file), value, { mode: 0o600, flag: 'wx' })
  return { kind: 'answer', value }
}

const ROOT_BYTES = 32
