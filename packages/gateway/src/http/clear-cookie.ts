import { writeCookie } from '../session/cookie.ts'

/** The Set-Cookie line that deletes one of our cookies: same name and attributes, no age (COO-17). */
export function clearCookie(name: string): string {
  return writeCookie({ name, value: '', maxAgeMs: 0 })
}
