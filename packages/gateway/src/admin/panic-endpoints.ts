import * as z from 'zod'
import { auditEvent } from '../audit/event.ts'
import { type PanicRun, runPanic } from '../panic/panic-steps.ts'
import { ask } from '../store/ask.ts'
import { type AdminCall, type AdminEndpoint, adminOf, endpoint, refused, type Said, said } from './endpoint.ts'

const panicView = z.object({
  wasOpen: z.boolean().describe('False: it was closed already, and was done again.'),
  lockedMs: z.number().describe('How long the lock took: from then on every gateway of the store refuses every call.'),
  steps: z.array(z.object({ step: z.string(), text: z.string() })),
  broken: z.array(z.string()).describe('What could not be ended: look at its text, and do it again before it is lifted.'),
})

/** Everything closed, at once. */
export const PANIC: readonly AdminEndpoint[] = [
  endpoint({
    id: 'showPanic',
    method: 'GET',
    path: '/panic',
    callers: 'viewer',
    about: 'Is everything closed, since when and why?',
    answer: z.object({ closed: z.boolean(), since: z.iso.datetime().nullable(), reason: z.string().nullable() }),
    run: async ({ parts }) => {
      const lock = await ask(() => parts.stores.lockdown.read())
      return said({ closed: lock !== null, since: lock === null ? null : new Date(lock.since).toISOString(), reason: lock?.reason ?? null })
    },
  }),
  endpoint({
    id: 'panic',
    method: 'POST',
    path: '/panic',
    callers: 'owner',
    change: true,
    grave: true,
    evenUnwritten: true,
    about:
      'Closes everything, now: no call reaches an API and nobody signs in, on every gateway of the store, until it is lifted. Ends sessions, streams, JWTs, provider tokens and machine keys for good, and replaces the keys that sign. One’s own session here goes on; other administrators’ end.',
    answer: panicView,
    run: begin,
  }),
  endpoint({
    id: 'liftPanic',
    method: 'POST',
    path: '/panic/lift',
    callers: 'owner',
    change: true,
    grave: true,
    about: 'Opens again. It revives nothing: people sign in anew, programs get new keys.',
    answer: null,
    run: async ({ parts, cause, reason }) => {
      if (!(await ask(() => parts.stores.lockdown.lift()))) return refused('admin_conflict', 'Nothing is closed.')
      await parts.audit.commit(auditEvent({ ...cause, kind: 'panic.lifted', reason }))
      return said(null)
    },
  }),
]

/** The lock comes first and is one durable write; whatever fails after it is said, and the rest is done all the same. */
async function begin(call: AdminCall): Promise<Said<z.output<typeof panicView>>> {
  const { parts, cause, at, reason } = call
  const startedAt = performance.now()
  const wasOpen = await ask(() => parts.stores.lockdown.set({ since: at, reason }))
  const lockedMs = Math.round((performance.now() - startedAt) * 10) / 10
  const noted = await tried(() => parts.audit.commit(auditEvent({ ...cause, kind: 'panic.begun', reason })))
  const { done, broken } = await runPanic({
    stores: parts.stores,
    vault: parts.vault,
    config: parts.config(),
    sessions: parts.sessions,
    endAdmins: () => endOtherAdmins(call),
    note: (event) => parts.audit.commit(auditEvent({ ...cause, ...event })),
    clock: parts.clock,
    random: parts.random,
  })
  const steps = [...done, ...noted].map(([step, text]) => ({ step, text }))
  return said({ wasOpen, lockedMs, steps, broken: [...broken, ...noted.map(([step]) => step)] })
}

async function tried(work: () => Promise<void>): Promise<PanicRun['done']> {
  try {
    await work()
    return []
  } catch (cause) {
    return [['audit', `FAILED: ${cause instanceof Error ? cause.message : String(cause)}`]]
  }
}

async function endOtherAdmins(call: AdminCall): Promise<number> {
  const own = adminOf(call).session
  const { stores, sessions } = call.parts.admins
  let ended = 0
  for (const { id } of await stores.accounts.list()) {
    if (id !== own.account) ended += await sessions.endAll(id, call.at, 'ended-by-owner')
    else
      for (const other of await sessions.list(id, call.at))
        if (other.id !== own.id && (await sessions.end(other, call.at, 'ended-by-owner'))) ended += 1
  }
  return ended
}
