import { canonicalTarget } from './head.ts'
import { isBelow } from './route.ts'

/**
 * Where to go after signing in: a path of this origin, or `/`. Whatever a browser could read as another place is `/`, and so is
 * everything below the gateway's own endpoints but the pages named in `pages`: going back to the login page would be a loop.
 */
export function nextPath(wanted: string | null, basePath: string, pages: readonly string[] = []): string {
  if (wanted === null || wanted.length > LONGEST) return HOME
  // WHATWG URL drops tabs and line breaks anywhere and trims control characters and spaces: none of them may be in there at all.
  // `\` is a slash to it; `//` and `/\` begin another host (the open redirects of oauth2-proxy and mod_auth_openidc).
  if (!/^\/(?![/\\])[\x21-\x7e]*$/.test(wanted)) return HOME
  const [reference = ''] = wanted.split('#', 1)
  // The same reading as for a request: what the gateway would refuse as ambiguous (`/%5cevil`, `/%2fevil`, `/a/..//evil`) is no place to go.
  const target = canonicalTarget(reference)
  if (target.kind === 'refused') return HOME
  if (isBelow(target.path, basePath) && !pages.includes(target.path)) return HOME
  return target.path + (target.query === '' ? '' : `?${target.query}`)
}

const HOME = '/'
/** Longer addresses are cut off by servers and browsers at various places; ours takes 8 KiB of target. */
const LONGEST = 2048
