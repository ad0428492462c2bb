import { existsSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { SigningAlgorithm } from '@cloakroom/signature'
import { sharedJwk } from '../vault/signing-key.ts'
import type { VaultOutcome } from '../vault/outcome.ts'
import { EXIT, failed, type Outcome } from './outcome.ts'
import type { Terminal } from './terminal.ts'

/** Is there a file for a shared secret exactly where there is one to hand over? A key pair's private half is written nowhere. */
export function refuseHandOver(terminal: Terminal, algorithm: SigningAlgorithm, file: string | undefined): Outcome | null {
  if (algorithm !== 'hmac-sha256') {
    return file === undefined
      ? null
      : failed(
          EXIT.usage,
          `${algorithm} has no shared secret.`,
          'Leave out --shared-file: the API gets the public half, which is no secret.',
        )
  }
  if (file === undefined)
    return failed(EXIT.usage, 'A shared secret has to reach the API.', 'Say where to write it, once: --shared-file shared.jwk')
  return existsSync(resolve(terminal.cwd, file))
    ? failed(EXIT.cannotCreate, `${file} is there already.`, 'Name a file that does not exist; nothing was changed.')
    : null
}

/** Writes what the vault has just taken, readable by its owner only; zeroes the copy in any case. */
export function handOver(terminal: Terminal, made: VaultOutcome, value: Buffer, file: string | undefined): void {
  try {
    if (made.kind === 'done' && file !== undefined) {
      writeFileSync(resolve(terminal.cwd, file), `${JSON.stringify(sharedJwk(value))}\n`, { mode: 0o600, flag: 'wx' })
    }
  } finally {
    value.fill(0)
  }
}
