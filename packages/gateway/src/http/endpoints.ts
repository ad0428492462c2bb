import { createHash } from 'node:crypto'
import { auditEvent, browser, causedBy } from '../audit/event.ts'
import type { Answer } from '../answer.ts'
import { refuseSender, senderOf } from '../decide/origin.ts'
import { LANGUAGE_COOKIE, readCookie } from '../decide/cookies.ts'
import type { RequestHead } from '../decide/head.ts'
import type { Headers } from '../decide/headers.ts'
import type { Policy } from '../decide/policy.ts'
import { GateError } from '../errors.ts'
import type { EndpointsPart } from '../parts.ts'
import { isBelow } from '../decide/route.ts'
import type { Call, Endpoint, EndpointParts } from './endpoint.ts'
import type { PageContext } from './pages/frame.ts'
import { CHALLENGE_SCRIPT } from './pages/challenge-script.ts'
import { PAGE_SCRIPT } from './pages/script.ts'
import { styleSheet } from './pages/style.ts'
import { refusalPage } from './refusal-page.ts'
import { refuse, wantsPage } from './say.ts'
import { LANGUAGES, pickTexts } from './texts/pick.ts'
import { ENDPOINTS } from './endpoint-table.ts'

/** Where a page comes back to in another language. Of our own addresses only what is ours: a provider writes into the query of its answer. */
function hereOf(path: string, query: string, basePath: string): string {
  if (!isBelow(path, basePath)) return query === '' ? path : `${path}?${query}`
  const next = new URLSearchParams(query).get('next')
  return next === null ? path : `${path}?next=${encodeURIComponent(next)}`
}

/** The gateway's own endpoints as a part of the spine. Rejects for scripts; a person gets a page whatever goes wrong. */
export function createEndpoints(parts: EndpointParts): EndpointsPart {
  const { theme } = parts
  const version = createHash('sha256')
    .update(styleSheet(theme))
    .update(PAGE_SCRIPT)
    .update(CHALLENGE_SCRIPT)
    .update(theme.logo?.bytes ?? '')
    .digest('hex')
    .slice(0, 12)
  const pageOf = ({ basePath }: Policy, { headers, path, query }: RequestHead): PageContext => ({
    theme,
    basePath,
    version,
    texts: pickTexts(headers.get('accept-language'), chosenLanguage(headers)),
    languages: LANGUAGES,
    here: hereOf(path, query, basePath),
  })
  return {
    async answer(head, body, policy) {
      const call: Call = { head, body, policy, parts, page: pageOf(policy, head) }
      try {
        return await dispatch(call)
      } catch (cause) {
        // The spine notes the failure and answers with a problem; a person is to see a page instead.
        if (!wantsPage(head)) throw cause
        parts.observer.failure(head, cause)
        return cause instanceof GateError
          ? await refuse(call, cause.code, { retryAfterMs: cause.retryAfterMs })
          : await refuse(call, 'internal')
      }
    },
    toPage: (refusal, head, policy) => refusalPage(refusal, head, pageOf(policy, head), policy),
    idOf: endpointIdOf,
  }
}

function chosenLanguage(headers: Headers): string | null {
  const cookie = readCookie(headers, LANGUAGE_COOKIE)
  return cookie.kind === 'one' ? cookie.value : null
}

/** `login`, for the guard's `route.id`; null where there is no endpoint. */
export function endpointIdOf({ path }: RequestHead, { basePath }: Policy): string | null {
  const below = path.slice(basePath.length)
  return ENDPOINTS.some((endpoint) => endpoint.path === below) ? below.slice(1) : null
}

async function dispatch(call: Call): Promise<Answer> {
  const { head, policy } = call
  const below = isBelow(head.path, policy.basePath) ? head.path.slice(policy.basePath.length) : null
  const here = ENDPOINTS.filter(({ path, whole }) => (whole === true ? path === head.path : below !== null && fits(path, below)))
  if (here.length === 0) return await refuse(call, 'not_found')
  const method = head.method === 'HEAD' ? 'GET' : head.method
  const endpoint = here.find((row) => row.method === method)
  if (endpoint === undefined) return await refuse(call, 'method_not_allowed', { allow: allowed(here) })
  return (endpoint.callers === 'own-pages' ? await refuseCaller(call) : null) ?? (await endpoint.answer(call))
}

/** An `allowed` origin may call the APIs; signing in, out and everything else about the session is for our own pages (CSRF-10, SES-14). */
async function refuseCaller(call: Call): Promise<Answer | null> {
  const { head, policy, parts } = call
  const sender = senderOf(head, policy)
  const code = refuseSender(head, sender === 'allowed' ? 'foreign' : sender)
  if (code === null) return null
  const target = `${head.method} ${head.path}`
  parts.audit.note(
    auditEvent({ ...causedBy(head), kind: 'request.refused', actor: browser(null, null), target, result: 'refused', reason: code }),
  )
  return await refuse(call, code)
}

/** `/callback/*` takes `/callback/acme`. */
function fits(pattern: string, path: string): boolean {
  if (!pattern.endsWith('/*')) return pattern === path
  const stem = pattern.slice(0, -1)
  return path.startsWith(stem) && /^[a-z0-9-]+$/.test(path.slice(stem.length))
}

function allowed(rows: readonly Endpoint[]): readonly string[] {
  return rows.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
}
