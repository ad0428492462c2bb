import { useSyncExternalStore } from 'react'
import type { Client, Session } from './index.ts'

/** The session as a page shows it. */
export interface SessionState {
  /** Null until the gateway has answered, and while a page is rendered on a server. */
  readonly session: Session | null
  /** It ends soon unless somebody does something: `client.stay()`, or any call. */
  readonly isEnding: boolean
}

/** Who is signed in, kept up to date over all tabs. Every component with the same client shares one question to the gateway. */
export function useSession(client: Client): SessionState {
  const store = storeOf(client)
  return useSyncExternalStore(store.subscribe, store.read, unknownYet)
}

const UNKNOWN: SessionState = { session: null, isEnding: false }

function unknownYet(): SessionState {
  return UNKNOWN
}

interface Store {
  readonly subscribe: (listener: () => void) => () => void
  readonly read: () => SessionState
}

const stores = new WeakMap<Client, Store>()

function storeOf(client: Client): Store {
  const known = stores.get(client) ?? createStore(client)
  stores.set(client, known)
  return known
}

function createStore(client: Client): Store {
  const listeners = new Set<() => void>()
  let state = UNKNOWN
  let stop: (() => void) | null = null

  function set(session: Session, isEnding: boolean): void {
    state = { session, isEnding }
    for (const listener of listeners) listener()
  }

  function begin(): () => void {
    // A gateway that does not answer leaves what is known; the client looks again by itself.
    client.session().then(
      (session) => set(session, false),
      () => undefined,
    )
    return client.onChange(({ session, why }) => set(session, why === 'ending'))
  }

  return {
    read: () => state,
    subscribe(listener) {
      listeners.add(listener)
      stop ??= begin()
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        stop?.()
        stop = null
      }
    },
  }
}
