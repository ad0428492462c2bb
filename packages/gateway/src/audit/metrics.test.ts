import { readFile } from 'node:fs/promises'
import { afterEach, expect, test } from 'vitest'
import { makeApi, makeHead } from '../../test/fixtures.ts'
import { GateError } from '../errors.ts'
import type { UpstreamAnswer } from '../parts.ts'
import { auditEvent, browser } from './event.ts'
import { measuredForward } from './measured-forward.ts'
import { createMetrics, type Metrics } from './metrics.ts'

const open: Metrics[] = []
afterEach(() => {
  for (const metrics of open.splice(0)) metrics.close()
})

function start(): Metrics {
  const metrics = createMetrics(() => 1_000_000_000)
  open.push(metrics)
  return metrics
}

const HEAD = makeHead({ path: '/api/shop/products/canary-path', client: '198.51.100.77' })

test('every figure is documented with its labels, and every documented figure exists', async () => {
  const page = await readFile(new URL('../../../../docs/reference/metrics.md', import.meta.url), 'utf8')
  const documented = [...page.matchAll(/^\| `(\w+)` \| (\w+) \| ([^|]*)\|/gm)].map(([, name, kind, labels]) => ({
    name,
    kind,
    labels: [...(labels ?? '').matchAll(/`(\w+)`/g)].map(([, label]) => label),
  }))
  const metrics = start()
  const real = metrics.registry.getMetricsAsArray().map((metric) => ({
    name: metric.name,
    kind: String(metric.type),
    labels: (metric as unknown as { readonly labelNames: readonly string[] }).labelNames.slice(),
  }))
  const byName = (a: { readonly name?: string | undefined }, b: { readonly name?: string | undefined }) =>
    (a.name ?? '').localeCompare(b.name ?? '')
  const kinds = JSON.parse(JSON.stringify(documented)) as typeof documented
  expect(kinds.sort(byName)).toEqual(real.sort(byName))
})

test('every query of the Grafana dashboard asks for figures that exist, with labels that they have', async () => {
  const dashboard = JSON.parse(await readFile(new URL('../../../../deploy/grafana-dashboard.json', import.meta.url), 'utf8')) as {
    readonly panels: readonly { readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[] }[]
  }
  const metrics = start()
  const labelsOf = new Map(
    metrics.registry
      .getMetricsAsArray()
      .map((metric) => [metric.name, (metric as unknown as { readonly labelNames: readonly string[] }).labelNames]),
  )
  const asked = new Set<string>()
  for (const { expr, legendFormat } of dashboard.panels.flatMap(({ targets }) => targets)) {
    const names = expr.match(/\b(?:cloakroom|process)_[a-z_]+/g) ?? []
    expect(names, expr).toHaveLength(1)
    // A histogram is asked for by its parts.
    const name = labelsOf.has(names[0] ?? '') ? (names[0] ?? '') : (names[0] ?? '').replace(/_(?:bucket|sum|count)$/, '')
    asked.add(name)
    const known = [...(labelsOf.get(name) ?? ['none']), 'instance', ...(names[0]?.endsWith('_bucket') === true ? ['le'] : [])]
    const labels = [
      ...(expr.match(/by \(([a-z, ]+)\)/)?.[1]?.split(', ') ?? []),
      ...[...legendFormat.matchAll(/{{(\w+)}}/g)].map(([, label]) => label),
    ]
    for (const label of labels) expect(known, `${expr} ${label}`).toContain(label)
  }
  expect([...labelsOf.keys()].filter((name) => !asked.has(name))).toEqual([])
})

test('requests are counted by route, class and code, refusals by code', async () => {
  const metrics = start()
  const line = { head: HEAD, steps: [], route: 'shop: GET /products/**' }
  for (const status of [200, 204, 404]) metrics.access({ ...line, status, code: null })
  metrics.access({ ...line, route: null, status: 403, code: 'cross_site' })
  const text = await metrics.text()
  expect(text).toContain('cloakroom_requests_total{route="shop: GET /products/**",class="2xx",code="none"} 2')
  expect(text).toContain('cloakroom_requests_total{route="shop: GET /products/**",class="4xx",code="none"} 1')
  expect(text).toContain('cloakroom_requests_total{route="none",class="4xx",code="cross_site"} 1')
  expect(text).toContain('cloakroom_refusals_total{code="cross_site"} 1')
  expect(await metrics.text()).toContain('cloakroom_refusals_total{code="cross_site"} 1')
})

