import type { Answer } from '../answer.ts'
import { hashesOf, isShown } from '../account/factors.ts'
import { demandsSecondFactor } from '../decide/freshness.ts'
import type { Factor, Session } from '../decide/session.ts'
import { FAILURES, type FailureCode } from '../errors.ts'
import { ask } from '../store/ask.ts'
import { beginSession } from './begin-session.ts'
import type { Call } from './endpoint.ts'
import { factorSubject, type FactorSubject } from './factor-subject.ts'
import { readFields } from './fields.ts'
import { type FactorLine, factorsPage } from './pages/factors.ts'
import { recoveryCodesPage } from './pages/recovery-codes.ts'
import { problem } from './problem.ts'
import { cookieLines, goTo, refuse, sayJson, sayPage, wantsPage } from './say.ts'
import { failureText } from './texts/pick.ts'

type OwnSession = Extract<FactorSubject, { kind: 'session' }>

/** `GET /auth/factors`: what one shows beside the password, as a page or as JSON. */
export async function showFactors(call: Call): Promise<Answer> {
  const subject = await factorSubject(call)
  if (subject.kind === 'answer') return subject.answer
  if (subject.kind === 'login') return goTo(`${call.page.basePath}/factors/totp`)
  return await listed(call, subject, [])
}

/** `POST /auth/factors/remove`: JSON `{id}`. All other sessions end, and the last one stays where the owner demands one (MFA-24). */
export async function removeFactor(call: Call): Promise<Answer> {
  const read = await readFields(call.head, call.body)
  if (read.kind === 'refused') return await refuse(call, read.code)
  const id = read.fields.get('id')
  if (id === undefined) return await refuse(call, 'body_unreadable')
  const subject = await factorSubject(call)
  if (subject.kind === 'answer') return subject.answer
  if (subject.kind === 'login') return await refuse(call, 'session_required')
  const isDemanded = demandsSecondFactor(call.policy.secondFactor, subject.roles)
  const removed = await call.parts.factors.remove(subject.owner, id, isDemanded, subject.cause)
  switch (removed) {
    case 'unknown':
      return await refuse(call, 'not_found')
    case 'last_factor':
      return read.from === 'json' ? problem('last_factor', { request: call.head.id }) : await listed(call, subject, ['last_factor'])
    case 'removed': {
      const left = (await call.parts.factors.list(subject.owner.id)).some(isShown)
      // The session is worth what the account can still show.
      const factors = subject.session.factors.filter(({ kind }) => left || kind === 'password')
      const begun = await goOn(call, subject.session, factors)
      if (begun.kind === 'answer') return begun.answer
      return read.from === 'form'
        ? goTo(`${call.page.basePath}/factors?changed`, cookieLines(begun.cookies))
        : sayJson(200, { removed: id }, begun.cookies)
    }
  }
}

/** `POST /auth/factors/recovery-codes`: new ones, shown once; those before open nothing any more. */
export async function renewRecoveryCodes(call: Call): Promise<Answer> {
  const subject = await factorSubject(call)
  if (subject.kind === 'answer') return subject.answer
  const { factors } = call.parts
  if (subject.kind === 'login' || !(await factors.list(subject.owner.id)).some(isShown)) return await refuse(call, 'second_factor_required')
  const codes = await factors.makeRecoveryCodes(subject.owner, subject.cause)
  if (wantsPage(call.head)) return sayPage(200, await recoveryCodesPage(call.page, codes, `${call.page.basePath}/factors`))
  return sayJson(200, { recoveryCodes: codes })
}

/** After a change every session ends; this one goes on under a new identifier (SES-16). */
export async function goOn(
  call: Call,
  session: Session,
  factors: readonly Factor[],
): Promise<{ readonly kind: 'begun'; readonly cookies: readonly string[] } | { readonly kind: 'answer'; readonly answer: Answer }> {
  const { parts, head } = call
  const account = await parts.accounts.get(session.account)
  if (account === null || account.disabledAt !== null) return { kind: 'answer', answer: await refuse(call, 'session_required') }
  await ask(() => parts.sessions.endAll(session.account, head.at, 'factors-changed'))
  const begun = await beginSession(call, { account, factors, shown: null, device: parts.devices.open(head) })
  return begun.kind === 'refused' ? { kind: 'answer', answer: await refuse(call, begun.code) } : begun
}

/** The page again, with what went wrong. */
export async function showRefusedFactor(call: Call, subject: OwnSession, code: FailureCode): Promise<Answer> {
  return await listed(call, subject, [code])
}

async function listed(call: Call, { session, roles, owner }: OwnSession, codes: readonly FailureCode[]): Promise<Answer> {
  const { page, head } = call
  const own = await call.parts.factors.list(owner.id)
  const factors = own.flatMap(({ id, kind, name, createdAt, lastUsedAt }): readonly FactorLine[] =>
    kind === 'recovery-codes' ? [] : [{ id, kind, name, createdAt, lastUsedAt }],
  )
  const set = own.find(({ kind }) => kind === 'recovery-codes')
  const codesLeft = set === undefined ? null : hashesOf(set).length
  if (!wantsPage(head)) {
    const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())
    const shown = factors.map((factor) => ({ ...factor, createdAt: iso(factor.createdAt), lastUsedAt: iso(factor.lastUsedAt) }))
    return sayJson(200, { factors: shown, recoveryCodesLeft: codesLeft ?? 0 })
  }
  const isDemanded = demandsSecondFactor(call.policy.secondFactor, roles)
  const errors = codes.map((code) => failureText(page.texts, code))
  // Any link can say that it was changed; only a session that began with the change makes it so.
  const isDone = head.query === 'changed' && head.at - session.createdAt < 60_000
  const markup = await factorsPage(page, { factors, codesLeft, isDemanded, isDone, errors })
  const [code] = codes
  return code === undefined ? sayPage(200, markup) : sayPage(FAILURES[code].status, markup, [['cloakroom-error', code]])
}
