import { observers } from './audit/observer.ts'
import { checked, late, nonsense } from './checked.ts'
import type { ActionProof } from './decide/action.ts'
import type { Count, Hit } from './decide/counters.ts'
import type { Instant } from './decide/head.ts'
import type { Policy } from './decide/policy.ts'
import { type FailureCode, GateError } from './errors.ts'
import { guardBans, guardChallenges, guardDecisions, guardDecoys, guardGuard, guardTarpit, guardTraps } from './guarded-measures.ts'
import { createDeadlines, type Within } from './lib/deadline.ts'
import { backgroundLater } from './lib/later.ts'
import type {
  ActionTokensPart,
  BearersPart,
  EndpointsPart,
  MachineKeysPart,
  Parts,
  StreamsPart,
  TokensPart,
  UpstreamAnswer,
  VaultPart,
} from './parts.ts'
import { areCounts, isAnswer, isBearerOutcome, isClaim, isCredential, isMachineKey, isSigner, isUpstreamAnswer, isVisit } from './sound.ts'

/**
 * The parts as the spine may trust them: each answers in time and with what its type says, or throws GateError. So a part that hangs or
 * lies is a part that throws, and there is one way from a throw: the refusal.
 */
export function guardParts(parts: Parts): Parts {
  const within = createDeadlines(parts.later ?? backgroundLater)
  const policy = (): Policy => {
    const current: unknown = parts.policy()
    if (isPolicy(current)) return current
    throw new GateError('internal', 'there is no policy')
  }
  const bounded: Bounded = (what, answer, code = 'store_unavailable') => within(policy().waits.partMs, answer, () => late(what, code))
  const { sessions, visits, counters, site, bans } = parts
  return {
    ...parts,
    policy,
    sessions: {
      claim: (cookie) => checked(bounded('sessions', sessions.claim(cookie)), isClaimOrNull, 'sessions'),
      touch: (id, at) => bounded('sessions', sessions.touch(id, at)),
      end: (session, at, because) => bounded('sessions', sessions.end(session, at, because)),
    },
    ...(parts.actionTokens === undefined ? {} : { actionTokens: guardActionTokens(parts.actionTokens, bounded) }),
    ...(parts.lockdown === undefined ? {} : { lockdown: guardLockdown(parts.lockdown, bounded) }),
    ...(parts.bearers === undefined ? {} : { bearers: guardBearers(parts.bearers, bounded) }),
    ...(parts.machineKeys === undefined ? {} : { machineKeys: guardMachineKeys(parts.machineKeys, bounded) }),
    visits: {
      open(cookie, at) {
        const visit = visits.open(cookie, at)
        if (visit === null || isVisit(visit)) return visit
        throw nonsense('visits')
      },
      start(at) {
        const started: unknown = visits.start(at)
        if (isStart(started)) return started
        throw nonsense('visits')
      },
    },
    counters: {
      add: (hits, at) => checked(bounded('counters', counters.add(hits, at)), (counts) => areCounts(counts, hits), 'counters'),
      ...(counters.local === undefined ? {} : { local: (hits, at) => countedAlone(counters, hits, at) }),
    },
    ...(bans === undefined ? {} : { bans: guardBans(bans, within, () => policy().waits.partMs) }),
    ...(parts.decoys === undefined ? {} : { decoys: guardDecoys(parts.decoys, within) }),
    ...(parts.challenges === undefined ? {} : { challenges: guardChallenges(parts.challenges, within, () => policy().waits.partMs) }),
    ...(parts.tarpit === undefined ? {} : { tarpit: guardTarpit(parts.tarpit) }),
    ...(parts.guard === undefined ? {} : { guard: guardGuard(parts.guard, within) }),
    ...(parts.decisions === undefined ? {} : { decisions: guardDecisions(parts.decisions, observers(parts.observer)) }),
    ...(parts.traps === undefined ? {} : { traps: guardTraps(parts.traps) }),
    vault: guardVault(parts, within, policy),
    ...(parts.tokens === undefined ? {} : { tokens: guardTokens(parts.tokens, within) }),
    forward: {
      send(request, body, api, departure) {
        const { connectMs, headMs } = api.limits
        // The forwarder has finer bounds of its own; together they cannot be longer than this.
        const longestMs = policy().waits.requestMs + 2 * connectMs + headMs
        return within(longestMs, parts.forward.send(request, body, api, departure), noAnswer, breakOff, soundAnswer)
      },
    },
    endpoints: guardEndpoints(parts, within),
    site:
      site === null
        ? null
        : { answer: (head) => checked(bounded('the site', site.answer(head), 'upstream_timeout'), isAnswer, 'the site', 'internal') },
    ...(parts.streams === undefined ? {} : { streams: guardStreams(parts.streams) }),
    // Watching must never decide, nor end the process.
    observer: observers(parts.observer),
  }
}

