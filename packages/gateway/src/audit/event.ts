import { createHmac, type KeyObject } from 'node:crypto'
import type { AuditActor, AuditEvent, AuditKind, AuditResult } from '@cloakroom/contract'
import type { Bearer } from '../decide/bearer.ts'
import type { Instant, RequestHead } from '../decide/head.ts'
import type { SessionId } from '../decide/session.ts'
import { plainText } from './plain-text.ts'

/** What the maker of an event says; the rest is filled in here. */
export interface EventParts {
  readonly kind: AuditKind
  readonly at: Instant
  readonly request?: string | null
  readonly actor?: AuditActor
  readonly address?: string | null
  readonly target?: string | null
  readonly result?: AuditResult
  readonly reason?: string | null
  readonly rule?: string | null
  readonly detail?: AuditEvent['detail']
}

/** The only place where an AuditEvent is made. Texts from outside are cut and freed of control characters (log injection). */
export function auditEvent(parts: EventParts): AuditEvent {
  return {
    kind: parts.kind,
    at: new Date(parts.at).toISOString(),
    request: parts.request ?? null,
    actor: parts.actor ? { ...parts.actor, account: clean(parts.actor.account) } : GATEWAY,
    address: clean(parts.address),
    target: clean(parts.target),
    result: parts.result ?? 'ok',
    reason: clean(parts.reason),
    rule: parts.rule ?? null,
    detail: Object.fromEntries(
      Object.entries(parts.detail ?? {}).map(([name, value]) => [name, typeof value === 'string' ? (clean(value) ?? '') : value]),
    ),
  }
}

export const GATEWAY: AuditActor = { via: 'gateway', account: null, session: null }
export const COMMAND: AuditActor = { via: 'command', account: null, session: null }

/** A program with a machine key: the key's public part stands where a session's label would. */
export function program({ name, id }: { readonly name: string; readonly id: string }): AuditActor {
  return { via: 'machine-key', account: name, session: id }
}

/** The actor of a request. `label` comes from sessionLabels. */
export function browser(account: string | null, label: string | null): AuditActor {
  return { via: 'browser', account, session: label }
}

/** Of a program with a JWT: its subject, as its issuer calls it. */
export function jwtBearer({ subject, label }: Bearer): AuditActor {
  return { via: 'jwt', account: subject, session: label }
}

/** The fields that an event takes from the request that caused it. */
export function causedBy(head: RequestHead): Pick<EventParts, 'at' | 'request' | 'address'> {
  return { at: head.at, request: head.id, address: head.client }
}

/** Names a session in logs: constant for one session, and of no use to whoever reads the log (SES-25). */
export function sessionLabels(key: KeyObject): (id: SessionId) => string {
  return (id) => createHmac('sha256', key).update(id).digest('base64url').slice(0, 16)
}

const LONGEST = 256

function clean(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : plainText(text, LONGEST)
}
