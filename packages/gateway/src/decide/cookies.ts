import type { Headers } from './headers.ts'

/** `__Host-Http-` (layered-cookies): a script can neither read nor plant it; older browsers treat it as `__Host-`. */
export const SESSION_COOKIE = '__Host-Http-session'
export const VISIT_COOKIE = '__Host-Http-visit'
/** What a solved challenge opens; see challenge.ts. */
export const PASS_COOKIE = '__Host-Http-pass'
export const DEVICE_COOKIE = '__Host-Http-device'
/** Half of the key to a session's provider tokens. */
export const GRANT_COOKIE = '__Host-Http-grant'
/** Followed by what tells one sign-in under way from another: ten tabs have ten. */
export const LOGIN_COOKIE = '__Host-Http-login-'
/** The language that somebody chose for the pages, in clear: it opens nothing. */
export const LANGUAGE_COOKIE = '__Host-Http-language'
/** A passkey ceremony: its challenge. */
export const PASSKEY_COOKIE = '__Host-Http-passkey'
/** What stood in a link by mail, until it is used; afterwards, that a new password is set. */
export const RECOVERY_COOKIE = '__Host-Http-recovery'
/** A login in progress: what was shown so far. */
export const PROGRESS_COOKIE = '__Host-Http-login'
/** Of the admin listener, whose port a browser does not tell from ours: other names, so that neither is taken for the other. */
export const ADMIN_COOKIE = '__Host-Http-admin'
export const ADMIN_PROGRESS_COOKIE = '__Host-Http-admin-login'

export type CookieValue = { readonly kind: 'absent' } | { readonly kind: 'one'; readonly value: string } | { readonly kind: 'many' }

/** Reads one cookie. Two of the same name are a tossed cookie (a sibling host planted the second): neither is believed. */
export function readCookie(headers: Headers, name: string): CookieValue {
  const line = headers.get('cookie')
  if (line === null || !line.includes(name)) return { kind: 'absent' }
  let value: string | null = null
  for (const pair of line.split(';')) {
    const equals = pair.indexOf('=')
    if (equals < 0 || withoutBlanks(pair.slice(0, equals)) !== name) continue
    if (value !== null) return { kind: 'many' }
    value = withoutBlanks(pair.slice(equals + 1))
  }
  return value === null ? { kind: 'absent' } : { kind: 'one', value }
}

/** The names of the cookies that begin with `prefix`, in the order of the field. */
export function cookieNames(headers: Headers, prefix: string): readonly string[] {
  const names = (headers.get('cookie') ?? '').split(';').map((pair) => withoutBlanks(pair.split('=', 1)[0] ?? ''))
  return [...new Set(names.filter((name) => name.startsWith(prefix)))]
}

/**
 * Blanks and tabs only (RFC 6265 §5.2). `trim()` would take more, the no-break space among it, and a sibling host can plant a cookie whose
 * name begins with that: to the browser it has no prefix, so it lets it; to us it would be the session.
 */
function withoutBlanks(text: string): string {
  let [from, to] = [0, text.length]
  while (from < to && isBlank(text, from)) from++
  while (to > from && isBlank(text, to - 1)) to--
  return text.slice(from, to)
}

function isBlank(text: string, at: number): boolean {
  return text[at] === ' ' || text[at] === '\t'
}

/** Names that only the gateway may set on this origin, whatever their case: some browsers match prefixes without case. */
export function isOwnCookieName(name: string): boolean {
  return /^__(?:Host|Secure|Http|Host-Http)-/i.test(name.trim())
}
