import type { Role } from '../src/admin/role.ts'
import { ADMIN_COOKIE } from '../src/decide/cookies.ts'
import { call, type Called, type CallOptions } from './call.ts'
import type { Kit } from './kit.ts'
import { codeAt } from './second-factor.ts'

export const ADMIN_PASSWORD = 'many horses draw a wagon'

/** Somebody at the admin listener with a cookie jar, as a page of that origin would be. */
export interface AdminClient {
  readonly cookies: Map<string, string>
  get(path: string, options?: CallOptions): Promise<Said>
  post(path: string, json?: unknown, options?: CallOptions): Promise<Said>
}

export interface Said extends Called {
  readonly code: string | null
  json(): Record<string, unknown>
}

export function adminClient(port: number): AdminClient {
  const cookies = new Map<string, string>()
  async function send(method: string, path: string, options: CallOptions): Promise<Said> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const called = await call(port, method, `/admin${path}`, { ...(cookie === '' ? {} : { cookie }), ...options })
    for (const line of called.all('set-cookie')) {
      const [pair = ''] = line.split(';', 1)
      const [name = '', value = ''] = pair.split('=')
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    return { ...called, code: called.header('cloakroom-error'), json: () => JSON.parse(called.text) as Record<string, unknown> }
  }
  return {
    cookies,
    get: (path, options = {}) => send('GET', path, options),
    post: (path, json = {}, options = {}) => send('POST', path, { json, headers: [['x-csrf', '1']], ...options }),
  }
}

export interface SignedAdmin extends AdminClient {
  readonly name: string
  /** Of the authenticator app. */
  readonly seed: string
  readonly recoveryCodes: readonly string[]
}

/** The first owner, with the code that the gateway printed. */
export async function firstOwner(kit: Kit, name = 'olga'): Promise<SignedAdmin> {
  const client = adminClient(kit.running.adminPort)
  const made = await client.post('/setup', { code: kit.running.setupCode, account: name, password: ADMIN_PASSWORD })
  if (made.status !== 200) throw new Error(made.text)
  return await enrol(kit, client, name)
}

/** Another administrator, whom that owner invites. */
export async function invited(kit: Kit, owner: AdminClient, name: string, role: Role): Promise<SignedAdmin> {
  const invitation = await owner.post('/admins', { name, role, reason: 'a test needs one' })
  if (invitation.status !== 200) throw new Error(invitation.text)
  const client = adminClient(kit.running.adminPort)
  const accepted = await client.post('/invitation', { code: invitation.json()['code'], account: name, password: ADMIN_PASSWORD })
  if (accepted.status !== 200) throw new Error(accepted.text)
  return await enrol(kit, client, name)
}

async function enrol(kit: Kit, client: AdminClient, name: string): Promise<SignedAdmin> {
  const offer = (await client.post('/login/totp')).json()
  const seed = String(offer['key'])
  const done = await client.post('/login/totp/confirm', { enrolment: offer['enrolment'], code: codeAt(seed, kit.clock.now) })
  if (done.status !== 200) throw new Error(done.text)
  return { ...client, name, seed, recoveryCodes: done.json()['recoveryCodes'] as readonly string[] }
}

/** Signs in anew, a minute later, so that the code is another one. */
export async function signInAgain(kit: Kit, admin: SignedAdmin): Promise<SignedAdmin> {
  kit.clock.now += 60_000
  const client = adminClient(kit.running.adminPort)
  await client.post('/login', { account: admin.name, password: ADMIN_PASSWORD })
  const done = await client.post('/login/factor', { code: codeAt(admin.seed, kit.clock.now) })
  if (done.status !== 200) throw new Error(done.text)
  return { ...client, name: admin.name, seed: admin.seed, recoveryCodes: admin.recoveryCodes }
}

/** The cookie's value, for whoever steals it. */
export function adminCookie({ cookies }: AdminClient): string {
  return `${ADMIN_COOKIE}=${cookies.get(ADMIN_COOKIE) ?? ''}`
}
