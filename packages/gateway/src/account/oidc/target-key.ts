import type { Target } from './renew.ts'

/** Under which name an access token is kept; null: the one that came with the sign-in. No two targets have one name. */
export function targetKey(target: Target | null): string {
  return target === null || (target.resource === null && target.scopes === null) ? '' : JSON.stringify([target.resource, target.scopes])
}
