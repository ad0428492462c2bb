import type { Answer } from '../answer.ts'
import { isShown } from '../account/factors.ts'
import { newSeed, seedUri } from '../account/totp.ts'
import { withFactor } from '../decide/freshness.ts'
import { FAILURES, type FailureCode } from '../errors.ts'
import { beginSession } from './begin-session.ts'
import type { Call } from './endpoint.ts'
import { factorSubject, type FactorSubject } from './factor-subject.ts'
import { goOn } from './factors-api.ts'
import { type BodyKind, readFields } from './fields.ts'
import { endProgress } from './login-answer.ts'
import { addTotpPage } from './pages/add-totp.ts'
import { recoveryCodesPage } from './pages/recovery-codes.ts'
import { problem } from './problem.ts'
import { cookieLines, goTo, refuse, sayJson, sayPage } from './say.ts'
import { failureText } from './texts/pick.ts'

type Subject = Exclude<FactorSubject, { kind: 'answer' }>

/** `GET /auth/factors/totp`: a new seed as a QR code. */
export async function showTotp(call: Call): Promise<Answer> {
  const subject = await factorSubject(call)
  if (subject.kind === 'answer') return subject.answer
  const seed = await newSeed(call.parts.random)
  return sayPage(200, await page(call, subject, seed, call.page.texts.totp.defaultName, []))
}

/** `POST /auth/factors/totp`: JSON `{}` → a seed; then `{enrolment, code, name}` → it is added. The first factor comes with recovery codes, shown once. */
export async function submitTotp(call: Call): Promise<Answer> {
  const { head, parts } = call
  const read = await readFields(head, call.body)
  if (read.kind === 'refused') return await refuse(call, read.code)
  const subject = await factorSubject(call)
  if (subject.kind === 'answer') return subject.answer
  const { owner, cause } = subject
  const code = read.fields.get('code')
  if (code === undefined) {
    const seed = await newSeed(parts.random)
    const enrolment = parts.enrolments.seal(owner.id, seed, head.at)
    return sayJson(200, { key: seed, uri: await seedUri(seed, call.page.theme.name, owner.name), enrolment })
  }
  const seed = parts.enrolments.open(read.fields.get('enrolment') ?? '', owner.id, head.at)
  const name = (read.fields.get('name') ?? '').trim().slice(0, LONGEST_NAME)
  if (seed === null)
    return read.from === 'json' ? problem('login_outdated', { request: head.id }) : goTo(`${call.page.basePath}/factors/totp`)
  const isFirst = !(await parts.factors.list(owner.id)).some(isShown)
  const added = await parts.factors.addTotp(owner, seed, code, name, cause)
  if (added !== 'added') return await again(call, subject, read.from, { seed, name, code: added })
  const codes = isFirst ? await parts.factors.makeRecoveryCodes(owner, cause) : null
  return await finish(call, subject, read.from, codes)
}

const LONGEST_NAME = 60

async function finish(call: Call, subject: Subject, from: BodyKind, codes: readonly string[] | null): Promise<Answer> {
  const { head, page: context } = call
  const done = await goOnAs(call, subject)
  if (done.kind === 'answer') return done.answer
  const { cookies } = done
  if (from === 'json')
    return sayJson(
      200,
      { added: 'totp', at: new Date(head.at).toISOString(), ...(codes === null ? {} : { recoveryCodes: codes }) },
      cookies,
    )
  if (codes === null) return goTo(done.next, cookieLines(cookies))
  return sayPage(200, await recoveryCodesPage(context, codes, done.next), cookieLines(cookies))
}

type Done =
  | { readonly kind: 'done'; readonly cookies: readonly string[]; readonly next: string }
  | { readonly kind: 'answer'; readonly answer: Answer }

/** A session goes on with the factor that it has just shown; a login takes its next step. */
async function goOnAs(call: Call, subject: Subject): Promise<Done> {
  const { head, parts, page: context } = call
  if (subject.kind === 'session') {
    const begun = await goOn(call, subject.session, withFactor(subject.session.factors, { kind: 'totp', at: head.at }))
    return begun.kind === 'answer' ? begun : { kind: 'done', cookies: begun.cookies, next: `${context.basePath}/factors?changed` }
  }
  const { progress, account, cause } = subject
  const outcome = await parts.login.prove(progress, account, { kind: 'enrolled-totp', holds: true }, cause)
  switch (outcome.kind) {
    case 'granted': {
      const begun = await beginSession(call, { ...outcome, shown: null, device: parts.devices.open(head) })
      if (begun.kind === 'refused') return { kind: 'answer', answer: await refuse(call, begun.code) }
      return { kind: 'done', cookies: [...begun.cookies, ...endProgress(call)], next: progress.next }
    }
    case 'next':
      return { kind: 'done', cookies: [parts.loginCookies.keep(outcome.progress, head.at)], next: `${context.basePath}/login` }
    case 'refused':
      return { kind: 'answer', answer: await refuse(call, outcome.code) }
    case 'throttled':
      return { kind: 'answer', answer: await refuse(call, 'too_many_attempts', { retryAfterMs: outcome.retryAfterMs }) }
  }
}

interface Wrong {
  readonly seed: string
  readonly name: string
  readonly code: FailureCode
}

async function again(call: Call, subject: Subject, from: BodyKind, { seed, name, code }: Wrong): Promise<Answer> {
  if (from === 'json') return problem(code, { request: call.head.id })
  const markup = await page(call, subject, seed, name, [failureText(call.page.texts, code)])
  return sayPage(FAILURES[code].status, markup, [['cloakroom-error', code]])
}

async function page(call: Call, subject: Subject, seed: string, name: string, errors: readonly string[]): Promise<string> {
  const uri = await seedUri(seed, call.page.theme.name, subject.owner.name)
  const enrolment = call.parts.enrolments.seal(subject.owner.id, seed, call.head.at)
  return await addTotpPage(call.page, { uri, seed, enrolment, name, isDemanded: subject.kind === 'login', errors })
}