function noAnswer(): GateError {
  return late('the forwarder', 'upstream_timeout')
}

function breakOff(tooLate: UpstreamAnswer): void {
  tooLate.body.cancel(noAnswer())
}

function soundAnswer(answer: UpstreamAnswer): UpstreamAnswer {
  if (isUpstreamAnswer(answer)) return answer
  throw nonsense('the forwarder', 'upstream_invalid')
}

/** A form that arrives slowly, then a password check behind a full queue: seconds, so that half a minute is not the ordinary. */
const OWN_MS = 30_000

type Bounded = <T>(what: string, answer: T | Promise<T>, code?: FailureCode) => T | Promise<T>

function guardEndpoints({ endpoints }: Parts, within: Within): EndpointsPart {
  const silent = (): GateError => late('the endpoints', 'store_unavailable')
  const own: EndpointsPart = {
    async answer(head, body, policy) {
      return await checked(within(OWN_MS, endpoints.answer(head, body, policy), silent), isAnswer, 'the endpoints', 'internal')
    },
    idOf: (head, policy) => endpoints.idOf?.(head, policy) ?? null,
  }
  if (endpoints.toPage === undefined) return own
  return {
    ...own,
    async toPage(refusal, head, policy) {
      const page = within(policy.waits.partMs, endpoints.toPage?.(refusal, head, policy) ?? refusal, silent)
      // A page shows a refusal; it cannot take it back.
      return await checked(page, (made) => isAnswer(made) && made.status === refusal.status, 'the endpoints', 'internal')
    },
  }
}

function guardActionTokens(actions: ActionTokensPart, bounded: Bounded): ActionTokensPart {
  const what = 'action tokens'
  return {
    prove(head, route, visitor) {
      const proof: unknown = actions.prove(head, route, visitor)
      if (isProof(proof)) return proof
      throw nonsense(what, 'internal')
    },
    spend: (head, body) => checked(bounded(what, actions.spend(head, body)), isSpent, what),
    refresh(route, visitor, at) {
      // The API has answered: a token that cannot be made is missing at the next call, and takes nothing back from this one.
      try {
        const token: unknown = actions.refresh(route, visitor, at)
        return isLine(token) ? token : null
      } catch {
        return null
      }
    },
  }
}

function isProof(value: unknown): value is ActionProof {
  return value === 'not-needed' || value === 'good' || value === 'missing' || value === 'refused'
}

function isSpent(value: unknown): boolean {
  return value === null || value === 'action_token_refused' || value === 'action_token_spent'
}

/** What this process counts alone must be an answer, too: nonsense would be a limit that nobody reaches. */
function countedAlone(counters: Parts['counters'], hits: readonly Hit[], at: Instant): readonly Count[] {
  const counts: unknown = counters.local?.(hits, at)
  if (areCounts(counts, hits)) return counts
  throw nonsense('counters')
}

function guardLockdown(lockdown: NonNullable<Parts['lockdown']>, bounded: Bounded): NonNullable<Parts['lockdown']> {
  const isLockdown = (value: unknown): boolean => value === null || (typeof value === 'object' && 'since' in value)
  return { read: () => checked(bounded('the lockdown', lockdown.read()), isLockdown, 'the lockdown') }
}