test('logins, sessions and stopped leaks are counted from the audit trail', async () => {
  const metrics = start()
  for (const kind of ['login.succeeded', 'login.failed', 'login.failed', 'login.throttled', 'session.started', 'secret.reflected'] as const)
    metrics.event(auditEvent({ kind, at: 0 }))
  metrics.event(auditEvent({ kind: 'session.ended', at: 0, reason: 'idle' }))
  metrics.event(auditEvent({ kind: 'session.ended', at: 0, reason: 'a text from elsewhere' }))
  const text = await metrics.text()
  for (const expected of [
    'cloakroom_logins_total{result="succeeded"} 1',
    'cloakroom_logins_total{result="failed"} 2',
    'cloakroom_logins_total{result="throttled"} 1',
    'cloakroom_sessions_started_total 1',
    'cloakroom_sessions_ended_total{reason="idle"} 1',
    'cloakroom_sessions_ended_total{reason="other"} 1',
    'cloakroom_leaks_stopped_total 1',
  ])
    expect(text).toContain(`${expected}\n`)
})

test('ADM-04 no figure carries a visitor’s address, path, account or session', async () => {
  const metrics = start()
  metrics.access({ head: HEAD, route: 'site', status: 404, code: 'not_found', steps: ['canary-step'] })
  metrics.failure(HEAD, new GateError('store_unavailable', 'canary-detail'))
  metrics.event(
    auditEvent({
      kind: 'login.failed',
      at: 0,
      actor: browser('canary-account', 'canary-label'),
      address: '198.51.100.77',
      target: 'canary-target',
      reason: 'canary-reason',
    }),
  )
  const text = await metrics.text()
  expect(text).not.toMatch(/canary|198\.51/)
  expect(text).toContain('cloakroom_store_errors_total 1\n')
  expect(text).toContain('cloakroom_failures_total{code="store_unavailable"} 1\n')
})

test('the audit queue’s depth and loss are read when asked', async () => {
  const metrics = start()
  const sink = { depth: 3, lost: 2, failures: 1, failing: false }
  metrics.watchTrail({ figures: () => ({ store: sink, file: { depth: 0, lost: 0, failures: 0, failing: false } }) })
  const text = await metrics.text()
  expect(text).toContain('cloakroom_audit_queue_depth{sink="store"} 3\n')
  expect(text).toContain('cloakroom_audit_lost_total{sink="store"} 2\n')
  expect(text).toContain('cloakroom_audit_write_failures_total{sink="store"} 1\n')
})

test('a listener that breaks costs nobody his answer, and counts as no failure of the API', async () => {
  const answer: UpstreamAnswer = {
    status: 200,
    headers: [],
    body: { length: 0, start: () => undefined, resume: () => undefined, cancel: () => undefined },
  }
  const failures: string[] = []
  const broken = {
    arrived: () => {
      throw new Error('broken')
    },
    failed: (_api: string, code: string) => failures.push(code),
  }
  const forward = measuredForward({ send: async () => answer }, () => 0, broken)
  const request = { method: 'GET', origin: 'https://api.example.com', path: '/', query: '', headers: [] }
  expect(await forward.send(request, null, makeApi())).toBe(answer)
  expect(failures).toEqual([])
})

test('an upstream’s round trips are timed to the answer’s head, and its failures are counted', async () => {
  const metrics = start()
  let now = 0
  const answers: (() => UpstreamAnswer)[] = [
    () => ({ status: 200, headers: [], body: { length: 0, start: () => undefined, resume: () => undefined, cancel: () => undefined } }),
    () => {
      throw new GateError('upstream_timeout', 'no head')
    },
  ]
  const forward = measuredForward(
    {
      send: async () => {
        now += 30
        return answers.shift()!()
      },
    },
    () => now,
    metrics.roundTrips,
  )
  const request = { method: 'GET', origin: 'https://api.example.com', path: '/', query: '', headers: [] }
  await forward.send(request, null, makeApi())
  await expect(forward.send(request, null, makeApi())).rejects.toMatchObject({ code: 'upstream_timeout' })
  const text = await metrics.text()
  expect(text).toContain('cloakroom_upstream_seconds_sum{api="shop"} 0.03\n')
  expect(text).toContain('cloakroom_upstream_seconds_count{api="shop"} 1\n')
  expect(text).toContain('cloakroom_upstream_failures_total{api="shop",code="upstream_timeout"} 1\n')
})
