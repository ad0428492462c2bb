import type { OpenCredential } from '../parts.ts'
import type { Examined } from './api.ts'
import type { Subject } from './subject.ts'

export type Stale = Subject['stale']

/**
 * A real credential that should not open the API any more: the version before the one in use, or the secret of a window that is over. Null
 * when there is none; of an authorization server none is asked for, because that would issue one.
 */
export async function staleCredential({ api, vault, now }: Examined, inUse: OpenCredential): Promise<Stale> {
  const { credential: name, upstreamOrigin: origin } = api
  const held = (await vault.list()).find((each) => each.name === name)
  if (name === null || held === undefined) return null
  if (held.kind.is === 'window') {
    const ago = now() - LONG_OVER * held.kind.seconds * 1000
    // Before its first version began there was none.
    if (held.versions.every(({ notBefore }) => notBefore !== null && notBefore > ago)) return null
    return { what: 'over', credential: await vault.open(name, origin, ago) }
  }
  if (held.kind.is !== 'secret') return null
  const credential = await vault.second(name, origin, now(), inUse)
  return credential === null ? null : { what: 'before', credential }
}

/** Windows: more than any API may bear. */
const LONG_OVER = 4
