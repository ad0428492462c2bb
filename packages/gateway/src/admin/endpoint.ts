import type * as z from 'zod'
import type { Cause } from '../account/accounts.ts'
import type { LoginProgress } from '../account/login-cookie.ts'
import type { Instant } from '../decide/head.ts'
import type { Headers } from '../decide/headers.ts'
import type { Session } from '../decide/session.ts'
import type { FailureCode } from '../errors.ts'
import type { AdminParts } from './parts.ts'
import type { Role } from './role.ts'

/** An administrator who is signed in, with a second factor. */
export interface Admin {
  readonly session: Session
  readonly name: string
  readonly role: Role
}

/** One request to one endpoint, read and admitted. */
export interface AdminCall<Query = unknown, Body = unknown> {
  readonly parts: AdminParts
  readonly at: Instant
  readonly headers: Headers
  readonly address: string
  /** Who and when, for the audit trail. */
  readonly cause: Cause
  /** From the path, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly query: Query
  readonly body: Body
  /** Of a change; empty for everything else. */
  readonly reason: string
  /** Null where anyone may call. */
  readonly admin: Admin | null
  /** A sign-in under way; null when there is none. */
  readonly progress: LoginProgress | null
}

export interface AdminRefusal {
  readonly kind: 'refused'
  readonly code: FailureCode
  /** For the person who reads it: why, and what to do. */
  readonly detail?: string
  readonly retryAfterMs?: number | null
  readonly cookies?: readonly string[]
}

export type Said<Answer> = { readonly kind: 'done'; readonly value: Answer; readonly cookies?: readonly string[] } | AdminRefusal

/**
 * Who may call. `anyone`: what leads to a session. `begun`: a sign-in that lacks its second factor. A role: whoever has it or a higher
 * one, signed in with a second factor.
 */
export type Callers = 'anyone' | 'begun' | Role

/** A row of the table, from which dispatch, the OpenAPI document and the matrix of roles are made. */
export interface AdminEndpoint {
  /** Its name in the document and in the audit trail. */
  readonly id: string
  readonly method: 'GET' | 'POST'
  /** Below `/admin`; `{name}` is one segment. */
  readonly path: string
  readonly callers: Callers
  /** Changes something beyond the caller's own sign-in: its body needs `reason`, which is in the audit trail before anything happens. */
  readonly change: boolean
  /** Needs a second factor that was shown within the last five minutes. */
  readonly grave: boolean
  /** Done also when it cannot be written down: it shuts, and must not wait for a disk that is full. */
  readonly evenUnwritten: boolean
  readonly about: string
  readonly query: z.ZodObject | null
  /** Without `reason`, which `change` adds. */
  readonly body: z.ZodObject | null
  /** Null: 204. What it does not name does not leave. */
  readonly answer: z.ZodType | null
  readonly run: (call: AdminCall) => Promise<Said<unknown>>
}

interface Row<Query extends z.ZodObject, Body extends z.ZodObject, Answer extends z.ZodType> extends Omit<
  AdminEndpoint,
  'query' | 'body' | 'answer' | 'run' | 'change' | 'grave' | 'evenUnwritten'
> {
  readonly change?: true
  readonly grave?: true
  readonly evenUnwritten?: true
  readonly query?: Query
  readonly body?: Body
  readonly answer: Answer | null
  readonly run: (call: AdminCall<z.output<Query>, z.output<Body>>) => Promise<Said<z.input<Answer>>>
}

/** Makes a row whose `run` sees what its schemas read. */
export function endpoint<Query extends z.ZodObject, Body extends z.ZodObject, Answer extends z.ZodType>({
  query,
  body,
  change,
  grave,
  evenUnwritten,
  ...row
}: Row<Query, Body, Answer>): AdminEndpoint {
  return {
    ...row,
    change: change ?? false,
    grave: grave ?? false,
    evenUnwritten: evenUnwritten ?? false,
    query: query ?? null,
    body: body ?? null,
    // Dispatch parses query and body with these very schemas before it runs.
    run: row.run as AdminEndpoint['run'],
  }
}

export function said<Answer>(value: Answer, cookies: readonly string[] = []): Said<Answer> {
  return { kind: 'done', value, cookies }
}

export function refused(code: FailureCode, detail?: string): AdminRefusal {
  return { kind: 'refused', code, ...(detail === undefined ? {} : { detail }) }
}

/** For rows that need an administrator: dispatch lets nobody else come so far. */
export function adminOf({ admin }: Pick<AdminCall, 'admin'>): Admin {
  if (admin === null) throw new Error('a row for administrators ran without one')
  return admin
}
