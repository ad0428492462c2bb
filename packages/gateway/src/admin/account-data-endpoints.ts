import * as z from 'zod'
import { summary } from '../account/accounts.ts'
import { eventsAbout, ownData } from '../account/own-data.ts'
import { auditEvent } from '../audit/event.ts'
import { accountKey } from '../decide/account-name.ts'
import { ask } from '../store/ask.ts'
import { type AdminEndpoint, endpoint, refused, said } from './endpoint.ts'

/** What is kept about a person (PRIV-07). It leaves a line in the audit trail, so no GET does it. */
export const ACCOUNT_DATA: readonly AdminEndpoint[] = [
  endpoint({
    id: 'exportAccount',
    method: 'POST',
    path: '/accounts/{name}/export',
    callers: 'owner',
    change: true,
    grave: true,
    about:
      'Everything that is kept about a person: account, sessions, authenticators, links, events. No secret, no hash, nobody else’s name.',
    answer: z.looseObject({ account: z.looseObject({ name: z.string() }), eventsCut: z.boolean() }),
    run: async ({ parts, params, at, cause }) => {
      const { stores, sessions, label, audit } = parts
      const account = await ask(() => stores.accounts.findByKey(accountKey(params['name'] ?? '')))
      if (account === null) return refused('not_found')
      const data = ownData({
        account: summary(account),
        sessions: await ask(() => sessions.list(account.id, at)),
        factors: await ask(() => stores.factors.list(account.id)),
        identities: await ask(() => stores.identities.ofAccount(account.id)),
        events: await eventsAbout(stores.audit, account.name),
        label,
      })
      await audit.commit(auditEvent({ ...cause, kind: 'account.exported', target: account.name }))
      return said({ ...data, account: { ...data.account } })
    },
  }),
]
