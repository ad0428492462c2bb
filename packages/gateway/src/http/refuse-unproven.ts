import { isShown } from '../account/factors.ts'
import type { Answer } from '../answer.ts'
import { hasSecondFactor, isFresh } from '../decide/freshness.ts'
import type { Session } from '../decide/session.ts'
import type { Call } from './endpoint.ts'
import { FRESH_MS } from './factor-subject.ts'
import { stepUpChallenge } from './render.ts'
import { goTo, refuse, wantsPage } from './say.ts'

/**
 * The refusal of a new or an ended way into the account, unless its owner has just shown that it is she, and with a second factor where she
 * has one (SES-20, MFA-23): a session that somebody found open must not become a way in that stays. Null when she has. `here`: where she
 * goes on afterwards.
 */
export async function refuseUnproven(call: Call, session: Session, here: string): Promise<Answer | null> {
  const { head, parts, page, policy } = call
  const hasSecond = (await parts.factors.list(session.account)).some(isShown)
  const isProven = hasSecond
    ? hasSecondFactor(session) && isFresh(session, FRESH_MS, head.at)
    : head.at - session.authenticatedAt < FRESH_MS && session.authenticatedAt <= head.at
  if (isProven) return null
  // Whoever has nothing here to show shows it at the provider.
  if (!hasSecond && (await parts.accounts.find(session.name))?.hasPassword !== true) return await refuse(call, 'sign_in_again')
  return wantsPage(head) ? goTo(`${page.basePath}/step-up?next=${encodeURIComponent(here)}`) : stepUpChallenge(FRESH_MS, head, policy)
}
