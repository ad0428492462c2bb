import { monitorEventLoopDelay } from 'node:perf_hooks'
import { cpuUsage, memoryUsage, uptime } from 'node:process'
import type { AuditEvent } from '@cloakroom/contract'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { GateError } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import type { AccessLine, ObserverPart } from '../parts.ts'
import type { AuditTrail } from './audit.ts'
import type { RoundTripListener } from './measured-forward.ts'
import { createTally } from './tally.ts'

/** The gateway's figures for Prometheus. Labels come from the configuration and from closed tables, never from a visitor. */
export interface Metrics extends ObserverPart {
  /** For every audit event: logins, sessions, leaks. */
  event(event: AuditEvent): void
  /** An audit event that shares its line with others; `event` is told of it as well. */
  folded(event: AuditEvent): void
  readonly roundTrips: RoundTripListener
  /** Something failed that no request waits for. */
  failed(cause: unknown): void
  /** Reads the trail's figures whenever somebody asks. */
  watchTrail(trail: Pick<AuditTrail, 'figures'>): void
  readonly contentType: string
  /** The Prometheus text format. */
  text(): Promise<string>
  readonly registry: Registry
  close(): void
}

const CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const
/** Seconds: a local service answers in milliseconds, a busy one in seconds, and the time limits lie beyond. */
const UPSTREAM_BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const END_REASONS: ReadonlySet<string> = new Set([
  'logout',
  'replaced',
  'idle',
  'absolute',
  'limit',
  'account-disabled',
  'password-changed',
  'ended-by-owner',
  'ended-by-user',
  'ended-by-guard',
])

export function createMetrics(clock: Clock): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const tally = createTally()
  const delay = monitorEventLoopDelay({ resolution: 50 })
  delay.enable()
  let trail: Pick<AuditTrail, 'figures'> | null = null

  const counter = (name: string, help: string, ...labelNames: string[]) => new Counter({ name, help, labelNames, registers })
  const logins = counter('cloakroom_logins_total', 'Attempts to sign in, by result.', 'result')
  const started = counter('cloakroom_sessions_started_total', 'Sessions that began.')
  const ended = counter('cloakroom_sessions_ended_total', 'Sessions that ended, by reason.', 'reason')
  const leaks = counter('cloakroom_leaks_stopped_total', 'Answers in which an upstream echoed the secret.')
  const failures = counter('cloakroom_failures_total', 'Requests that failed with an exception, by code.', 'code')
  const storeErrors = counter('cloakroom_store_errors_total', 'Requests that failed because a store gave no answer.')
  const upstreamFailures = counter('cloakroom_upstream_failures_total', 'Round trips that failed, by API and code.', 'api', 'code')
  const folded = counter('cloakroom_audit_folded_total', 'Audit events of a flood that share one line in the trail, by kind.', 'kind')
  const upstream = new Histogram({
    name: 'cloakroom_upstream_seconds',
    help: 'From the request to the answer’s head, by API.',
    labelNames: ['api'],
    buckets: UPSTREAM_BUCKETS,
    registers,
  })
  const upstreamOf = new Map<string, ReturnType<typeof upstream.labels>>()

  collected(counter('cloakroom_requests_total', 'Requests, by route, status class and code.', 'route', 'class', 'code'), (set) =>
    tally.each((route, status, code, count) =>
      set({ route: route ?? 'none', class: CLASSES[status - 1] ?? '5xx', code: code ?? 'none' }, count),
    ),
  )
  collected(counter('cloakroom_refusals_total', 'Requests that the gateway refused, by code.', 'code'), (set) =>
    tally.each((_route, _status, code, count) => (code === null ? undefined : set({ code }, count))),
  )
  const sinks = (read: 'depth' | 'lost' | 'failures') => (set: Setter) => {
    for (const [sink, figures] of Object.entries(trail?.figures() ?? {})) set({ sink }, figures[read])
  }
  collected(
    new Gauge({ name: 'cloakroom_audit_queue_depth', help: 'Audit events that wait, by sink.', labelNames: ['sink'], registers }),
    sinks('depth'),
  )
  collected(counter('cloakroom_audit_lost_total', 'Audit events that found no room, by sink.', 'sink'), sinks('lost'))
  collected(counter('cloakroom_audit_write_failures_total', 'Failed writes of the audit trail, by sink.', 'sink'), sinks('failures'))
  processFigures(registry, delay, clock)

  function failed(cause: unknown): void {
    const code = cause instanceof GateError ? cause.code : 'internal'
    failures.inc({ code })
    if (code === 'store_unavailable') storeErrors.inc()
  }

  return {
    access: (line: AccessLine) => tally.add(line.route, Math.trunc(line.status / 100), line.code),
    failure: (_head, cause) => failed(cause),
    failed,
    event({ kind, reason }) {
      if (kind.startsWith('login.')) logins.inc({ result: kind.slice('login.'.length) })
      else if (kind === 'session.started') started.inc()
      else if (kind === 'session.ended') ended.inc({ reason: reason !== null && END_REASONS.has(reason) ? reason : 'other' })
      else if (kind === 'secret.reflected') leaks.inc()
    },
    folded: ({ kind }) => folded.inc({ kind }),
    roundTrips: {
      arrived(api, ms) {
        let known = upstreamOf.get(api)
        if (known === undefined) upstreamOf.set(api, (known = upstream.labels(api)))
        known.observe(ms / 1000)
      },
      failed: (api, code) => upstreamFailures.inc({ api, code }),
    },
    watchTrail(found) {
      trail = found
    },
    contentType: registry.contentType,
    text: () => registry.metrics(),
    registry,
    close: () => void delay.disable(),
  }
}

type Setter = (labels: Record<string, string>, value: number) => void

/** A figure that is read when somebody asks, so that counting it costs nothing in between. */
function collected(metric: Counter | Gauge, read: (set: Setter) => void): void {
  Object.assign(metric, {
    collect() {
      metric.reset()
      read((labels, value) => metric.inc(labels, value))
    },
  })
}

function processFigures(registry: Registry, delay: ReturnType<typeof monitorEventLoopDelay>, clock: Clock): void {
  const registers = [registry]
  const loop = new Gauge({
    name: 'cloakroom_event_loop_delay_seconds',
    help: 'How late timers ran since the last scrape.',
    labelNames: ['quantile'],
    registers,
  })
  collected(loop, (set) => {
    for (const quantile of [50, 99, 100]) set({ quantile: String(quantile / 100) }, Math.max(0, delay.percentile(quantile)) / 1e9)
    delay.reset()
  })
  collected(new Counter({ name: 'process_cpu_seconds_total', help: 'User and system time.', registers }), (set) => {
    const { user, system } = cpuUsage()
    set({}, (user + system) / 1e6)
  })
  collected(new Gauge({ name: 'process_resident_memory_bytes', help: 'Memory that the process holds.', registers }), (set) =>
    set({}, memoryUsage.rss()),
  )
  collected(new Gauge({ name: 'process_start_time_seconds', help: 'When the process began.', registers }), (set) =>
    set({}, Math.round(clock() / 1000 - uptime())),
  )
}
