import type { AuditEvent } from '@cloakroom/contract'
import { join } from 'node:path'
import { createDevices } from './account/devices.ts'
import { createRenewals } from './account/oidc/renewals.ts'
import { createProviders } from './account/oidc/providers.ts'
import { ownKeys } from './account/own-keys.ts'
import { createPasswords } from './account/password.ts'
import { watchApiClocks } from './audit/clock-watch.ts'
import { openAccessLog } from './audit/access-log.ts'
import { type AuditTrail, openAuditTrail } from './audit/audit.ts'
import { chainKey } from './audit/chain-key.ts'
import { auditEvent, sessionLabels } from './audit/event.ts'
import { createBans } from './ban/bans.ts'
import { foldFloods } from './audit/folding.ts'
import { createCredentialUses } from './audit/credential-uses.ts'
import { createDecisions, type DecisionLimits } from './audit/decisions.ts'
import { createMetrics, type Metrics } from './audit/metrics.ts'
import { observers } from './audit/observer.ts'
import type { Tracing } from './audit/tracing.ts'
import { createChallenges } from './challenge/challenges.ts'
import type { Config } from './config/paths.ts'
import type { Policy } from './decide/policy.ts'
import { openProviderLine } from './forward/provider-line.ts'
import { createFetchText } from './forward/fetch-text.ts'
import { createExchange } from './forward/exchange.ts'
import { createForward } from './forward/forward.ts'
import type { Gateway } from './gateway.ts'
import { type Generation, type LastingParts, openGeneration } from './generation.ts'
import type { Clock } from './lib/clock.ts'
import { createGuardSwitch, disarmFile } from './guard/guard-switch.ts'
import { nearCounters } from './guard/near-counters.ts'
import { backgroundLater, type Later } from './lib/later.ts'
import type { Random } from './lib/random.ts'
import { letterSite, openNotices, openPost } from './post.ts'
import { openNotifier, openSinks } from './outlets.ts'
import { PURPOSES } from './purposes.ts'
import { shortAddress, withShortAddress, withShortAddresses } from './short-addresses.ts'
import { createGrants } from './session/grants.ts'
import { createBearers } from './session/bearers.ts'
import { createSealer } from './session/sealed.ts'
import { createStreams } from './session/streams.ts'
import { createTransactions } from './session/transactions.ts'
import { createVisits } from './session/visit.ts'
import type { ChainSigner } from './store/audit-chain.ts'
import type { Stores } from './store/store.ts'
import { createCanaries } from './decoy/canary.ts'
import { createLatencies } from './decoy/latency.ts'
import { createTraps } from './trap/traps.ts'
import { createTarpit } from './tarpit/tarpit.ts'
import type { Vault } from './vault/vault.ts'

export interface ComposeOptions {
  readonly config: Config
  readonly policy: Policy
  readonly stores: Stores
  readonly vault: Vault
  readonly clock: Clock
  readonly random: Random
  readonly later: Later
  /** Left out: none. */
  readonly tracing?: Tracing | null
}

export interface Composed {
  /** Whatever configuration is in force when a request begins is that request's to its end. */
  readonly gateway: Gateway
  readonly metrics: Metrics
  readonly audit: AuditTrail
  /** Signs for the audit trail. */
  readonly signer: ChainSigner
  readonly policy: () => Policy
  readonly config: () => Config
  /** What administrators act on beside the stores. */
  readonly forAdmins: ForAdmins
  /** Puts another configuration in force for the next request; connections, sessions and caches that it does not change stay. Throws, and changes nothing. */
  take(config: Config, policy: Policy): void
  /** WebSockets and streams of events that hang on a session end, whatever grace the rest has: they would last for hours. */
  endStreams(): void
  /** After a log rotation. */
  reopenLogs(): void
  /** Ends what the parts hold; the stores and the vault are the caller's. */
  close(): Promise<void>
}

export interface ForAdmins {
  readonly label: LastingParts['label']
  readonly streams: LastingParts['streams']
  readonly grants: LastingParts['grants']
  readonly guardState: LastingParts['guardSwitch']['state']
  /** How letters to people are written now; null where none is. */
  readonly people: () => Generation['people']
}

/** Keys of the guard's counters that are kept next to the requests: some 30 MB when all are in use. */
const NEAR_COUNTERS = 100_000

