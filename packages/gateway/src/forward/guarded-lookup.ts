import { lookup, type LookupAddress, type LookupOptions } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { parseAddress } from '../decide/ip.ts'
import { isPrivate } from '../decide/private-address.ts'
import { GateError } from '../errors.ts'

/** Resolves a name to all its addresses; Node's own is dns.lookup. */
export type Resolve = (
  name: string,
  options: LookupOptions & { readonly all: true },
  answer: (cause: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/**
 * For a connection's `lookup`: the addresses that it may connect to, and connects to, with nobody asking again in between (DNS
 * rebinding). A name with one private address is refused as a whole, unless `anywhere`. The cause is a GateError `upstream_refused`.
 */
export function guardedLookup(resolve: Resolve = lookup, anywhere = false): LookupFunction {
  return (name, options, callback) => {
    resolve(name, { ...options, all: true }, (cause, addresses) => {
      const first = addresses?.[0]
      if (cause !== null || first === undefined) {
        callback(cause ?? Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), [])
        return
      }
      if (!anywhere && addresses.some(({ address }) => leadsInside(address))) {
        callback(new GateError('upstream_refused', 'the name leads into a private network'), [])
        return
      }
      if (options.all === true) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }
}

/** What cannot be read is not connected to. A zone (`fe80::1%eth0`) belongs to a link-local address. */
function leadsInside(text: string): boolean {
  const address = parseAddress(text)
  return address === null || isPrivate(address)
}
