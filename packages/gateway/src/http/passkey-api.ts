import type { Begun, CeremonyKind } from '../account/passkeys.ts'
import { isShown, MOST_FACTORS } from '../account/factors.ts'
import type { Answer } from '../answer.ts'
import { browser, causedBy } from '../audit/event.ts'
import { plainText } from '../audit/plain-text.ts'
import { PASSKEY_COOKIE, readCookie } from '../decide/cookies.ts'
import type { FailureCode } from '../errors.ts'
import { writeCookie } from '../session/cookie.ts'
import type { Call } from './endpoint.ts'
import { factorAdded } from './factor-added.ts'
import { factorSubject } from './factor-subject.ts'
import { showRefusedFactor } from './factors-api.ts'
import { readFields } from './fields.ts'
import { answerLogin } from './login-answer.ts'
import { landing } from './own-pages.ts'
import { problem } from './problem.ts'
import { refuse, sayJson } from './say.ts'
import { visitorOf } from './visitor.ts'

/** `POST /auth/passkey/options`: JSON `{for}` → what `navigator.credentials` takes; the challenge stays with this browser, sealed in a cookie. */
export async function passkeyOptions(call: Call): Promise<Answer> {
  const { parts } = call
  const read = await readFields(call.head, call.body)
  if (read.kind === 'refused') return await refuse(call, read.code)
  if (!parts.passkeys.isOffered()) return await refuse(call, 'not_found')
  const begun = await begin(call, read.fields.get('for') ?? '')
  if ('answer' in begun) return begun.answer
  return sayJson(200, begun.options, [writeCookie({ name: PASSKEY_COOKIE, value: begun.ceremony, maxAgeMs: CEREMONY_MS })])
}

async function begin(call: Call, kind: string): Promise<Begun | { readonly answer: Answer }> {
  const { head, parts } = call
  const own = (account: string) => parts.factors.list(account)
  switch (kind as CeremonyKind) {
    case 'sign-in':
      return await parts.passkeys.beginUse('sign-in', null, [], head.at)
    case 'second-factor': {
      const progress = parts.loginCookies.open(head)
      const account = progress?.state.step === 'second-factor' ? await parts.login.resume(progress) : null
      if (account === null) return { answer: await refuse(call, 'login_outdated') }
      return await parts.passkeys.beginUse('second-factor', account, await own(account.id), head.at)
    }
    case 'step-up': {
      const visitor = await visitorOf(call)
      if (visitor?.kind !== 'known') return { answer: await refuse(call, visitor === null ? 'duplicate_cookie' : 'session_required') }
      const owner = { id: visitor.session.account, name: visitor.session.name }
      return await parts.passkeys.beginUse('step-up', owner, await own(owner.id), head.at)
    }
    case 'register': {
      const subject = await factorSubject(call)
      if (subject.kind === 'answer') return subject
      return await parts.passkeys.beginRegister(subject.owner, await own(subject.owner.id), head.at)
    }
    default:
      return { answer: await refuse(call, 'body_unreadable') }
  }
}

/** `POST /auth/login/passkey`: signs in by a passkey alone. JSON `{passkey}`: 200 as for `/auth/login`; the page's form → 303. */
export async function submitPasskeyLogin(call: Call): Promise<Answer> {
  const { head, parts } = call
  if (!call.policy.ownAccounts) return await refuse(call, 'not_found')
  const read = await readFields(head, call.body)
  if (read.kind === 'refused') return await refuse(call, read.code)
  const response = read.fields.get('passkey')
  if (response === undefined) return await refuse(call, 'body_unreadable')
  const visitor = await visitorOf(call)
  if (visitor === null) return await refuse(call, 'duplicate_cookie')
  const next = landing(call, read.fields.get('next') ?? null)
  const attempt = { ceremony: ceremonyOf(call), response, address: head.client, device: parts.devices.open(head), next }
  const outcome = await parts.passkeyLogin(attempt, { ...causedBy(head), actor: browser(null, null) })
  const shown = visitor.kind === 'known' ? visitor.session : null
  return await answerLogin(call, outcome, { from: read.from, name: '', next, shown, progress: null })
}

/** `POST /auth/factors/passkey`: adds a passkey. JSON `{passkey, name}`; the page's form. */
export async function submitPasskey(call: Call): Promise<Answer> {
  const { head, parts, page } = call
  const read = await readFields(head, call.body)
  if (read.kind === 'refused') return await refuse(call, read.code)
  const subject = await factorSubject(call)
  if (subject.kind === 'answer') return subject.answer
  const response = read.fields.get('passkey')
  if (response === undefined) return await refuse(call, 'body_unreadable')
  const own = await parts.factors.list(subject.owner.id)
  const name = plainText((read.fields.get('name') ?? '').trim(), 60)
  const shown = name === '' ? page.texts.factors.passkey : name
  const added: FailureCode | 'added' =
    own.length >= MOST_FACTORS
      ? 'factor_limit'
      : await parts.passkeys.register(subject.owner, ceremonyOf(call), response, shown, subject.cause)
  if (added === 'added') return await factorAdded(call, subject, { kind: 'passkey', from: read.from, isFirst: !own.some(isShown) })
  if (read.from === 'json' || subject.kind === 'login')
    return read.from === 'json' ? problem(added, { request: head.id }) : await refuse(call, added)
  return await showRefusedFactor(call, subject, added)
}

/** Empty where there is none: it opens nothing. */
export function ceremonyOf({ head }: Call): string {
  const cookie = readCookie(head.headers, PASSKEY_COOKIE)
  return cookie.kind === 'one' ? cookie.value : ''
}

const CEREMONY_MS = 300_000
