import { sessionLabels } from '../audit/event.ts'
import { compilePolicy } from '../config/compile.ts'
import { PURPOSES } from '../purposes.ts'
import { createSessions } from '../session/sessions.ts'
import type { OpenedVault } from './open.ts'
import type { World } from './world.ts'

export interface OpenedSessions {
  readonly sessions: ReturnType<typeof createSessions>
  /** A session's name in logs and lists: of no use as a cookie. */
  readonly label: (id: string) => string
}

/** The sessions as the gateway sees them. */
export function openSessions(
  { stores, config, audit, vault }: Pick<OpenedVault, 'stores' | 'config' | 'audit' | 'vault'>,
  world: World,
): OpenedSessions {
  const label = sessionLabels(vault.deriveKey(PURPOSES.sessionLabels))
  const limits = compilePolicy(config).sessions
  return {
    label,
    sessions: createSessions({ store: stores.sessions, audit, random: world.random, label, limits: () => limits, via: 'command' }),
  }
}
