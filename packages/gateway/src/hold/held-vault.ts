import { GateError } from '../errors.ts'
import type { VaultPart } from '../parts.ts'
import type { Hold, HoldStore } from '../store/holds.ts'

/** The vault for calls of APIs: what is held stays in it. A store that cannot say what is held throws, and nothing is sent. */
export function heldVault(vault: Required<VaultPart>, store: Pick<HoldStore, 'all'>): Required<VaultPart> {
  function unlessHeld<T>(name: string, open: () => T | Promise<T>): T | Promise<T> {
    const found = store.all()
    return found instanceof Promise ? found.then((held) => look(held)) : look(found)

    function look(held: ReadonlyMap<string, Hold>): T | Promise<T> {
      const hold = held.get(name)
      if (hold === undefined) return open()
      const who = hold.rule === null ? 'by hand' : `by the rule ${hold.rule}`
      throw new GateError('credential_unavailable', `${name} is disabled since ${new Date(hold.since).toISOString()} ${who}`)
    }
  }
  return {
    open: (name, origin, at) => unlessHeld(name, () => vault.open(name, origin, at)),
    second: (name, origin, at, refused) => unlessHeld(name, () => vault.second(name, origin, at, refused)),
    openSigner: (name, origin, at) => unlessHeld(name, () => vault.openSigner(name, origin, at)),
    openCertificate: (name, origin, at) => unlessHeld(name, () => vault.openCertificate(name, origin, at)),
  }
}
