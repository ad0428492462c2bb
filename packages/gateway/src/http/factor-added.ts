import type { Answer } from '../answer.ts'
import { withFactor } from '../decide/freshness.ts'
import { beginSession } from './begin-session.ts'
import type { Call } from './endpoint.ts'
import type { FactorSubject } from './factor-subject.ts'
import { goOn } from './factors-api.ts'
import type { BodyKind } from './fields.ts'
import { endProgress } from './login-answer.ts'
import { recoveryCodesPage } from './pages/recovery-codes.ts'
import { cookieLines, goTo, refuse, sayJson, sayPage } from './say.ts'

export type EnrolSubject = Exclude<FactorSubject, { kind: 'answer' }>

/** A factor was added: a session goes on with it, a login takes its next step. The first one comes with recovery codes, shown once. */
export async function factorAdded(
  call: Call,
  subject: EnrolSubject,
  { kind, from, isFirst }: { readonly kind: 'totp' | 'passkey'; readonly from: BodyKind; readonly isFirst: boolean },
): Promise<Answer> {
  const codes = isFirst ? await call.parts.factors.makeRecoveryCodes(subject.owner, subject.cause) : null
  const done = await goOnAs(call, subject, kind)
  if (done.kind === 'answer') return done.answer
  const { cookies, next } = done
  if (from === 'json') return sayJson(200, { added: kind, ...(codes === null ? {} : { recoveryCodes: codes }) }, cookies)
  if (codes === null) return goTo(next, cookieLines(cookies))
  return sayPage(200, await recoveryCodesPage(call.page, codes, next), cookieLines(cookies))
}

type Done =
  | { readonly kind: 'done'; readonly cookies: readonly string[]; readonly next: string }
  | { readonly kind: 'answer'; readonly answer: Answer }

async function goOnAs(call: Call, subject: EnrolSubject, kind: 'totp' | 'passkey'): Promise<Done> {
  const { head, parts, page: context } = call
  if (subject.kind === 'session') {
    const begun = await goOn(call, subject.session, withFactor(subject.session.factors, { kind, at: head.at }))
    return begun.kind === 'answer' ? begun : { kind: 'done', cookies: begun.cookies, next: `${context.basePath}/factors?changed` }
  }
  const { progress, account, cause } = subject
  const outcome = await parts.login.prove(progress, account, { kind: `enrolled-${kind}`, holds: true }, cause)
  switch (outcome.kind) {
    case 'granted': {
      const begun = await beginSession(call, { ...outcome, shown: null, device: parts.devices.open(head) })
      if (begun.kind === 'refused') return { kind: 'answer', answer: await refuse(call, begun.code) }
      return { kind: 'done', cookies: [...begun.cookies, ...endProgress(call)], next: progress.next }
    }
    case 'next':
      return { kind: 'done', cookies: [parts.loginCookies.keep(outcome.progress, head.at)], next: `${context.basePath}/login` }
    case 'recovered':
      return { kind: 'answer', answer: await refuse(call, 'login_outdated') }
    case 'refused':
      return { kind: 'answer', answer: await refuse(call, outcome.code) }
    case 'throttled':
      return { kind: 'answer', answer: await refuse(call, 'too_many_attempts', { retryAfterMs: outcome.retryAfterMs }) }
  }
}
