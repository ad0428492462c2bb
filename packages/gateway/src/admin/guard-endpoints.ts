import * as z from 'zod'
import { arm, disarm } from '../guard/guard-switch.ts'
import { type AdminEndpoint, endpoint, said } from './endpoint.ts'

const armedView = z.object({ armed: z.boolean().describe('As it is from now on; every gateway of the store follows within a second.') })

/** Rules against abuse. */
export const GUARD: readonly AdminEndpoint[] = [
  endpoint({
    id: 'showGuard',
    method: 'GET',
    path: '/guard',
    callers: 'viewer',
    about: 'Is the guard armed, and how each of its rules stands.',
    answer: z.object({
      on: z.boolean().describe('False: `guard: off`.'),
      armed: z.boolean(),
      rules: z.array(
        z.object({
          id: z.string(),
          mode: z.enum(['off', 'shadow', 'enforce', 'canary']),
          percent: z.number().nullable().describe('Of a canary.'),
          demoted: z.boolean().describe('It hit too many sessions and acts as if in shadow.'),
          phase: z.enum(['request', 'response', 'event']),
          when: z.string(),
          does: z.array(z.string()),
          owner: z.string().nullable(),
          reviewBy: z.string().nullable(),
        }),
      ),
    }),
    run: async ({ parts }) => {
      const { guard } = parts.policy()
      const { armed, demoted } = parts.guardState()
      const rules = (guard?.rules ?? []).map(({ id, mode, phase, when, actions, owner, reviewBy }) => ({
        id,
        mode: mode.kind,
        percent: mode.kind === 'canary' ? mode.percent : null,
        demoted: demoted.has(id),
        phase,
        when: when.text,
        does: actions.map(({ kind }) => kind),
        owner,
        reviewBy,
      }))
      return said({ on: guard !== null, armed, rules })
    },
  }),
  endpoint({
    id: 'disarmGuard',
    method: 'POST',
    path: '/guard/disarm',
    callers: 'owner',
    change: true,
    grave: true,
    about: 'From now on no rule does anything: each says what it would have done.',
    answer: armedView,
    run: async ({ parts, at, reason }) => {
      disarm(parts.config().store, `${new Date(at).toISOString()} ${reason}\n`)
      return said({ armed: false })
    },
  }),
  endpoint({
    id: 'armGuard',
    method: 'POST',
    path: '/guard/arm',
    callers: 'operator',
    change: true,
    about: 'Puts the rules in force again.',
    answer: armedView,
    run: async ({ parts }) => {
      arm(parts.config().store)
      return said({ armed: true })
    },
  }),
]
