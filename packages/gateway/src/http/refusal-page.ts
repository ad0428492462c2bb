import type { Problem } from '@cloakroom/contract'
import type { Answer } from '../answer.ts'
import { challengeForm } from '../decide/challenge.ts'
import type { RequestHead } from '../decide/head.ts'
import type { Policy } from '../decide/policy.ts'
import { FAILURES, type FailureCode } from '../errors.ts'
import { challengePage } from './pages/challenge.ts'
import { errorPage } from './pages/error.ts'
import type { PageContext } from './pages/frame.ts'
import { failureText } from './texts/pick.ts'
import { sayPage } from './say.ts'

/** The same refusal for a person: status, code and every field that a program could act on stay. An answer that is no refusal comes back as it is. */
export async function refusalPage(refusal: Answer, head: RequestHead, page: PageContext, policy: Policy): Promise<Answer> {
  const code = refusal.headers.find(([name]) => name === 'cloakroom-error')?.[1]
  if (code === undefined || !isFailure(code)) return refusal
  if (code === 'challenge_required') return await challenged(refusal, head, page, policy)
  const back =
    policy.site === null
      ? { path: `${page.basePath}/login`, label: page.texts.error.toSignIn }
      : { path: '/', label: page.texts.error.toStart }
  const markup = await errorPage(page, { title: failureText(page.texts, code), code, request: head.id, back })
  return sayPage(
    refusal.status,
    markup,
    refusal.headers.filter(([name]) => KEPT.has(name)),
  )
}

/** The puzzle is in the problem details; where it cannot be shown as a page, they stay as they are. */
async function challenged(refusal: Answer, head: RequestHead, page: PageContext, policy: Policy): Promise<Answer> {
  const form = challengeForm(head, policy)
  const { challenge } = readProblem(refusal)
  if (form?.kind !== 'page' || challenge === undefined) return refusal
  const markup = await challengePage(page, { challenge, next: form.next, request: head.id })
  return sayPage(
    refusal.status,
    markup,
    refusal.headers.filter(([name]) => KEPT.has(name)),
  )
}

function readProblem({ body }: Answer): Partial<Problem> {
  return body instanceof Uint8Array ? (JSON.parse(Buffer.from(body).toString('utf8')) as Partial<Problem>) : {}
}

const KEPT: ReadonlySet<string> = new Set(['cloakroom-error', 'allow', 'retry-after', 'set-cookie'])

function isFailure(code: string): code is FailureCode {
  return Object.hasOwn(FAILURES, code)
}
