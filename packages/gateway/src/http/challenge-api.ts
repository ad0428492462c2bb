import type { Answer } from '../answer.ts'
import { auditEvent, browser, causedBy } from '../audit/event.ts'
import type { Call, Endpoint } from './endpoint.ts'
import { readFields } from './fields.ts'
import { CHALLENGE_SCRIPT } from './pages/challenge-script.ts'
import { asset } from './assets-api.ts'
import { nextPath } from '../decide/next.ts'
import { cookieLines, goTo, refuse, sayNothing } from './say.ts'

/** `POST /auth/challenge`: a solution, once; 204 and the pass cookie, or, for the page’s form, on to `next`. */
async function clearChallenge(call: Call): Promise<Answer> {
  const { head, parts } = call
  const read = await readFields(head, call.body)
  if (read.kind === 'refused') return await refuse(call, read.code)
  const solution = read.fields.get('solution')
  if (solution === undefined) return await refuse(call, 'body_unreadable')
  const redeemed = await parts.challenges.redeem(head, solution)
  const event = { ...causedBy(head), actor: browser(null, null) }
  if (redeemed.kind === 'refused') {
    parts.audit.note(auditEvent({ ...event, kind: 'challenge.failed', result: 'refused', reason: redeemed.why }))
    return await refuse(call, 'challenge_failed')
  }
  const { route, difficulty } = redeemed.clearance
  parts.audit.note(auditEvent({ ...event, kind: 'challenge.cleared', target: route, detail: { difficulty } }))
  const cookies = cookieLines([redeemed.setCookie])
  const { basePath } = call.policy
  const pages = [`${basePath}/login`, `${basePath}/password`]
  return read.from === 'form' ? goTo(nextPath(read.fields.get('next') ?? null, basePath, pages), cookies) : sayNothing(cookies)
}

function challengeScript(call: Call): Answer {
  return asset(call, 'text/javascript; charset=utf-8', Buffer.from(CHALLENGE_SCRIPT))
}

/** Rows of the table. */
export const CHALLENGE_ENDPOINTS: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/challenge',
    callers: 'own-pages',
    answer: clearChallenge,
    about:
      'Hands in the solution of a `challenge_required`: JSON `{ solution }`: 204 and the pass cookie, 403 `challenge_failed`. The page’s form: 303 to `next`. See docs/guard-actions.md.',
  },
  {
    method: 'GET',
    path: '/challenge.js',
    callers: 'anyone',
    answer: challengeScript,
    about: 'The script of the page that challenges a browser.',
  },
]
