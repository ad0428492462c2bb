import type { AuditActor } from '@cloakroom/contract'
import type { Answer } from './answer.ts'
import { auditEvent, causedBy } from './audit/event.ts'
import { challengeForm } from './decide/challenge.ts'
import type { Reply } from './decide/facts.ts'
import type { RequestHead } from './decide/head.ts'
import type { Policy } from './decide/policy.ts'
import { GateError } from './errors.ts'
import { problem } from './http/problem.ts'
import { render } from './http/render.ts'
import type { Parts } from './parts.ts'

/** A refusal as an answer. What cannot be given as the rule has it (a challenge to a handshake, one tarpit too many) is the block that the rule names instead. */
export async function answerRefusal(reply: Reply, head: RequestHead, policy: Policy, parts: Parts): Promise<Answer> {
  switch (reply.kind) {
    case 'challenge': {
      if (parts.challenges === undefined || challengeForm(head, policy) === null) return blocked(reply.status, head)
      const challenge = await parts.challenges.make(head, reply.route, reply.difficulty, `${policy.basePath}/challenge`)
      return problem('challenge_required', { request: head.id, challenge })
    }
    case 'tarpit': {
      const refusal = blocked(reply.status, head)
      return parts.tarpit?.slow(refusal, reply.ms) ?? refusal
    }
    case 'decoy':
      // There was none to serve.
      return blocked(reply.status, head)
    default:
      return render(reply, head, policy)
  }
}

/** An answer that looks true, with its line in the audit trail; null when there is none to serve. */
export async function serveDecoy(
  wish: Extract<Reply, { kind: 'decoy' }>,
  head: RequestHead,
  by: { readonly actor: AuditActor; readonly rule: string | null },
  { decoys, audit }: Parts,
): Promise<Answer | null> {
  const served = (await decoys?.serve(head, wish)) ?? null
  if (served === null) return null
  const { answer, tag } = served
  audit.note(
    auditEvent({
      ...causedBy(head),
      ...by,
      kind: 'decoy.served',
      target: `${head.method} ${head.path}`,
      result: 'refused',
      reason: wish.profile,
      detail: tag === null ? {} : { decoy: tag },
    }),
  )
  return answer
}

function blocked(status: 403 | 404, head: RequestHead): Answer {
  return problem(status === 404 ? 'not_found' : 'blocked', { request: head.id })
}

export function withCookies(answer: Answer, cookies: readonly string[]): Answer {
  if (cookies.length === 0) return answer
  // What sets a session must not be stored (CVE-2025-48947): a cache would hand one visitor's cookie to the next.
  const headers = answer.headers.filter(([name]) => name !== 'cache-control')
  return { ...answer, headers: [...headers, ['cache-control', 'no-store'], ...cookies.map((line) => ['set-cookie', line] as const)] }
}

export function failed(head: RequestHead, cause: unknown): Answer {
  if (!(cause instanceof GateError)) return problem('internal', { request: head.id })
  return problem(cause.code, { request: head.id, retryAfterMs: cause.retryAfterMs })
}

/** Ours, and not yet a page: an upstream's problem details carry no code of ours. */
export function isProblem({ headers }: Answer): boolean {
  return headers.some(([name, value]) => name === 'content-type' && value === 'application/problem+json') && codeOf({ headers }) !== null
}

export function codeOf(answer: Pick<Answer, 'headers'>): string | null {
  for (const field of answer.headers) if (field[0] === 'cloakroom-error') return field[1]
  return null
}
