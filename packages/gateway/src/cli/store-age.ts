import { dirname, relative, sep } from 'node:path'
import { ageOf, raiseMark } from '../backup/age-mark.ts'
import type { Later } from '../lib/later.ts'
import type { Opened } from './open.ts'
import { EXIT, failed, type Outcome } from './outcome.ts'

/** What an ended session and a revoked key would be worth if an old copy of the store could simply be put back: null when this is none. */
export async function refuseOlderStore({ config, stores }: Pick<Opened, 'config' | 'stores'>): Promise<Outcome | null> {
  const { mark } = config.vault
  if (mark === null) return null
  if (relative(config.store, dirname(mark)).split(sep)[0] !== '..')
    return failed(
      EXIT.configuration,
      `\`vault.mark\` lies in ${config.store}.`,
      'Put it elsewhere: a copy of the store would carry it along.',
    )
  const age = await ageOf(stores, mark)
  if (age === 'fits') return null
  const what = {
    older: 'The store is older than it was: somebody put a copy back, and with it what was revoked since.',
    other: 'The store is not the one that was here before.',
    unreadable: `${mark} cannot be read.`,
  }[age]
  return failed(
    EXIT.configuration,
    what,
    `Bring a backup back with: cloakroom backup restore --replace FILE. If this store is meant to be here, delete ${mark} and end what may have come back: cloakroom session end --all`,
  )
}

const EVERY_MS = 60_000

/** Notes once a minute how far the store is. Returns what stops that; at its end every command notes it, `start` too. */
export function keepMark(
  { config, stores }: Pick<Opened, 'config' | 'stores'>,
  later: Later,
  onNotice: (text: string) => void,
): () => void {
  const { mark } = config.vault
  if (mark === null) return () => undefined
  let callOff: () => void = () => undefined
  let stopped = false
  const note = async (): Promise<void> => {
    try {
      await raiseMark(stores, mark)
    } catch (cause) {
      onNotice(`The store’s age cannot be noted in ${mark}: ${cause instanceof Error ? cause.message : String(cause)}`)
    }
    if (!stopped) callOff = later(() => void note(), EVERY_MS)
  }
  void note()
  return () => {
    stopped = true
    callOff()
  }
}
