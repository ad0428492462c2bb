import { GateError } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import type { ForwardPart } from '../parts.ts'
import type { Metrics } from './metrics.ts'

/** A forwarder whose round trips are timed, to the answer's head, and whose failures are counted. `clock` in milliseconds. */
export function measuredForward(forward: ForwardPart, metrics: Pick<Metrics, 'upstream' | 'upstreamFailure'>, clock: Clock): ForwardPart {
  return {
    async send(request, body, api, departure) {
      const began = clock()
      try {
        const answer = await forward.send(request, body, api, departure)
        metrics.upstream(api.name, (clock() - began) / 1000)
        return answer
      } catch (cause) {
        metrics.upstreamFailure(api.name, cause instanceof GateError ? cause.code : 'internal')
        throw cause
      }
    },
  }
}
