import type { KeyObject } from 'node:crypto'
import type { Random } from '../lib/random.ts'
import { PURPOSES } from '../purposes.ts'
import { createSealer, type Sealer } from '../session/sealed.ts'

/** What the accounts seal and hash with; each key is for one use, and the vault's. */
export interface OwnKeys {
  readonly seeds: Sealer
  readonly logins: Sealer
  readonly enrolments: Sealer
  readonly ceremonies: Sealer
  readonly recoveryCodes: KeyObject
}

export function ownKeys(deriveKey: (purpose: string) => KeyObject, random: Random): OwnKeys {
  const sealer = (purpose: string): Sealer => createSealer({ key: deriveKey(purpose), random, purpose })
  return {
    seeds: sealer(PURPOSES.totpSeeds),
    logins: sealer(PURPOSES.logins),
    enrolments: sealer(PURPOSES.enrolments),
    ceremonies: sealer(PURPOSES.ceremonies),
    recoveryCodes: deriveKey(PURPOSES.recoveryCodes),
  }
}
