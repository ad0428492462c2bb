import { type Ban, banOf, isInForce, isRemembered, isSameBan } from '../../decide/ban.ts'
import { SWEEP_ROWS } from '../store.ts'
import type { BanStore } from '../verdict-stores.ts'

/** BanStore in one list of at most `most` bans. Past that the one that ends first makes room. */
export function memoryBans(most: number): BanStore {
  const bans = new Map<string, { ban: Ban; revision: number }>()
  let revision = 0
  const put = (ban: Ban): Ban => {
    revision += 1
    bans.set(ban.id, { ban, revision })
    return ban
  }

  function makeRoom(): void {
    if (bans.size < most) return
    const [first] = [...bans.values()].toSorted((one, other) => one.ban.endsAt - other.ban.endsAt)
    if (first !== undefined) bans.delete(first.ban.id)
  }

  return {
    add(wish) {
      const same = [...bans.values()].map(({ ban }) => ban).filter((ban) => isSameBan(ban, wish))
      const running = same.find((ban) => isInForce(ban, wish.at))
      if (running !== undefined) return { ban: running, isNew: false }
      const prior = same.filter((ban) => ban.liftedAt === null && isRemembered(ban, wish.at)).length
      makeRoom()
      return { ban: put(banOf(wish, prior)), isNew: true }
    },
    lift(id, at) {
      const found = bans.get(id)?.ban
      return found === undefined || !isInForce(found, at) ? null : put({ ...found, liftedAt: at })
    },
    list: (at) =>
      [...bans.values()]
        .map(({ ban }) => ban)
        .filter((ban) => isInForce(ban, at))
        .toSorted((one, other) => one.endsAt - other.endsAt || (one.id < other.id ? -1 : 1)),
    revision: () => revision,
    changedSince: (known) =>
      [...bans.values()]
        .filter((entry) => entry.revision > known)
        .toSorted((one, other) => one.revision - other.revision)
        .map(({ ban }) => ban),
    sweep(at) {
      const old = [...bans.values()].filter(({ ban }) => !isRemembered(ban, at)).slice(0, SWEEP_ROWS)
      for (const { ban } of old) bans.delete(ban.id)
      return old.length
    },
  }
}
