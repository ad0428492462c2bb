import { nextPath } from '../decide/next.ts'
import type { Call } from './endpoint.ts'

/** Where a visitor goes on to: a path of this origin, or one of the gateway's own pages that make sense after signing in. */
export function landing({ policy }: Call, wanted: string | null): string {
  return nextPath(
    wanted,
    policy.basePath,
    PAGES.map((page) => policy.basePath + page),
  )
}

/** As `landing`, and the pages on the way in as well: a choice of language shows the same page again. */
export function sameAgain({ policy }: Call, shown: string | null): string {
  return nextPath(
    shown,
    policy.basePath,
    [...PAGES, ...WAY_IN].map((page) => policy.basePath + page),
  )
}

const WAY_IN = ['/login', '/step-up', '/forgot', '/reset']
const PAGES = ['/password', '/identities', '/factors', '/factors/totp', '/sessions']
