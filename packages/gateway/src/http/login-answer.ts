import type { LoginStepView } from '@cloakroom/contract'
import type { LoginOutcome } from '../account/login.ts'
import type { LoginProgress } from '../account/login-cookie.ts'
import type { Answer } from '../answer.ts'
import { browser, causedBy } from '../audit/event.ts'
import { PROGRESS_COOKIE, readCookie } from '../decide/cookies.ts'
import { leastLength } from '../decide/password-policy.ts'
import { demandsSecondFactor } from '../decide/freshness.ts'
import type { Provider } from '../decide/provider.ts'
import type { Session } from '../decide/session.ts'
import type { FailureCode } from '../errors.ts'
import { ask } from '../store/ask.ts'
import { beginSession } from './begin-session.ts'
import { pendingSession } from './enter-with.ts'
import { clearCookie } from './clear-cookie.ts'
import type { Call } from './endpoint.ts'
import type { BodyKind } from './fields.ts'
import { linkMailedPage } from './pages/recovery.ts'
import { newPasswordPage } from './pages/new-password.ts'
import { secondFactorPage } from './pages/second-factor.ts'
import { signInPage } from './pages/sign-in.ts'
import { recoveredCookie } from './recovered.ts'
import { problem } from './problem.ts'
import { cookieLines, goTo, sayJson, sayPage } from './say.ts'
import { sessionView } from './session-api.ts'
import { failureText } from './texts/pick.ts'
import { waitingTime } from './waiting-time.ts'

/** What a step was sent with. */
export interface SentStep {
  readonly from: BodyKind
  /** As typed, at the first step. */
  readonly name: string
  readonly next: string
  /** The session that was shown with the request; it ends with a login (SES-03). */
  readonly shown: Session | null
  /** Null at the first step. */
  readonly progress: LoginProgress | null
}

/** What came of one step of a login: a session, the next step, or this one again. The same for scripts and for pages. */
export async function answerLogin(call: Call, outcome: LoginOutcome, sent: SentStep): Promise<Answer> {
  const { head, parts, page, policy } = call
  switch (outcome.kind) {
    case 'granted': {
      const isGiven = outcome.factors.some(({ kind }) => kind === 'oidc')
      const account = isGiven ? await parts.providers.identities.withRoles(outcome.account) : outcome.account
      const begun = await beginSession(call, { ...outcome, account, shown: sent.shown, device: parts.devices.open(head) })
      if (begun.kind === 'refused') return await again(call, sent, begun.code)
      // What a provider gave at the first step of this login has waited for its session.
      if (sent.progress !== null) {
        const pending = pendingSession(sent.progress.id)
        await parts.providers.grants.follow(pending, begun.session.id)
        if (isGiven && (await parts.providers.signOuts.coversLogin(pending))) {
          await ask(() => parts.sessions.end(begun.session, head.at, 'ended-by-provider'))
          return await again(call, sent, 'sign_in_refused')
        }
      }
      const cookies = [...begun.cookies, ...endProgress(call)]
      if (sent.from === 'form') return goTo(sent.next, cookieLines(cookies))
      return sayJson(200, sessionView(begun.session, account.roles, policy.sessions), cookies)
    }
    case 'recovered': {
      const cookies = [recoveredCookie(), ...endProgress(call)]
      if (sent.from === 'form') return goTo(`${page.basePath}/login`, cookieLines(cookies))
      return sayJson(200, { active: false, next: 'sign-in', methods: [] } satisfies LoginStepView, cookies)
    }
    case 'next': {
      const { progress } = outcome
      if (progress.state.step === 'mail-link')
        parts.recovery?.remind(progress.account, page.texts.language, { ...causedBy(head), actor: browser(null, null) })
      const cookies = [parts.loginCookies.keep(progress, head.at)]
      if (sent.from === 'form') return goTo(`${page.basePath}/login`, cookieLines(cookies))
      return sayJson(200, stepView(outcome), cookies)
    }
    case 'refused':
      return await again(call, sent, outcome.code)
    case 'throttled':
      return await again(call, sent, 'too_many_attempts', outcome.retryAfterMs)
  }
}

/** The page of the step that a login is at. */
export async function stepPage(call: Call, progress: LoginProgress, name: string, errors: readonly string[]): Promise<string | null> {
  switch (progress.state.step) {
    case 'second-factor':
      return await secondFactorPage(call.page, errors, await call.parts.login.methods(progress))
    case 'new-password': {
      const roles = (await call.parts.accounts.get(progress.account))?.roles ?? []
      const least = leastLength(demandsSecondFactor(call.policy.secondFactor, roles))
      return await newPasswordPage(call.page, { account: name, least, errors, isRecovery: progress.state.isRecovery === true })
    }
    case 'mail-link':
      return await linkMailedPage(call.page, name)
    case 'enrol':
    case 'identify':
      return null
  }
}

/** The Set-Cookie line that ends a login in progress, where the browser has one. */
export function endProgress({ head }: Call): readonly string[] {
  return readCookie(head.headers, PROGRESS_COOKIE).kind === 'absent' ? [] : [clearCookie(PROGRESS_COOKIE)]
}

function stepView({ progress, methods }: Extract<LoginOutcome, { kind: 'next' }>): LoginStepView {
  const { step } = progress.state
  return { active: false, next: step === 'identify' ? 'second-factor' : step, methods }
}

/** The same status, words and fields for a wrong password and for a name that does not exist (PWD-12). */
async function again(call: Call, sent: SentStep, code: FailureCode, retryAfterMs: number | null = null): Promise<Answer> {
  const { page, head } = call
  const bare = problem(code, { request: head.id, retryAfterMs })
  // A login that cannot go on is forgotten; the others may be tried again at the same step.
  const isOver = sent.progress !== null && (code === 'login_outdated' || code === 'login_failed')
  const cookies = cookieLines(isOver ? endProgress(call) : [])
  if (sent.from === 'json') return { ...bare, headers: [...bare.headers, ...cookies] }
  const { texts } = page
  const wait = retryAfterMs === null ? [] : [texts.tryAgainIn(waitingTime(retryAfterMs, texts.language))]
  const advice = code === 'login_failed' ? [texts.signIn.knownDevice] : wait
  const errors = [failureText(texts, code), ...advice]
  const kept = [...bare.headers.filter(([field]) => field === 'cloakroom-error' || field === 'retry-after'), ...cookies]
  const step = sent.progress === null || isOver ? null : await stepPage(call, sent.progress, sent.name, errors)
  if (step !== null) return sayPage(bare.status, step, kept)
  const account = sent.name.slice(0, LONGEST_ECHO)
  return sayPage(
    bare.status,
    await signInPage(page, { ...waysIn(call), account, next: sent.next, errors, isInvalid: code === 'login_failed' }),
    kept,
  )
}

/** The buttons, fields and links of the sign-in page. */
export function waysIn({ parts, policy: { providers, ownAccounts } }: Call): {
  readonly providers: readonly Provider[]
  readonly ownAccounts: boolean
  readonly canRecover: boolean
} {
  return { providers, ownAccounts, canRecover: ownAccounts && parts.recovery !== null }
}

/** No name is longer; what is typed by mistake need not come back whole. */
const LONGEST_ECHO = 128
