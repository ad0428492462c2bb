import { GateError } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import type { ForwardPart, UpstreamAnswer } from '../parts.ts'

/** Who wants to know how round trips went. `ms`: to the answer's head. */
export interface RoundTripListener {
  arrived?(api: string, ms: number, headers: UpstreamAnswer['headers']): void
  failed?(api: string, code: string): void
}

/** A forwarder whose round trips are timed and counted: one wrapping for all who listen, because each costs every request a promise. */
export function measuredForward(forward: ForwardPart, clock: Clock, ...listeners: readonly RoundTripListener[]): ForwardPart {
  return {
    async send(request, body, api, departure) {
      const began = clock()
      let answer: UpstreamAnswer
      try {
        answer = await forward.send(request, body, api, departure)
      } catch (cause) {
        for (const listener of listeners) listener.failed?.(api.name, cause instanceof GateError ? cause.code : 'internal')
        throw cause
      }
      const ms = clock() - began
      try {
        for (const listener of listeners) listener.arrived?.(api.name, ms, answer.headers)
      } catch {
        // Watching must never decide: the answer is here, and its connection hangs on it.
      }
      return answer
    },
  }
}
