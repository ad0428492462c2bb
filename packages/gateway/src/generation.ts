import type { KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { AuditEvent } from '@cloakroom/contract'
import { ownEvents } from './account/own-data.ts'
import { createIdentities } from './account/identities.ts'
import type { Providers, ProviderWish } from './account/oidc/providers.ts'
import { createBanMeasure } from './ban/ban-measure.ts'
import { createSignOuts } from './account/oidc/sign-outs.ts'
import { createVisitorTokens } from './account/oidc/visitor-tokens.ts'
import type { Renewals } from './account/oidc/renewals.ts'
import type { OidcProvider } from './account/oidc/provider.ts'
import { createMachineKeys } from './account/machine-keys.ts'
import type { Devices } from './account/devices.ts'
import type { OwnKeys } from './account/own-keys.ts'
import type { Passwords } from './account/password.ts'
import { createSignIn, type PeopleParts } from './account/sign-in.ts'
import type { AuditTrail } from './audit/audit.ts'
import { measuredForward, type RoundTripListener } from './audit/measured-forward.ts'
import type { Tracing } from './audit/tracing.ts'
import type { CredentialUses } from './audit/credential-uses.ts'
import type { Metrics } from './audit/metrics.ts'
import { keyFileOf } from './config/key-file.ts'
import { certificateFiles, type Config } from './config/paths.ts'
import { demandsSecondFactor } from './decide/freshness.ts'
import type { Policy } from './decide/policy.ts'
import type { SessionId } from './decide/session.ts'
import { GateError } from './errors.ts'
import type { Canaries } from './decoy/canary.ts'
import { createDecoys } from './decoy/decoys.ts'
import type { Latencies } from './decoy/latency.ts'
import { createEventFeed } from './guard/event-feed.ts'
import { createGuardPart } from './guard/guard-part.ts'
import type { GuardSwitch } from './guard/guard-switch.ts'
import type { NearCounters } from './guard/near-counters.ts'
import { authoritiesOf, identitiesOf } from './upstream-files.ts'
import type { Forward } from './forward/forward.ts'
import { heldVault } from './hold/held-vault.ts'
import { createHoldMeasure } from './hold/hold-measure.ts'
import { createSpine, type Gateway } from './gateway.ts'
import { createEndpoints } from './http/endpoints.ts'
import { readTheme, type Theme } from './http/pages/theme.ts'
import { letterSite, type Post } from './post.ts'
import type { Notices } from './account/mail/notices.ts'
import type { Later } from './lib/later.ts'
import type { Clock } from './lib/clock.ts'
import type { Random } from './lib/random.ts'
import type { BansPart, ChallengesPart, TarpitPart, DecoysPart, TrapsPart } from './measure-parts.ts'
import type { BearersPart, NotifierPart, ObserverPart, SitePart, VisitsPart, DecisionsPart, TokensPart } from './parts.ts'
import { createActionTokens } from './session/action-tokens.ts'
import type { Grants } from './session/grants.ts'
import { createSessions, type Sessions } from './session/sessions.ts'
import type { Transactions } from './session/transactions.ts'
import type { Streams } from './session/streams.ts'
import { createDevServerSite } from './site/dev-server.ts'
import { createFolderSite } from './site/folder.ts'
import type { Stores } from './store/store.ts'
import type { Vault } from './vault/vault.ts'

/** What outlives a change of the configuration: connections, caches of secrets, queues, counters. */
export interface LastingParts {
  readonly stores: Stores
  readonly vault: Vault
  readonly clock: Clock
  readonly random: Random
  readonly metrics: Metrics
  readonly observer: ObserverPart
  readonly tracing: Tracing | null
  readonly audit: AuditTrail
  readonly notifier: NotifierPart
  /** How letters to people leave; null without a mail server. */
  readonly post: Post | null
  /** Null where people are told nothing by mail. */
  readonly notices: Pick<Notices, 'event'> | null
  readonly bearers: BearersPart
  readonly label: (id: SessionId) => string
  readonly passwords: Passwords
  readonly keys: OwnKeys
  readonly devices: Devices
  readonly actionKey: KeyObject
  readonly visits: (lifetimeMs: () => number) => VisitsPart
  readonly providers: Providers
  readonly transactions: Transactions
  readonly grants: Grants
  readonly renewals: Renewals
  readonly later: Later
  readonly forward: Forward
  readonly counters: NearCounters
  readonly onGuardFailure: (cause: unknown) => void
  readonly guardSwitch: GuardSwitch
  readonly streams: Streams
  readonly bans: BansPart
  readonly decisions: DecisionsPart
  readonly uses: CredentialUses
  readonly challenges: ChallengesPart
  readonly tarpit: TarpitPart
  readonly traps: TrapsPart
  readonly canaries: Canaries
  readonly latencies: Latencies
  readonly apiClocks: RoundTripListener
  readonly decoyKey: KeyObject
  readonly via: string
}

/** One configuration in force. A request stays with the generation that it began with, so it never sees two policies. */
export interface Generation {
  readonly config: Config
  readonly policy: Policy
  readonly gateway: Gateway
  readonly site: SitePart | null
  readonly people: PeopleParts | null
  /** What the audit trail says, for the guard. */
  readonly onEvent: (event: AuditEvent) => void
}

/** Reads the files that the configuration names and builds all that hangs on it; throws before anything has changed. */
export function openGeneration(config: Config, policy: Policy, lasting: LastingParts, before: Generation | null): Generation {
  const { stores, vault, audit, random, label, metrics, observer, clock, streams, grants } = lasting
  const theme = themeOf(config, policy)
  const sessions = createSessions({ store: stores.sessions, audit, random, label, limits: () => policy.sessions, streams, grants })
  const visits = lasting.visits(() => policy.visits.lifetimeMs)
  const people = peopleOf(config, policy, lasting)
  const signIn = createSignIn({
    store: stores.accounts,
    counters: stores.counters,
    sessions,
    passwords: lasting.passwords,
    audit,
    random,
    ownWords: () => [theme.name, policy.publicHost],
    factorStore: stores.factors,
    nonces: stores.nonces,
    keys: lasting.keys,
    site: () => ({ origin: policy.publicOrigin, name: theme.name }),
    demandsSecondFactor: (roles) => demandsSecondFactor(policy.secondFactor, roles),
    people,
    tellBefore: (address, event) => lasting.notices?.event(event, address),
  })
  const actionTokens = createActionTokens({
    key: lasting.actionKey,
    random,
    nonces: stores.nonces,
    tickMs: () => policy.actionTickMs,
  })
  const site = before !== null && isSameSite(config, before.config) ? before.site : siteOf(config, policy)
  if (before?.policy.guard !== policy.guard) lasting.guardSwitch.renew()
  const guard = createGuardPart({
    state: lasting.guardSwitch,
    sessions,
    accounts: stores.accounts,
    ban: createBanMeasure({ store: stores.bans, audit, random, label, policy: () => policy }),
    hold: createHoldMeasure({ store: stores.holds, audit, policy: () => policy }),
    notifier: lasting.notifier,
    audit,
    later: lasting.later,
    shareOf: (id) => policy.guard?.rules.find((rule) => rule.id === id)?.limits.sessionShare ?? null,
  })
  const providers = lasting.providers.open(providersOf(config, policy))
  const held = heldVault(vault, stores.holds)
  const wayOut = lasting.forward.trusting(authoritiesOf(config), identitiesOf(config, held, clock))
  const forward = measuredForward(wayOut, clock, metrics.roundTrips, lasting.latencies, lasting.apiClocks)
  const gateway = createSpine({
    policy: () => policy,
    sessions,
    visits,
    actionTokens,
    machineKeys: createMachineKeys({ store: stores.machineKeys, random }),
    counters: lasting.counters,
    bans: lasting.bans,
    challenges: lasting.challenges,
    tarpit: lasting.tarpit,
    traps: lasting.traps,
    decoys: decoysOf(config, policy, lasting),
    vault: held,
    tokens: visitorTokens(lasting, sessions, providers),
    forward: lasting.tracing?.forward(forward) ?? forward,
    endpoints: createEndpoints({
      ...signIn,
      random,
      devices: lasting.devices,
      sessions,
      providers: {
        byName: providers,
        transactions: lasting.transactions,
        signOuts: createSignOuts(stores.denials),
        identities: createIdentities({ accounts: stores.accounts, store: stores.identities, audit, random }),
        grants: lasting.grants,
        nonces: stores.nonces,
        later: lasting.later,
      },
      visits,
      actionTokens,
      counters: stores.counters,
      keys: vault,
      challenges: lasting.challenges,
      audit,
      ownEvents: (account) => ownEvents(stores.audit, account),
      observer,
      theme,
      label,
    }),
    site,
    audit,
    notifier: lasting.notifier,
    bearers: lasting.bearers,
    lockdown: stores.lockdown,
    observer,
    decisions: lasting.decisions,
    uses: lasting.uses,
    pseudonym: 'cloakroom',
    via: lasting.via,
    streams: lasting.streams,
    guard,
    clock,
  })
  const onEvent = createEventFeed({ guard: policy.guard, part: guard, counters: lasting.counters, onFailure: lasting.onGuardFailure })
  return { config, policy, gateway, site, people, onEvent }
}

/** Letters to people: what is in force now says where their links lead. */
function peopleOf(config: Config, policy: Policy, lasting: LastingParts): PeopleParts | null {
  const { post, stores, later, onGuardFailure } = lasting
  if (post === null || config.mail?.recovery !== true) return null
  const site = letterSite(config, policy)
  return { ...post, resets: stores.resets, later, site: () => site, onFailure: onGuardFailure }
}

/** The site keeps its cache of files while nothing that it depends on has changed. */
function isSameSite(one: Config, other: Config): boolean {
  const facts = (config: Config): string => JSON.stringify([config.site, forbiddenFiles(config)])
  return facts(one) === facts(other)
}

function siteOf(config: Config, policy: Policy): SitePart | null {
  const { site } = config
  if (site === null) return null
  if (site.devServer !== null) return createDevServerSite({ origin: site.devServer, csp: site.csp })
  if (site.folder === null) return null
  return createFolderSite({
    folder: site.folder,
    forbidden: forbiddenFiles(config),
    spa: site.spa,
    csp: site.csp,
    access: policy.site?.access ?? { kind: 'login' },
    cacheMs: site.cache,
  })
}

/** What the site never serves, even if somebody moves the folders together later. */
function forbiddenFiles(config: Config): readonly string[] {
  const key = keyFileOf(config)
  return [
    config.store,
    ...(key === null ? [] : [key]),
    ...(config.file === null ? [] : [config.file]),
    ...(config.tls === null ? [] : [config.tls.key]),
    ...Object.values(config.apis).flatMap((api) => certificateFiles(api)?.key ?? []),
    ...(config.log.file === null ? [] : [config.log.file]),
  ]
}

function decoysOf({ rules }: Config, { apis }: Policy, { decoyKey, canaries, latencies, later }: LastingParts): DecoysPart {
  const profiles = typeof rules === 'string' ? new Map<string, never>() : rules.decoys
  return createDecoys({ profiles, apis, key: decoyKey, canaries, latencies, later })
}

function visitorTokens(lasting: LastingParts, sessions: Sessions, providers: ReadonlyMap<string, OidcProvider>): TokensPart {
  const { grants, renewals, audit, label, later } = lasting
  return createVisitorTokens({ providers, grants, renewals, sessions, audit, label, later })
}

function providersOf({ oidc }: Config, { providers }: Policy): readonly ProviderWish[] {
  return providers.map((settings) => ({
    settings,
    ca: oidc[settings.name]?.ca ?? null,
    certificate: oidc[settings.name]?.certificate ?? null,
  }))
}

function themeOf({ theme }: Config, policy: Policy): Theme {
  const logo = theme.logo === null ? null : { fileName: basename(theme.logo), bytes: readFileSync(theme.logo) }
  const read = readTheme({ name: theme.name ?? new URL(policy.publicOrigin).hostname, colour: theme.colour, logo })
  if (read.kind === 'problems') throw new GateError('internal', read.problems.map(({ key, why }) => `theme.${key}: ${why}`).join(' '))
  return read.theme
}
