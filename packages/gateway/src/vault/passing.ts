import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import type { Stores } from '../store/store.ts'
import { createVault } from './create.ts'
import { createKeyFile, fileKey } from './keys/file.ts'
import { passphraseKey } from './keys/passphrase.ts'
import { openVault, type Vault } from './vault.ts'

/** A vault for as long as a process runs, in a folder that goes with it. It has a second way in, as every vault; nobody ever learns this one. */
export async function passingVault(
  stores: Pick<Stores, 'vault'>,
  keyFile: string,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): Promise<Vault> {
  await createKeyFile(keyFile, { random })
  const main = fileKey(keyFile)
  const unused = random(24).toString('base64url')
  await createVault(stores.vault, { main, recovery: passphraseKey(async () => unused, random), at: clock(), random })
  return await openVault(stores.vault, main, { clock, random })
}