function guardBearers(bearers: BearersPart, bounded: Bounded): BearersPart {
  const what = 'the JWT check'
  return {
    verify: async (jwt, demand, at) =>
      await checked(bounded(what, bearers.verify(jwt, demand, at)), (outcome) => isBearerOutcome(outcome, demand.issuer), what),
  }
}

function guardMachineKeys(keys: MachineKeysPart, bounded: Bounded): MachineKeysPart {
  const what = 'machine keys'
  return {
    claim: (id, secret) => checked(bounded(what, keys.claim(id, secret)), (key) => key === null || isMachineKey(key), what),
    noteUse: (id, at, address) => bounded(what, keys.noteUse(id, at, address)),
  }
}

/** A place that nobody can give back, or a stream that nobody watches, is none. */
function guardStreams(streams: StreamsPart): StreamsPart {
  return {
    watch(visitor, role, cut, client, openedBy) {
      const leave: unknown = streams.watch(visitor, role, cut, client, openedBy)
      if (isFunction(leave)) return leave
      throw nonsense('the streams', 'internal')
    },
    active: (session) => streams.active(session),
    takePlace(visitor, limits) {
      const giveBack: unknown = streams.takePlace(visitor, limits)
      if (giveBack === null || isFunction(giveBack)) return giveBack
      throw nonsense('the streams', 'internal')
    },
  }
}

function isFunction(value: unknown): value is () => void {
  return typeof value === 'function'
}

function guardVault({ vault }: Parts, within: Within, policy: () => Policy): VaultPart {
  return {
    open(name, origin, at) {
      const opening = within(
        policy().waits.partMs,
        vault.open(name, origin, at),
        () => late('the vault', 'credential_unavailable'),
        (tooLate) => tooLate.release(),
      )
      // A route that names a credential is never called without one.
      return checked(opening, isCredential, 'the vault', 'credential_unavailable')
    },
    second(name, origin, at, refused) {
      const opening = within(
        policy().waits.partMs,
        vault.second?.(name, origin, at, refused) ?? null,
        () => late('the vault', 'credential_unavailable'),
        (tooLate) => tooLate?.release(),
      )
      return checked(opening, (value) => value === null || isCredential(value), 'the vault', 'credential_unavailable')
    },
    openSigner(name, origin, at) {
      if (vault.openSigner === undefined) throw new GateError('credential_unavailable', 'this vault holds no keys that sign')
      const opening = within(policy().waits.partMs, vault.openSigner(name, origin, at), () => late('the vault', 'credential_unavailable'))
      return checked(opening, isSigner, 'the vault', 'credential_unavailable')
    },
  }
}

/** A renewal may have to outlive the death of who renews elsewhere; see account/oidc/renewals.ts. */
const RENEWAL_MS = 30_000

function guardTokens(tokens: TokensPart, within: Within): TokensPart {
  return {
    async open(head, visitor, api) {
      const opening = within(
        RENEWAL_MS,
        tokens.open(head, visitor, api),
        () => late('the visitors’ tokens', 'provider_unavailable'),
        (tooLate) => tooLate.release(),
      )
      return await checked(opening, isCredential, 'the visitors’ tokens', 'credential_unavailable')
    },
  }
}

function isClaimOrNull(value: unknown): boolean {
  return value === null || isClaim(value)
}

function isPolicy(value: unknown): value is Policy {
  if (typeof value !== 'object' || value === null) return false
  const { publicOrigin, routes, waits } = value as Partial<Policy>
  return typeof publicOrigin === 'string' && Array.isArray(routes) && typeof waits === 'object'
}

function isStart(value: unknown): value is ReturnType<Parts['visits']['start']> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'visit' in value &&
    'setCookie' in value &&
    isVisit(value.visit) &&
    isLine(value.setCookie)
  )
}

function isLine(value: unknown): value is string {
  return typeof value === 'string' && !/[\r\n\0]/.test(value)
}
