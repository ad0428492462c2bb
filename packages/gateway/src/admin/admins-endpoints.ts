import * as z from 'zod'
import { isShown } from '../account/factors.ts'
import { accountKey } from '../decide/account-name.ts'
import { ask } from '../store/ask.ts'
import type { Account } from '../store/store.ts'
import { type AdminCall, type AdminEndpoint, adminOf, endpoint, refused, type Said, said } from './endpoint.ts'
import { type InviteOutcome, inviteAdmin, resetAdmin, setAdminRole } from './manage-admins.ts'
import { ROLES, roleOf } from './role.ts'

const adminView = z.object({
  name: z.string(),
  role: z.enum(ROLES).nullable(),
  state: z.enum(['active', 'invited', 'disabled', 'without-factor']),
  createdAt: z.iso.datetime(),
  lastLoginAt: z.iso.datetime().nullable(),
})

const invitationView = z.object({
  code: z.string().describe('For the administrator alone, shown this once: good for a day and for one password.'),
  expiresAt: z.iso.datetime(),
})

/** Who may administer. */
export const ADMINS: readonly AdminEndpoint[] = [
  endpoint({
    id: 'listAdmins',
    method: 'GET',
    path: '/admins',
    callers: 'owner',
    about: 'All administrators.',
    answer: z.object({ admins: z.array(adminView) }),
    run: async (call) => {
      const all = await ask(() => call.parts.admins.stores.accounts.list())
      return said({ admins: await Promise.all(all.map((account) => show(call, account))) })
    },
  }),
  endpoint({
    id: 'inviteAdmin',
    method: 'POST',
    path: '/admins',
    callers: 'owner',
    change: true,
    grave: true,
    about: 'Names a new administrator, who chooses a password with the code and adds a second factor.',
    body: z.strictObject({ name: z.string().min(1).max(128), role: z.enum(ROLES) }),
    answer: invitationView,
    run: async (call) => told(await inviteAdmin(call.parts, call.body.name, call.body.role, call.cause)),
  }),
  endpoint({
    id: 'setAdminRole',
    method: 'POST',
    path: '/admins/{name}/role',
    callers: 'owner',
    change: true,
    grave: true,
    about: 'Gives an administrator another role, from the next request on. There is always an owner.',
    body: z.strictObject({ role: z.enum(ROLES) }),
    answer: null,
    run: (call) =>
      onOther(call, async (account) => {
        if (call.body.role !== 'owner' && (await isLastOwner(call, account))) return refused('admin_conflict', LAST)
        await setAdminRole(call.parts, account, call.body.role, call.cause)
        return said(null)
      }),
  }),
  endpoint({
    id: 'disableAdmin',
    method: 'POST',
    path: '/admins/{name}/disable',
    callers: 'owner',
    change: true,
    grave: true,
    about: 'Locks an administrator out, at once.',
    answer: null,
    run: (call) =>
      onOther(call, async (account) => {
        if (await isLastOwner(call, account)) return refused('admin_conflict', LAST)
        await call.parts.admins.accounts.disable(account.name, call.cause)
        return said(null)
      }),
  }),
  endpoint({
    id: 'enableAdmin',
    method: 'POST',
    path: '/admins/{name}/enable',
    callers: 'owner',
    change: true,
    grave: true,
    about: 'Lets an administrator sign in again; also lifts the lock of too many wrong passwords or codes.',
    answer: null,
    run: async (call) => {
      const account = await named(call)
      if (account === null) return refused('not_found')
      await call.parts.admins.accounts.enable(account.name, call.cause)
      return said(null)
    },
  }),
  endpoint({
    id: 'resetAdmin',
    method: 'POST',
    path: '/admins/{name}/reset',
    callers: 'owner',
    change: true,
    grave: true,
    about: 'After a lost phone or password: ends the sessions, takes password and factors away, and invites anew.',
    answer: invitationView,
    run: (call) =>
      onOther(call, async (account) => {
        if (await isLastOwner(call, account)) return refused('admin_conflict', LAST)
        return told(await resetAdmin(call.parts, account, call.cause))
      }),
  }),
]

async function named(call: AdminCall): Promise<Account | null> {
  return await ask(() => call.parts.admins.stores.accounts.findByKey(accountKey(call.params['name'] ?? '')))
}

/** One at a time, and by whoever is an owner still: two who take each other's place at the same moment would leave none. */
async function onOther<Answer>(call: AdminCall, act: (account: Account) => Promise<Said<Answer>>): Promise<Said<Answer>> {
  const { admins } = call.parts
  return await admins.alone(async () => {
    const self = await ask(() => admins.stores.accounts.find(adminOf(call).session.account))
    if (self === null || self.disabledAt !== null || roleOf(self.roles) !== 'owner') return refused('role_required')
    const account = await named(call)
    return account === null ? refused('not_found') : await act(account)
  })
}

/** Of those that can sign in now. */
async function isLastOwner(call: AdminCall, account: Account): Promise<boolean> {
  const all = await ask(() => call.parts.admins.stores.accounts.list())
  const owners = all.filter(({ roles, disabledAt, password }) => roleOf(roles) === 'owner' && disabledAt === null && password !== null)
  return owners.length === 1 && owners[0]?.id === account.id
}

function told(outcome: InviteOutcome): Said<z.output<typeof invitationView>> {
  if (outcome.kind === 'refused') return refused('admin_conflict', outcome.why)
  return said({ code: outcome.code, expiresAt: new Date(outcome.expiresAt).toISOString() })
}

async function show(call: AdminCall, account: Account): Promise<z.output<typeof adminView>> {
  const hasFactor = (await call.parts.admins.factors.list(account.id)).some(isShown)
  return {
    name: account.name,
    role: roleOf(account.roles),
    state: account.disabledAt !== null ? 'disabled' : account.password === null ? 'invited' : hasFactor ? 'active' : 'without-factor',
    createdAt: new Date(account.createdAt).toISOString(),
    lastLoginAt: account.lastLoginAt === null ? null : new Date(account.lastLoginAt).toISOString(),
  }
}

const LAST = 'This is the only owner who can sign in. Make another one first, or use `cloakroom admin` on the machine.'
