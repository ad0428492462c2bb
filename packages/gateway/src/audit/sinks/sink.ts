import type { AuditEvent } from '@cloakroom/contract'

/** A further way out of the audit trail. */
export interface Sink {
  /** As in the configuration; a label of the figures. */
  readonly name: string
  /** Takes the events over, all of them, in order; rejects when it cannot, and is asked again later with the same ones. */
  send(events: readonly AuditEvent[]): Promise<void>
  close(): void
}

/** One POST of JSON to a place of the owner's; rejects when nobody answers in time. Whatever authenticates it is put on it on the way. */
export type Post = (body: string, headers: readonly (readonly [name: string, value: string])[]) => Promise<Posted>

export interface Posted {
  readonly status: number
  /** At most a few kilobytes. */
  readonly text: string
}

/** For the operator's eyes: no body, no header. */
export function refuseStatus({ status }: Posted): void {
  if (status < 200 || status > 299) throw new Error(`answered ${status}`)
}