/** Configuration, stores and vault → the spine. With generation.ts the only file that picks the parts. */
export function compose({ config, policy, stores: given, vault, clock, random, later, tracing = null }: ComposeOptions): Composed {
  const shortens = (): boolean => now.config.privacy.addresses === 'network'
  const stores = withShortAddresses(given, shortens)
  const metrics = createMetrics(clock)
  /** The guard's ear; there is no guard yet while the trail is opened. */
  let hear: ((event: AuditEvent) => void) | null = null
  const log = openAccessLog({
    to: config.log.file ?? 1,
    level: () => now.config.log.level,
    clock,
    later,
    addressOf: (client) => (shortens() ? shortAddress(client) : client),
  })
  const trail = openAuditTrail({
    store: stores.audit,
    file: join(config.store, 'audit.jsonl'),
    clock,
    random,
    later,
    asWritten: (event) => (shortens() ? withShortAddress(event) : event),
    onEvent(event) {
      metrics.event(event)
      hear?.(event)
      notifier.event(event)
      notices?.event(event)
    },
  })
  const outlets = { config, vault, clock, random }
  const post = openPost(outlets)
  const notices =
    post === null
      ? null
      : openNotices({ ...outlets, post, stores, later, site: () => letterSite(now.config, now.policy) }, (account) =>
          audit.note(auditEvent({ kind: 'notice.failed', at: clock(), target: account, result: 'failed', detail: { mail: true } })),
        )
  const notifier = openNotifier(outlets, later, (channel, count) => {
    audit.note(auditEvent({ kind: 'notice.failed', at: clock(), target: channel, result: 'failed', detail: { count } }))
  })
  const audit = foldFloods(trail, {
    clock,
    later,
    onFolded(event) {
      metrics.event(event)
      metrics.folded(event)
      hear?.(event)
    },
  })
  const chain = chainKey(vault.deriveKey(PURPOSES.auditChain))
  audit.signWith(chain)
  audit.addSinks(openSinks(outlets, (sink, count) => audit.rejected(sink, count)))
  metrics.watchTrail(audit)
  const onGuardFailure = (cause: unknown): void => metrics.failed(cause)
  const forward = createForward({ clock })
  const counters = nearCounters({ store: stores.counters, clock, later: backgroundLater, most: NEAR_COUNTERS, onFailure: onGuardFailure })
  const guardSwitch = createGuardSwitch({
    file: disarmFile(config.store),
    later,
    onArmed: (armed) => audit.note(auditEvent({ kind: armed ? 'guard.armed' : 'guard.disarmed', at: clock() })),
    onDemoted: (rule, hit, met) => audit.note(auditEvent({ kind: 'guard.demoted', at: clock(), rule, target: rule, detail: { hit, met } })),
  })
  vault.connect(createExchange(forward))
  const visitKey = vault.deriveKey(PURPOSES.visits)
  const bans = createBans(stores.bans)
  const label = sessionLabels(vault.deriveKey(PURPOSES.sessionLabels))
  const decisions = createDecisions({
    store: stores.decisions,
    limits: () => decisionLimits(now.config),
    label,
    later,
    onLoss: (count) =>
      audit.note(
        auditEvent({ kind: 'audit.lost', at: clock(), result: 'failed', reason: 'write-failed', detail: { sink: 'decisions', count } }),
      ),
  })
  const uses = createCredentialUses(stores.uses, later)
  const streams = createStreams({
    store: stores.sessions,
    machineKeys: stores.machineKeys,
    denials: stores.denials,
    isWithdrawn: async (version) => (await stores.holds.all()).has(version.name) || (await vault.isRevoked(version, clock())),
    lockdown: stores.lockdown,
    limits: () => now.policy.sessions,
    visitMs: () => now.policy.visits.lifetimeMs,
    bans,
    clock,
    later,
  })
  const canaries = createCanaries(vault.deriveKey(PURPOSES.traps))
  const grants = createGrants({ store: stores.grants, key: vault.deriveKey(PURPOSES.grants), random })
  const providers = createProviders({ vault, clock, openLine: openProviderLine })
  const lasting: LastingParts = {
    stores,
    vault,
    clock,
    random,
    metrics,
    observer: tracing === null ? observers(log, metrics) : observers(log, metrics, tracing),
    tracing,
    audit,
    label,
    notifier,
    post,
    notices,
    bearers: createBearers({
      denials: stores.denials,
      fetchText: createFetchText(),
      clock,
      labelKey: vault.deriveKey(PURPOSES.sessionLabels),
    }),
    passwords: createPasswords({ pepper: vault.deriveKey(PURPOSES.passwords), random }),
    keys: ownKeys((purpose) => vault.deriveKey(purpose), random),
    devices: createDevices(createSealer({ key: vault.deriveKey(PURPOSES.devices), random, purpose: 'device' }), random),
    actionKey: vault.deriveKey(PURPOSES.actionTokens),
    visits: (lifetimeMs) => createVisits({ key: visitKey, random, lifetimeMs }),
    providers,
    transactions: createTransactions(vault.deriveKey(PURPOSES.signIns), random),
    grants,
    renewals: createRenewals({ grants, clock, later, random }),
    later,
    forward,
    counters,
    guardSwitch,
    onGuardFailure,
    streams,
    bans,
    tarpit: createTarpit(backgroundLater),
    traps: createTraps(vault.deriveKey(PURPOSES.traps), canaries),
    canaries,
    latencies: createLatencies(),
    apiClocks: watchApiClocks({ audit, clock }),
    decoyKey: vault.deriveKey(PURPOSES.decoys),
    decisions,
    uses,
    challenges: createChallenges({ key: vault.deriveKey(PURPOSES.challenges), nonces: stores.nonces, random }),
    via: `cloakroom-${Buffer.from(random(6)).toString('hex')}`,
  }
  let now = openGeneration(config, policy, lasting, null)
  hear = (event) => now.onEvent(event)
  const gateway: Gateway = {
    judge: (head) => now.gateway.judge(head),
    handle: (head, body, departure) => now.gateway.handle(head, body, departure),
  }
  return {
    gateway: tracing?.gateway(gateway) ?? gateway,
    metrics,
    audit,
    signer: { sign: chain.sign, now: clock },
    policy: () => now.policy,
    config: () => now.config,
    forAdmins: { label, streams, grants, guardState: () => guardSwitch.state(), people: () => now.people },
    take(next, nextPolicy) {
      now = openGeneration(next, nextPolicy, lasting, now)
      forward.keepOnly(new Set(nextPolicy.apis.map(({ upstreamOrigin }) => upstreamOrigin)))
    },
    endStreams: () => streams.close(),
    reopenLogs() {
      log.reopen()
      audit.reopen()
    },
    async close() {
      await forward.close()
      providers.close()
      guardSwitch.close()
      await counters.close()
      await decisions.close()
      await uses.close()
      await notices?.close()
      await notifier.close()
      await audit.close()
      metrics.close()
      await log.close()
    },
  }
}

function decisionLimits({ decisions: { most, replay } }: Config): DecisionLimits {
  return { most: { refused: most, passed: replay.most }, actors: replay.actors }
}
