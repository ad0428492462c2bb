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

const PAGES = ['/password', '/identities', '/factors', '/factors/totp', '/sessions']
