import { randomUUID } from 'node:crypto'
import { auditEvent } from './audit/event.ts'
import { compose } from './compose.ts'
import { compilePolicy } from './config/compile.ts'
import type { Config } from './config/paths.ts'
import type { ListenAddress } from './config/address.ts'
import type { Policy } from './decide/policy.ts'
import { upgradeToDevServer } from './door/dev-upgrade.ts'
import { nodeDoor } from './door/node.ts'
import { listen, type Listener, type ListenOptions } from './door/server.ts'
import { openServerTls, type TlsOutcome } from './door/tls.ts'
import { startAdminListener } from './http/admin-listener.ts'
import { startHousekeeping } from './housekeeping.ts'
import type { Clock } from './lib/clock.ts'
import type { Later } from './lib/later.ts'
import type { Random } from './lib/random.ts'
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
  reopenLogs(): void
  /** Takes no new requests, lets those under way finish for `graceMs`, writes what waits. Stores and vault stay the caller's. */
  close(graceMs: number): Promise<void>
}

/** Opens the listeners in front of a composed gateway. */
export async function serve(options: ServeOptions): Promise<Running> {
  const { config, stores, vault, clock, later, onNotice } = options
  let policy: Policy = compilePolicy(config)
  const composed = compose({ ...options, policy: () => policy })
  const newRequestId = (): string => randomUUID()
  const door = nodeDoor(composed.gateway, {
    policy: () => policy,
    clock,
    newRequestId,
    maxTargetBytes: config.limits.url,
    maxRequests: config.limits.requests,
  })
  const noteCertificate = (outcome: TlsOutcome): void => {
    const parts = { at: clock(), target: config.tls?.cert ?? null }
    if (outcome.kind === 'loaded') composed.audit.note(auditEvent({ ...parts, kind: 'certificate.loaded' }))
    else composed.audit.note(auditEvent({ ...parts, kind: 'certificate.refused', result: 'refused', reason: outcome.why }))
  }
  const tls = config.tls === null ? null : await openServerTls({ ...config.tls, clock, later, onNotice, onOutcome: noteCertificate })
  const devServer = config.site?.devServer ?? null
  const shared: Omit<ListenOptions, 'host' | 'port' | 'tls'> = {
    limits: {
      headerBytes: config.limits.headers,
      headerFields: 100,
      headMs: config.limits.headTimeout,
      requestMs: config.limits.bodyTimeout,
      keepAliveMs: config.limits.keepAlive,
      connections: config.limits.connections,
    },
    newRequestId,
    upgrade:
      devServer === null ? null : upgradeToDevServer(devServer, { gateway: composed.gateway, policy: () => policy, clock, newRequestId }),
  }
  const listeners: Listener[] = []
  let closing: Promise<void> | null = null
  const open = async (address: ListenAddress, secure: boolean): Promise<Listener> => {
    const listener = await listen(door, {
      ...shared,
      host: address.host ?? '::',
      port: address.port,
      tls: secure ? (tls?.options ?? null) : null,
    })
    listeners.push(listener)
    return listener
  }
  const stopTls = { stop: (): void => undefined }
  try {
    const main = await open(config.listen, tls !== null)
    if (tls !== null) stopTls.stop = tls.attach(main.server)
    // `listen: 127.0.0.1:0` gets its port from the system; the public origin follows it.
    policy = compilePolicy(config, main.port)
    if (config.tls?.redirectFrom) await open(config.tls.redirectFrom, false)
    const admin = await startAdminListener({
      host: config.admin.listen.host ?? '::',
      port: config.admin.listen.port,
      probes: { sessions: () => stores.sessions.listAll(1), accounts: () => stores.audit.read({ limit: 1 }), vault: () => vault.list() },
      metrics: composed.metrics,
      later,
      newRequestId,
    })
    const stopHousekeeping = startHousekeeping({
      stores,
      vault,
      audit: composed.audit,
      policy: () => policy,
      clock,
      later,
      onFailure: (cause) => onNotice(String(cause)),
    })
    await composed.audit.commit(auditEvent({ kind: 'gateway.started', at: clock(), target: policy.publicOrigin }))
    return {
      publicOrigin: policy.publicOrigin,
      port: main.port,
      adminPort: admin.port,
      reopenLogs() {
        composed.reopenLogs()
        void tls?.reload()
      },
      close: (graceMs) => (closing ??= close(graceMs)),
    }

    async function close(graceMs: number): Promise<void> {
      stopHousekeeping()
      stopTls.stop()
      await Promise.all([...listeners.map((listener) => listener.close(graceMs)), admin.close()])
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
