import type { Answer } from '../answer.ts'
import type { RequestHead } from '../decide/head.ts'
import type { HeaderField } from '../decide/headers.ts'
import { FAILURES, type FailureCode } from '../errors.ts'
import type { Call } from './endpoint.ts'
import { errorPage } from './pages/error.ts'
import { problem, type ProblemOptions } from './problem.ts'
import { redirect } from './render.ts'
import { failureText } from './texts/pick.ts'
import { apiHeaders, pageHeaders } from './security-headers.ts'

/** An answer to a script. */
export function sayJson(status: number, content: object, cookies: readonly string[] = []): Answer {
  const headers: HeaderField[] = [
    ['content-type', 'application/json'],
    ['cache-control', 'no-store'],
    ...apiHeaders(),
    ...cookieLines(cookies),
  ]
  return { status, headers, body: Buffer.from(JSON.stringify(content)) }
}

/** An answer to a person. */
export function sayPage(status: number, markup: string, more: readonly HeaderField[] = []): Answer {
  return { status, headers: [['content-type', 'text/html; charset=utf-8'], ...pageHeaders(), ...more], body: Buffer.from(markup) }
}

/** Done, and nothing to say. */
export function sayNothing(more: readonly HeaderField[] = []): Answer {
  return { status: 204, headers: [['cache-control', 'no-store'], ...apiHeaders(), ...more], body: null }
}

/** On to another page, by GET (PWD-20). */
export function goTo(location: string, more: readonly HeaderField[] = []): Answer {
  const answer = redirect(303, location)
  return { ...answer, headers: [...answer.headers, ...more] }
}

export function cookieLines(cookies: readonly string[]): readonly HeaderField[] {
  return cookies.map((line) => ['set-cookie', line] as const)
}

/** Does a person wait for this answer? Unlike isNavigation also for a form that was sent. */
export function wantsPage(head: RequestHead): boolean {
  const mode = head.headers.get('sec-fetch-mode')
  if (mode !== null) return mode === 'navigate'
  return head.headers.get('accept')?.includes('text/html') ?? false
}

/** A refusal as a page or as a problem, whichever is wanted. */
export async function refuse(call: Call, code: FailureCode, options: Omit<ProblemOptions, 'request'> = {}): Promise<Answer> {
  const { head, page } = call
  const bare = problem(code, { request: head.id, ...options })
  if (!wantsPage(head)) return bare
  const { status } = FAILURES[code]
  const markup = await errorPage(page, {
    title: failureText(page.texts, code),
    code,
    request: head.id,
    back: { path: `${page.basePath}/login`, label: page.texts.error.toSignIn },
  })
  const kept = bare.headers.filter(([name]) => name === 'cloakroom-error' || name === 'allow' || name === 'retry-after')
  return sayPage(status, markup, kept)
}
