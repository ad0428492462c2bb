import { randomBytes } from 'node:crypto'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import { fileKey } from '../../src/vault/keys/file.ts'
import { openVault } from '../../src/vault/vault.ts'

// Rotates, rekeys and revokes without end and says so after each step, until it is killed. Arguments: data folder, key file.
const [, , folder = '', keyFile = ''] = process.argv
const at = Date.now()
const vault = await openVault(openSqlite(folder).vault, fileKey(keyFile), { clock: Date.now, random: randomBytes })

function say(...words: readonly (string | number)[]): void {
  process.stdout.write(`${words.join(' ')}\n`)
}

for (;;) {
  await vault.rekey({}, at, () => say('batch'))
  say('rekeyed')
  for (const { name, versions } of await vault.list()) {
    const next = (versions[0]?.version ?? 0) + 1
    await vault.rotate(name, { value: Buffer.from(`value-of-${name}-v${next}`), retireAfterMs: 3_600_000 }, at)
    say('rotated', name, next)
    if (next > 2) await vault.revoke(name, next - 2, at)
    say('revoked', name, next - 2)
  }
}
