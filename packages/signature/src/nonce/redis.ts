import type { NonceStore } from './store.ts'

/**
 * The one call that is used of a Redis client: a command as words. node-redis has it as `sendCommand`; for ioredis pass
 * `{ sendCommand: ([name, ...rest]) => client.call(name, ...rest) }`.
 */
export interface RedisCommands {
  sendCommand(command: string[]): Promise<unknown>
}

export interface RedisNoncesOptions {
  readonly client: RedisCommands
  /** Default `cloakroom:nonce:`. */
  readonly prefix?: string
}

/** Nonces that all instances of an API share: one `SET … NX EX` per request, which Redis does for one caller only. */
export function redisNonces({ client, prefix = 'cloakroom:nonce:' }: RedisNoncesOptions): NonceStore {
  return {
    async spend(purpose, id, expiresAt, now) {
      // EX takes whole seconds above zero. What has expired here is kept a second all the same: better once too often refused.
      const seconds = Math.max(1, Math.ceil(expiresAt - now))
      const key = `${prefix}${encodeURIComponent(purpose)}:${encodeURIComponent(id)}`
      const answer = await client.sendCommand(['SET', key, '1', 'NX', 'EX', String(seconds)])
      if (String(answer) === 'OK') return true
      if (answer === null) return false
      throw new Error('Redis answered neither OK nor null')
    },
  }
}
