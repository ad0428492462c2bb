import type { RateLimit, Reply } from './facts.ts'
import type { BlockStatus } from './guard-action.ts'
import { actorOf, keyOf } from './guard-keys.ts'
import type { Subject } from './guard.ts'
import { isNavigation } from './head.ts'
import type { Outcome } from './guard-judge.ts'

/** What a refused visitor is told: the kind of the answer, never the rule. */
export function replyOf({ answer, measures, over }: Outcome, subject: Subject): Reply {
  if (answer !== null) return replyTo(answer, over, subject)
  const kinds = measures.map(({ action }) => action.kind)
  // Whose session has just been ended is signed out, and is told so like everybody else.
  if (kinds.includes('revoke')) return { kind: 'problem', code: 'session_required' }
  const stopping = measures.find(({ action }) => action.kind === 'disable_credential')?.action
  return blocked(stopping?.kind === 'disable_credential' ? stopping.otherwise.status : 403)
}

function replyTo(answer: NonNullable<Outcome['answer']>, over: Outcome['over'], subject: Subject): Reply {
  const { visitor, head, route } = subject
  switch (answer.kind) {
    case 'throttle': {
      const retryAfterMs = answer.retryAfterMs ?? over?.retryAfterMs ?? 0
      const rateLimit = over === null ? null : rateLimitOf(over)
      return { kind: 'problem', code: 'throttled', retryAfterMs, ...(rateLimit === null ? {} : { rateLimit }) }
    }
    case 'block':
      return blocked(answer.status)
    case 'step_up':
      if (visitor?.kind === 'known') return { kind: 'step-up', maxAgeMs: answer.maxAgeMs }
      // A program has no second factor to show; everybody else signs in first.
      if (visitor?.kind === 'machine') return blocked(answer.otherwise.status)
      return head !== null && isNavigation(head) ? { kind: 'login' } : { kind: 'problem', code: 'session_required' }
    case 'challenge':
      return { kind: 'challenge', route: route.id, difficulty: answer.difficulty, status: answer.otherwise.status }
    case 'tarpit':
      return { kind: 'tarpit', ms: answer.ms, status: answer.otherwise.status }
    case 'decoy': {
      const { profile, latency, watermark, otherwise } = answer
      const seed = keyOf([answer.seed], subject) ?? actorOf(subject)
      return { kind: 'decoy', profile, seed, latency, watermark, status: otherwise.status }
    }
  }
}

/** 404 is told from nothing being there by nobody. */
function blocked(status: BlockStatus): Reply {
  return { kind: 'problem', code: status === 404 ? 'not_found' : 'blocked' }
}

function rateLimitOf({ signal, limit, windowMs, count, retryAfterMs }: NonNullable<Outcome['over']>): RateLimit | null {
  if (limit === null || windowMs === null) return null
  return { policy: signal, limit, windowMs, remaining: limit - count, resetMs: retryAfterMs }
}
