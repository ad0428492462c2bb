import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { createAccounts } from './account/accounts.ts'
import { createAuthenticate } from './account/authenticate.ts'
import { createDevices } from './account/devices.ts'
import { createPasswords } from './account/password.ts'
import { openAccessLog } from './audit/access-log.ts'
import { openAuditTrail } from './audit/audit.ts'
import { sessionLabels } from './audit/event.ts'
import { measuredForward } from './audit/measured-forward.ts'
import { createMetrics, type Metrics } from './audit/metrics.ts'
import { observers } from './audit/observer.ts'
import type { Config } from './config/paths.ts'
import type { Policy } from './decide/policy.ts'
import { GateError } from './errors.ts'
import { createForward } from './forward/forward.ts'
import { createSpine, type Gateway } from './gateway.ts'
import { createEndpoints } from './http/endpoints.ts'
import { readTheme, type Theme } from './http/pages/theme.ts'
import type { Clock } from './lib/clock.ts'
import type { Later } from './lib/later.ts'
import type { Random } from './lib/random.ts'
import type { SitePart } from './parts.ts'
import { PURPOSES } from './purposes.ts'
import { createSealer } from './session/sealed.ts'
import { createSessions } from './session/sessions.ts'
import { createVisits } from './session/visit.ts'
import { createDevServerSite } from './site/dev-server.ts'
import { createFolderSite } from './site/folder.ts'
import type { Stores } from './store/store.ts'
import type { Vault } from './vault/vault.ts'

export interface ComposeOptions {
  readonly config: Config
  readonly stores: Stores
  readonly vault: Vault
  /** Asked at every request: the policy that it keeps to its end. */
  readonly policy: () => Policy
  readonly clock: Clock
  readonly random: Random
  readonly later: Later
}

export interface Composed {
  readonly gateway: Gateway
  readonly metrics: Metrics
  readonly sessions: ReturnType<typeof createSessions>
  readonly audit: ReturnType<typeof openAuditTrail>
  /** After a log rotation. */
  reopenLogs(): void
  /** Ends what the parts hold; the stores and the vault are the caller's. */
  close(): Promise<void>
}

/** Configuration, stores and vault → the spine. The only file that picks the parts. */
export function compose({ config, stores, vault, policy, clock, random, later }: ComposeOptions): Composed {
  const metrics = createMetrics(clock)
  const log = openAccessLog({ to: config.log.file ?? 1, clock, later })
  const observer = observers(log, metrics)
  const audit = openAuditTrail({ store: stores.audit, file: join(config.store, 'audit.jsonl'), clock, later, onEvent: metrics.event })
  metrics.watchTrail(audit)
  const label = sessionLabels(vault.deriveKey(PURPOSES.sessionLabels))
  const sessions = createSessions({ store: stores.sessions, audit, random, label, limits: () => policy().sessions })
  const visits = createVisits({ key: vault.deriveKey(PURPOSES.visits), random, lifetimeMs: () => policy().visits.lifetimeMs })
  const passwords = createPasswords({ pepper: vault.deriveKey(PURPOSES.passwords), random })
  const theme = themeOf(config, policy)
  const accountParts = {
    store: stores.accounts,
    counters: stores.counters,
    sessions,
    passwords,
    audit,
    random,
    ownWords: () => [theme.name, policy().publicHost],
  }
  const forward = createForward({ upstreamCa: authoritiesOf(config), clock })
  const gateway = createSpine({
    policy,
    sessions,
    visits,
    counters: stores.counters,
    vault,
    forward: measuredForward(forward, metrics, clock),
    endpoints: createEndpoints({
      accounts: createAccounts(accountParts),
      authenticate: createAuthenticate(accountParts),
      devices: createDevices(createSealer({ key: vault.deriveKey(PURPOSES.devices), random, purpose: 'device' }), random),
      sessions,
      visits,
      counters: stores.counters,
      audit,
      observer,
      theme,
      label,
    }),
    site: siteOf(config, policy),
    audit,
    observer,
    pseudonym: 'cloakroom',
    via: `cloakroom-${Buffer.from(random(6)).toString('hex')}`,
  })
  return {
    gateway,
    metrics,
    sessions,
    audit,
    reopenLogs() {
      log.reopen()
      audit.reopen()
    },
    async close() {
      await forward.close()
      await audit.close()
      metrics.close()
      await log.close()
    },
  }
}

function siteOf(config: Config, policy: () => Policy): SitePart | null {
  const { site } = config
  if (site === null) return null
  if (site.devServer !== null) return createDevServerSite({ origin: site.devServer, csp: site.csp })
  if (site.folder === null) return null
  const { site: route } = policy()
  return createFolderSite({
    folder: site.folder,
    forbidden: forbiddenFiles(config),
    spa: site.spa,
    csp: site.csp,
    access: route?.access ?? { kind: 'login' },
    cacheMs: site.cache,
  })
}

/** What the site never serves, even if somebody moves the folders together later. */
function forbiddenFiles(config: Config): readonly string[] {
  const key = 'file' in config.vault.key ? [config.vault.key.file] : []
  return [
    config.store,
    ...key,
    ...(config.file === null ? [] : [config.file]),
    ...(config.tls === null ? [] : [config.tls.key]),
    ...(config.log.file === null ? [] : [config.log.file]),
  ]
}

function authoritiesOf(config: Config): ReadonlyMap<string, string> {
  const authorities = new Map<string, string>()
  for (const api of Object.values(config.apis)) {
    if (api.upstreamCa !== null) authorities.set(new URL(api.upstream).origin, readFileSync(api.upstreamCa, 'utf8'))
  }
  return authorities
}

function themeOf({ theme }: Config, policy: () => Policy): Theme {
  const logo = theme.logo === null ? null : { fileName: basename(theme.logo), bytes: readFileSync(theme.logo) }
  const read = readTheme({ name: theme.name ?? new URL(policy().publicOrigin).hostname, colour: theme.colour, logo })
  if (read.kind === 'problems') throw new GateError('internal', read.problems.map(({ key, why }) => `theme.${key}: ${why}`).join(' '))
  return read.theme
}
