import { randomUUID } from 'node:crypto'
import { auditEvent } from './audit/event.ts'
import { findTracing } from './audit/tracing.ts'
import { compose } from './compose.ts'
import { compilePolicy } from './config/compile.ts'
import { keepFixed } from './config/keep-fixed.ts'
import type { Config } from './config/paths.ts'
import type { ListenAddress } from './config/address.ts'
import type { ConfigProblem } from './config/problem.ts'
import { nodeDoor } from './door/node.ts'
import { listen, type Listener, type ListenOptions, type ServerLimits } from './door/server.ts'
import { openServerTls, type TlsOutcome } from './door/tls.ts'
import { upgradeDoor } from './door/upgrade.ts'
import { openAdminLazily } from './admin-lazily.ts'
import { startAdminListener } from './http/admin-listener.ts'
import { healthProbes } from './health-probes.ts'
import { decisionAges, startHousekeeping } from './housekeeping.ts'
import type { Clock } from './lib/clock.ts'
import type { Later } from './lib/later.ts'
import type { Random } from './lib/random.ts'
import type { AuditPart } from './parts.ts'
import { hasAdminSqlite, openAdminSqlite } from './store/sqlite/open-admin.ts'
import type { Stores } from './store/store.ts'
import type { Vault } from './vault/vault.ts'

export interface ServeOptions {
  readonly config: Config
  readonly stores: Stores
  readonly vault: Vault
  readonly clock: Clock
  readonly random: Random
  readonly later: Later
  /** For the operator: something failed that does not end the gateway. */
  readonly onNotice: (text: string) => void
}

/** A gateway that answers. */
export interface Running {
  /** The origin that browsers use. */
  readonly publicOrigin: string
  readonly port: number
  readonly adminPort: number
  /** Of the plain HTTP listener that leads pages to HTTPS; null when there is none. */
  readonly redirectPort: number | null
  /** Makes the first administrator; null where there is one, or no Admin API. For the terminal alone. */
  readonly setupCode: string | null
  /** The configuration in force; where it cannot be changed while running, as it was at the start. */
  config(): Config
  readonly audit: AuditPart
  /** Puts a checked configuration in force for the next request, whole or not at all. */
  take(next: Config): Taken
  reopenLogs(): void
  /** Takes no new requests, lets those under way finish for `graceMs`, writes what waits. Stores and vault stay the caller's. */
  close(graceMs: number): Promise<void>
}

export type Taken =
  /** `restart`: keys whose new values wait for the next start. */
  | { readonly kind: 'taken'; readonly restart: readonly string[] }
  /** What may change does not fit what may not: nothing has changed. */
  | { readonly kind: 'impossible'; readonly restart: readonly string[]; readonly problems: readonly ConfigProblem[] }

