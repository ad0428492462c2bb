import type { Admission } from './decide/admit.ts'
import type { Decision } from './decide/facts.ts'
import { type Awaitable, onceHere } from './lib/awaitable.ts'
import type { Parts } from './parts.ts'

/** The refusal while the owner has closed everything; null else. A website's own files tell nothing that was not public before. */
export function lockedDown(admission: Admission, { lockdown }: Pick<Parts, 'lockdown'>): Awaitable<Decision | null> {
  if (lockdown === undefined || admission.kind === 'refused') return null
  const route = admission.kind === 'own' ? null : admission.route
  if (route?.kind === 'site') return null
  return onceHere(lockdown.read(), (found) => (found === null ? null : shut(route?.id ?? null)))
}

function shut(route: string | null): Decision {
  const evidence = { route, steps: ['locked down'] }
  return { verdict: 'refuse', reply: { kind: 'problem', code: 'locked_down' }, visitor: null, evidence, effects: [] }
}
