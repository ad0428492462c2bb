import { isLoopback, parseAddress } from '../decide/ip.ts'

/** Where a listener binds. `host` null means every address of the machine; port 0 lets the system choose. */
export interface ListenAddress {
  readonly host: string | null
  readonly port: number
}

/** Reads `8080`, `:8080`, `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`. Null when it is none of them. */
export function parseListen(text: string): ListenAddress | null {
  const found = /^(?:(\[[^\]]+\]|[^:[\]]*):)?(\d{1,5})$/.exec(text.trim())
  if (found === null) return null
  const port = Number(found[2])
  const spelled = (found[1] ?? '').replaceAll(/^\[|\]$/g, '')
  if (port > 65_535) return null
  if (spelled === '' || spelled === '*') return { host: null, port }
  if (parseAddress(spelled) === null && !/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(spelled)) return null
  // `1.2.3` would be a name to us and an address to the resolver.
  return /^[\d.]+$/.test(spelled) && parseAddress(spelled) === null ? null : { host: spelled, port }
}

export function formatListen({ host, port }: ListenAddress): string {
  if (host === null) return `:${port}`
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Is only this machine at the other end? Takes host names as URLs spell them, brackets included. */
export function isLoopbackHost(host: string | null): boolean {
  if (host === null) return false
  const bare = host.replaceAll(/^\[|\]$/g, '').toLowerCase()
  if (bare === 'localhost' || bare.endsWith('.localhost')) return true
  const address = parseAddress(bare)
  return address !== null && isLoopback(address)
}

/** Reads an http or https URL without user, query and fragment. Null when it is not one. */
export function parseHttpUrl(text: string): URL | null {
  if (!/^https?:\/\/[^\s\\]+$/i.test(text) || !URL.canParse(text)) return null
  const url = new URL(text)
  // Also an empty `?`, `#` or `@`, which the parsed URL no longer shows.
  return /[?#@]/.test(text) || url.hostname === '' ? null : url
}

/** Reads an origin: scheme, host and port, nothing after them. The canonical spelling, or null. */
export function parseOrigin(text: string): string | null {
  const url = parseHttpUrl(text)
  return url !== null && url.pathname === '/' ? url.origin : null
}
