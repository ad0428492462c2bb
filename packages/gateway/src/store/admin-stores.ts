import type { Stores } from './store.ts'

/** Administrators' accounts, factors and sessions: the same ports as the website's, in files of their own, so that neither is ever found among the other. */
export type AdminStores = Pick<Stores, 'accounts' | 'factors' | 'sessions' | 'counters' | 'nonces' | 'close'>
