import type { IncomingMessage } from 'node:http'
import type { Answer } from '../answer.ts'
import { auditEvent } from '../audit/event.ts'
import { clientOf, readPeer } from '../decide/client.ts'
import { ADMIN_COOKIE, readCookie } from '../decide/cookies.ts'
import { counterKey, type Hit } from '../decide/counters.ts'
import { hasSecondFactor, isFresh } from '../decide/freshness.ts'
import { headersFrom } from '../decide/headers.ts'
import { identify } from '../decide/session.ts'
import { GateError } from '../errors.ts'
import { problem } from '../http/problem.ts'
import { cookieLines, sayJson, sayNothing } from '../http/say.ts'
import { ask } from '../store/ask.ts'
import { FRESH_MS } from './begin-session.ts'
import type { Admin, AdminCall, AdminEndpoint, AdminRefusal } from './endpoint.ts'
import { findEndpoint } from './find-endpoint.ts'
import type { AdminParts } from './parts.ts'
import { readRequest } from './read-request.ts'
import { reaches, roleOf } from './role.ts'

/** Requests of whoever is not signed in, from one address: a sign-in takes three. */
export const STRANGERS = { burst: 60, max: 30, perMs: 60_000 } as const

/** One request below `/admin`. In this order: is there such an endpoint, who asks, may he, is it fresh, is it readable, is it written down – then it happens. */
export async function dispatchAdmin(
  parts: AdminParts,
  rows: readonly AdminEndpoint[],
  request: IncomingMessage,
  requestId: string,
): Promise<Answer> {
  const [path = '', search = ''] = splitOnce(request.url ?? '', '?')
  const found = findEndpoint(rows, request.method ?? '', path.slice('/admin'.length))
  if (found.kind === 'none') return problem('not_found', { request: requestId })
  if (found.kind === 'other-method') return problem('method_not_allowed', { request: requestId, allow: found.allow })
  const { endpoint, params } = found
  // A form of another website cannot send it; no page of another origin may, without being asked first.
  if (endpoint.method === 'POST' && request.headers['x-csrf'] !== '1') return problem('csrf_header_missing', { request: requestId })
  const headers = headersFrom(request.rawHeaders)
  const at = parts.clock()
  // Behind the operator's proxy a throttle must not take everybody for one.
  const { address } = clientOf(readPeer(request.socket.remoteAddress ?? '', false), headers, parts.policy().trustedProxies)
  const admin = await adminOf(parts, headers, at)
  const actor = {
    via: 'admin',
    account: admin?.name ?? null,
    session: admin === null ? null : parts.admins.label(admin.session.id),
  } as const
  const cause = { at, request: requestId, address, actor }
  const call = {
    parts,
    at,
    headers,
    address,
    cause,
    params,
    query: {},
    body: {},
    reason: '',
    admin,
    progress: parts.admins.loginCookies.open({ headers, at }),
  }
  const shut = (await refuseStranger(call)) ?? refuseCaller(endpoint, call)
  if (shut !== null) return answerRefusal(call, endpoint, shut, requestId)
  const read = await readRequest(request, endpoint, search)
  if (read.kind === 'refused') return answerRefusal(call, endpoint, { ...read }, requestId)
  const reason = read.reason ?? ''
  if (endpoint.change) await writeDown(call, endpoint, path, reason)
  const outcome = await endpoint.run({ ...call, query: read.query, body: read.body, reason })
  if (outcome.kind === 'refused') return answerRefusal(call, endpoint, outcome, requestId)
  const cookies = outcome.cookies ?? []
  return endpoint.answer === null
    ? sayNothing(cookieLines(cookies))
    : // What the document does not name does not leave.
      sayJson(200, endpoint.answer.parse(outcome.value) as object, cookies)
}

/** Who asks: null for whoever shows no session that counts, or one without a second factor. */
async function adminOf({ admins }: AdminParts, headers: AdminCall['headers'], at: number): Promise<Admin | null> {
  const cookie = readCookie(headers, ADMIN_COOKIE)
  if (cookie.kind !== 'one') return null
  const visitor = identify(await ask(() => admins.sessions.claim(cookie.value)), null, admins.limits, at)
  if (visitor.kind !== 'known' || !hasSecondFactor(visitor.session)) return null
  const role = roleOf(visitor.roles)
  if (role === null) return null
  if (visitor.touch) await ask(() => admins.sessions.touch(visitor.session.id, at))
  return { session: visitor.session, name: visitor.session.name, role }
}

async function refuseStranger({ parts, admin, address, at }: AdminCall): Promise<AdminRefusal | null> {
  if (admin !== null) return null
  const hit: Hit = { key: counterKey('admin-stranger', address), limit: STRANGERS, keepMs: STRANGERS.perMs * 4 }
  const [count] = await ask(() => parts.admins.stores.counters.add([hit], at))
  if (count !== undefined && !count.over) return null
  return { kind: 'refused', code: 'too_many_attempts', retryAfterMs: count?.retryAfterMs ?? STRANGERS.perMs }
}

function refuseCaller({ callers, grave }: AdminEndpoint, { admin, progress, at }: AdminCall): AdminRefusal | null {
  if (callers === 'anyone') return null
  if (callers === 'begun') return progress === null ? { kind: 'refused', code: 'login_outdated' } : null
  if (admin === null) return { kind: 'refused', code: 'session_required' }
  if (!reaches(admin.role, callers)) return { kind: 'refused', code: 'role_required' }
  if (grave && !isFresh(admin.session, FRESH_MS, at)) return { kind: 'refused', code: 'step_up_required' }
  return null
}

/** Durable before anything happens: a change that cannot be written down is not made. */
async function writeDown(
  { parts, cause, admin }: AdminCall,
  { id, evenUnwritten }: AdminEndpoint,
  target: string,
  reason: string,
): Promise<void> {
  const detail = { operation: id, role: admin?.role ?? '' }
  const written = parts.audit.commit(auditEvent({ ...cause, kind: 'admin.acted', target, reason, detail }))
  await (evenUnwritten ? written.catch(() => undefined) : written)
}

function answerRefusal(
  { parts, cause }: AdminCall,
  endpoint: AdminEndpoint,
  { code, detail, retryAfterMs, cookies }: AdminRefusal,
  requestId: string,
): Answer {
  const target = `${endpoint.method} /admin${endpoint.path}`
  parts.audit.note(auditEvent({ ...cause, kind: 'request.refused', target, result: 'refused', reason: code }))
  const made = problem(code, {
    request: requestId,
    ...(detail === undefined ? {} : { detail }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(code === 'step_up_required' ? { stepUp: '/admin/step-up', maxAge: FRESH_MS / 1000 } : {}),
    ...(code === 'session_required' ? { login: '/admin/login' } : {}),
  })
  return { ...made, headers: [...made.headers, ...cookieLines(cookies ?? [])] }
}

/** A failure on the way, as a problem; its cause is the operator's. */
export function adminFailure(cause: unknown, requestId: string): Answer {
  if (cause instanceof GateError) return problem(cause.code, { request: requestId, retryAfterMs: cause.retryAfterMs })
  return problem('internal', { request: requestId })
}

function splitOnce(text: string, sign: string): readonly string[] {
  const at = text.indexOf(sign)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}
