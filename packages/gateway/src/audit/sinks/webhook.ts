import { createHmac, type KeyObject } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import type { Random } from '../../lib/random.ts'
import { type Post, refuseStatus, type Sink } from './sink.ts'

export interface SignedPostOptions {
  readonly post: Post
  readonly key: KeyObject
  readonly clock: Clock
  readonly random: Random
}

/** Events in batches as `{ events: […] }`. */
export function webhookSink(name: string, options: SignedPostOptions): Sink {
  const post = signedPost(options)
  return { name, send: async (events) => await post({ events }), close: () => undefined }
}

/**
 * A POST that its receiver can check, in the form of standardwebhooks.com: HMAC-SHA256 over id, time and body. The time bounds for how
 * long a captured one can be sent again, the id tells a repetition of ours.
 */
export function signedPost({ post, key, clock, random }: SignedPostOptions): (value: unknown) => Promise<void> {
  return async (value) => {
    const id = `msg_${random(16).toString('base64url')}`
    const time = String(Math.floor(clock() / 1000))
    const body = JSON.stringify(value)
    const signature = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64')
    refuseStatus(
      await post(body, [
        ['webhook-id', id],
        ['webhook-timestamp', time],
        ['webhook-signature', `v1,${signature}`],
      ]),
    )
  }
}