/** Opens the listeners in front of a composed gateway. */
export async function serve(options: ServeOptions): Promise<Running> {
  const { config, stores, vault, clock, later, onNotice } = options
  const composed = compose({ ...options, policy: compilePolicy(config), tracing: await findTracing(onNotice) })
  const { policy } = composed
  const newRequestId = (): string => randomUUID()
  let stopping = false
  const door = nodeDoor(composed.gateway, {
    policy,
    clock,
    newRequestId,
    isStopping: () => stopping,
    // Read at every request: these two may change while it runs.
    get maxTargetBytes() {
      return composed.config().limits.url
    },
    get maxRequests() {
      return composed.config().limits.requests
    },
  })
  const noteCertificate = (outcome: TlsOutcome): void => {
    const parts = { at: clock(), target: config.tls?.cert ?? null }
    if (outcome.kind === 'loaded') composed.audit.note(auditEvent({ ...parts, kind: 'certificate.loaded' }))
    else composed.audit.note(auditEvent({ ...parts, kind: 'certificate.refused', result: 'refused', reason: outcome.why }))
  }
  const tls = config.tls === null ? null : await openServerTls({ ...config.tls, clock, later, onNotice, onOutcome: noteCertificate })
  const shared: Omit<ListenOptions, 'host' | 'port' | 'key' | 'tls'> = {
    limits: serverLimits(config),
    newRequestId,
    upgrade: upgradeDoor({
      gateway: composed.gateway,
      policy,
      clock,
      newRequestId,
      get maxTargetBytes() {
        return composed.config().limits.url
      },
      devServer: () => composed.config().site?.devServer ?? null,
    }),
  }
  const listeners: Listener[] = []
  let closing: Promise<void> | null = null
  const open = async (address: ListenAddress, key: string, secure: boolean): Promise<Listener> => {
    const listener = await listen(door, {
      ...shared,
      host: address.host ?? '::',
      port: address.port,
      key,
      tls: secure ? (tls?.options ?? null) : null,
    })
    listeners.push(listener)
    return listener
  }
  const stopTls = { stop: (): void => undefined }
  try {
    const main = await open(config.listen, 'listen', tls !== null)
    if (tls !== null) stopTls.stop = tls.attach(main.server)
    // `listen: 127.0.0.1:0` gets its port from the system; the public origin follows it.
    composed.take(config, compilePolicy(config, main.port))
    const redirect = config.tls?.redirectFrom ? await open(config.tls.redirectFrom, 'tls.redirectFrom', false) : null
    const adminApi = openAdminLazily({
      ...options,
      composed,
      hasStores: () => hasAdminSqlite(config.store),
      openStores: () => openAdminSqlite(config.store, clock),
    })
    const admin = await startAdminListener({
      host: config.admin.listen.host ?? '::',
      port: config.admin.listen.port,
      probes: healthProbes({ stores, vault, audit: composed.audit, clock }),
      metrics: composed.metrics,
      ...(adminApi === null ? {} : { api: (request, id) => adminApi.answer(request, id) }),
      apiName: config.admin.publicUrl === null ? null : new URL(config.admin.publicUrl).hostname,
      later,
      newRequestId,
    })
    const stopHousekeeping = startHousekeeping({
      stores,
      vault,
      audit: composed.audit,
      signer: composed.signer,
      keep: () => composed.config().audit,
      policy,
      keepDecisionsMs: () => decisionAges(composed.config()),
      clock,
      steady: () => performance.now(),
      later,
      onFailure: (cause) => onNotice(String(cause)),
    })
    await composed.audit.commit(auditEvent({ kind: 'gateway.started', at: clock(), target: policy().publicOrigin }))
    return {
      publicOrigin: policy().publicOrigin,
      port: main.port,
      adminPort: admin.port,
      redirectPort: redirect?.port ?? null,
      setupCode: adminApi?.setupCode ?? null,
      config: composed.config,
      audit: composed.audit,
      take(next) {
        const merged = keepFixed(composed.config(), next)
        if (merged.kind === 'impossible') return merged
        composed.take(merged.config, compilePolicy(merged.config, main.port))
        for (const listener of listeners) listener.limit(serverLimits(merged.config))
        return { kind: 'taken', restart: merged.restart }
      },
      reopenLogs() {
        composed.reopenLogs()
        void tls?.reload()
      },
      close: (graceMs) => (closing ??= close(graceMs)),
    }

    async function close(graceMs: number): Promise<void> {
      stopping = true
      stopHousekeeping()
      stopTls.stop()
      composed.endStreams()
      await Promise.all([...listeners.map((listener) => listener.close(graceMs)), admin.close()])
      await adminApi?.close()
      composed.audit.note(auditEvent({ kind: 'gateway.stopped', at: clock() }))
      await composed.close()
    }
  } catch (cause) {
    stopTls.stop()
    await Promise.all(listeners.map((listener) => listener.close(0)))
    await composed.close()
    throw cause
  }
}

function serverLimits({ limits }: Config): ServerLimits {
  return {
    headerBytes: limits.headers,
    headerFields: 100,
    headMs: limits.headTimeout,
    requestMs: limits.bodyTimeout,
    keepAliveMs: limits.keepAlive,
    connections: limits.connections,
  }
}
