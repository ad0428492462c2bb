import type { ObserverPart } from '../parts.ts'

/** Several observers as one; a broken one neither stops the others nor the request. */
export function observers(...all: readonly ObserverPart[]): ObserverPart {
  return {
    access(line) {
      for (const one of all) quietly(() => one.access(line))
    },
    failure(head, cause) {
      for (const one of all) quietly(() => one.failure(head, cause))
    },
  }
}

function quietly(act: () => void): void {
  try {
    act()
  } catch {
    // Watching must never decide: a request that passed its checks is answered, one that failed them stays refused.
  }
}
