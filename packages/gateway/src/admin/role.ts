/** From the least to the most: each may do all that the ones before it may. */
export const ROLES = ['viewer', 'operator', 'owner'] as const

/** Viewers look; operators act against visitors; owners also decide on administrators, secrets and everything at once. */
export type Role = (typeof ROLES)[number]

/** The role of an administrator's account; null for what is none, which opens nothing. */
export function roleOf(roles: readonly string[]): Role | null {
  const [only, ...more] = roles
  return more.length > 0 ? null : (ROLES.find((role) => role === only) ?? null)
}

export function reaches(own: Role, needed: Role): boolean {
  return ROLES.indexOf(own) >= ROLES.indexOf(needed)
}
