import type { Answer } from '../answer.ts'
import { LANGUAGE_COOKIE } from '../decide/cookies.ts'
import { writeCookie } from '../session/cookie.ts'
import type { Call } from './endpoint.ts'
import { readFields } from './fields.ts'
import { sameAgain } from './own-pages.ts'
import { cookieLines, goTo, refuse, sayNothing } from './say.ts'
import { LANGUAGES } from './texts/pick.ts'
import { visitorOf } from './visitor.ts'

/** `POST /auth/language`: `{ language, next? }` → the pages of this browser, and the letters of whoever is signed in, are in that language. */
export async function chooseLanguage(call: Call): Promise<Answer> {
  const read = await readFields(call.head, call.body)
  if (read.kind === 'refused') return await refuse(call, read.code)
  const texts = LANGUAGES.find(({ language }) => language === read.fields.get('language'))
  if (texts === undefined) return await refuse(call, 'not_found')
  const visitor = await visitorOf(call)
  if (visitor === null) return await refuse(call, 'duplicate_cookie')
  if (visitor.kind === 'known') await call.parts.accounts.speak(visitor.session.account, texts.language)
  // Lax: whoever follows a link in a letter comes from another site, and still reads what was chosen.
  const cookie = writeCookie({ name: LANGUAGE_COOKIE, value: texts.language, maxAgeMs: KEEP_MS, sameSite: 'Lax' })
  if (read.from === 'json') return sayNothing(cookieLines([cookie]))
  return goTo(sameAgain(call, read.fields.get('next') ?? null), cookieLines([cookie]))
}

const KEEP_MS = 365 * 86_400_000
