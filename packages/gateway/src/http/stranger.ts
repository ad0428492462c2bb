import type { Answer } from '../answer.ts'
import type { Call } from './endpoint.ts'
import { problem } from './problem.ts'
import { goTo, wantsPage } from './say.ts'

/** To somebody who is not signed in, where one has to be: the sign-in page, which leads back to `next`, or the refusal for a script. */
export function strangerAnswer({ head, page }: Call, next: string): Answer {
  const login = `${page.basePath}/login`
  if (wantsPage(head)) return goTo(`${login}?next=${encodeURIComponent(next)}`)
  return problem('session_required', { request: head.id, login })
}
