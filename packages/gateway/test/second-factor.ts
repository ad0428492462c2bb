import { Secret, TOTP } from 'otpauth'
import { Jar, type Kit, NAME, PASSWORD, type Said } from './own-endpoints.ts'

export function codeAt(seed: string, at: number): string {
  return TOTP.generate({ secret: Secret.fromBase32(seed), timestamp: at })
}

export interface Enrolled {
  readonly seed: string
  readonly recoveryCodes: readonly string[]
}

export function postJson(kit: Kit, cookies: Jar, path: string, json: unknown): Promise<Said> {
  return kit.send({ method: 'POST', path: `/auth${path}`, json, cookies })
}

export async function signInWith(kit: Kit, cookies: Jar, password = PASSWORD, account = NAME): Promise<Said> {
  return await postJson(kit, cookies, '/login', { account, password })
}

/** Adds an authenticator app to whoever the cookies are. */
export async function enrolTotp(kit: Kit, cookies: Jar): Promise<Enrolled> {
  const shown = await postJson(kit, cookies, '/factors/totp', {})
  const { key, enrolment } = shown.json()
  const seed = String(key)
  const added = await postJson(kit, cookies, '/factors/totp', { enrolment, code: codeAt(seed, kit.now()), name: 'my phone' })
  if (added.status !== 200) throw new Error(`${String(added.status)} ${added.text}`)
  return { seed, recoveryCodes: (added.json()['recoveryCodes'] ?? []) as readonly string[] }
}

/** A kit whose account has an authenticator app; nobody is signed in any more. */
export async function withTotp(kit: Kit): Promise<Enrolled> {
  await kit.addAccount()
  const cookies = new Jar()
  await signInWith(kit, cookies)
  const enrolled = await enrolTotp(kit, cookies)
  // The code that added it is used up.
  kit.pass(60_000)
  return enrolled
}
