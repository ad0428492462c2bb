import type { AuditEvent } from '@cloakroom/contract'
import { type Post, refuseStatus, type Sink } from './sink.ts'

export interface OtlpOptions {
  readonly post: Post
  readonly host: string
  /** The collector took the request and threw so many of its records away. */
  readonly onRejected: (count: number) => void
}

/** OpenTelemetry logs over HTTP with JSON (OTLP 1.x, `/v1/logs`): each event a log record with its name, its fields as attributes. */
export function otlpSink(name: string, { post, host, onRejected }: OtlpOptions): Sink {
  const resource = { attributes: attributesOf({ 'service.name': 'cloakroom', 'host.name': host }) }
  return {
    name,
    async send(events) {
      const scopeLogs = [{ scope: { name: 'cloakroom.audit' }, logRecords: events.map(recordOf) }]
      const posted = await post(JSON.stringify({ resourceLogs: [{ resource, scopeLogs }] }), [])
      refuseStatus(posted)
      const rejected = rejectedOf(posted.text)
      if (rejected > 0) onRejected(rejected)
    },
    close: () => undefined,
  }
}

function recordOf(event: AuditEvent): object {
  const { kind, at, result, actor, detail, ...rest } = event
  const time = `${Date.parse(at)}000000`
  const [severityNumber, severityText] = SEVERITIES[result]
  const fields = Object.fromEntries(Object.entries({ ...rest, result }).map(([field, value]) => [`cloakroom.${field}`, value]))
  return {
    timeUnixNano: time,
    observedTimeUnixNano: time,
    severityNumber,
    severityText,
    eventName: `cloakroom.${kind}`,
    body: { stringValue: kind },
    attributes: attributesOf({
      ...fields,
      'cloakroom.actor.via': actor.via,
      'cloakroom.actor.account': actor.account,
      'cloakroom.actor.session': actor.session,
      ...Object.fromEntries(Object.entries(detail).map(([field, value]) => [`cloakroom.detail.${field}`, value])),
    }),
  }
}

/** OpenTelemetry's numbers: INFO, WARN, ERROR. */
const SEVERITIES = { ok: [9, 'INFO'], refused: [13, 'WARN'], failed: [17, 'ERROR'] } as const

function attributesOf(values: Readonly<Record<string, string | number | boolean | null>>): readonly object[] {
  return Object.entries(values).flatMap(([key, value]) => (value === null ? [] : [{ key, value: valueOf(value) }]))
}

function valueOf(value: string | number | boolean): object {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  // Whole numbers are 64 bits wide there, and therefore texts in JSON.
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}

function rejectedOf(text: string): number {
  try {
    const { partialSuccess } = JSON.parse(text) as { readonly partialSuccess?: { readonly rejectedLogRecords?: unknown } }
    const count = Number(partialSuccess?.rejectedLogRecords ?? 0)
    return Number.isSafeInteger(count) && count > 0 ? count : 0
  } catch {
    return 0
  }
}
