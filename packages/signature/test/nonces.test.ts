import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createConnection, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memoryNonces, redisNonces, type NonceStore, type RedisCommands } from '../src/index.ts'
import { fine } from '../src/outcome.ts'
import { CONTENT, NOON, reasonOf, signed, testVerifier, verdictOn } from './kit.ts'
import { optionalProgram } from './optional.ts'
import { listenWith } from './servers.ts'

/** What every nonce store owes (UPV-08). */
function conformance(makeStore: () => NonceStore): void {
  it('says yes exactly once', async () => {
    const store = makeStore()
    const answers = await Promise.all(Array.from({ length: 50 }, () => store.spend('k', 'once', NOON + 60, NOON)))
    expect(answers.filter(Boolean)).toHaveLength(1)
    expect(await store.spend('k', 'once', NOON + 60, NOON + 30)).toBe(false)
  })

  it('keeps keys apart, whatever is in their names', async () => {
    const store = makeStore()
    expect(await store.spend('a', 'b:c', NOON + 60, NOON)).toBe(true)
    expect(await store.spend('a:b', 'c', NOON + 60, NOON)).toBe(true)
    expect(await store.spend('b', 'b:c', NOON + 60, NOON)).toBe(true)
    expect(await store.spend('"', ',"', NOON + 60, NOON)).toBe(true)
  })
}

describe('nonces in memory', () => {
  conformance(() => memoryNonces())

  it('forgets a nonce when its time is over, and not before', async () => {
    const store = memoryNonces()
    await store.spend('k', 'n', NOON + 60, NOON)
    expect(await store.spend('k', 'n', NOON + 60, NOON + 59)).toBe(false)
    expect(await store.spend('k', 'n', NOON + 180, NOON + 60)).toBe(true)
  })

  it('refuses new ones when it is full of live ones, and takes them when some have expired', async () => {
    const store = memoryNonces({ most: 2 })
    await store.spend('k', 'long', NOON + 600, NOON)
    await store.spend('k', 'short', NOON + 60, NOON)
    await expect(store.spend('k', 'third', NOON + 60, NOON + 1)).rejects.toThrow('full')
    expect(await store.spend('k', 'long', NOON + 600, NOON + 1)).toBe(false)
    expect(await store.spend('k', 'third', NOON + 120, NOON + 61)).toBe(true)
  })

  it('stays within its bound', async () => {
    const store = memoryNonces({ most: 1000 })
    let refused = 0
    for (let index = 0; index < 1500; index++) await store.spend('k', String(index), NOON + 60, NOON).catch(() => (refused += 1))
    expect(refused).toBe(500)
  })

  it('a clock that was set back does not open the door', async () => {
    let now = NOON
    const verify = await testVerifier({ clock: () => now })
    const request = await signed()
    const read = () => Promise.resolve(fine(CONTENT))
    expect(reasonOf(await verify(request, read))).toBe('accepted')
    now = NOON + 90
    await verify(await signed(undefined, CONTENT, { clock: () => NOON + 90, nonce: () => 'nonce-of-ninety-seconds' }), read)
    now = NOON + 30
    expect(reasonOf(await verify(request, read))).toBe('replayed')
  })
})

const redisServer = optionalProgram('/usr/bin/redis-server', 'redis-server')

describe.skipIf(redisServer === null)('nonces in Redis', () => {
  let port = 0
  let folder = ''
  let stop: () => Promise<void> = () => Promise.resolve()
  const sockets: Socket[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloakroom-redis-'))
    const free = await listenWith(() => undefined)
    port = free.port
    await free.close()
    const server = spawn(
      redisServer!,
      ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()))
    stop = async () => {
      server.kill()
      await ended
    }
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.stdout.on('data', (chunk: Buffer) => chunk.includes('Ready to accept connections') && resolve())
    })
  })
  afterAll(async () => {
    for (const socket of sockets) socket.destroy()
    await stop()
    await rm(folder, { recursive: true })
  })

  const client = (): RedisCommands => {
    const { socket, commands } = connect(port)
    sockets.push(socket)
    return commands
  }
  let round = 0
  conformance(() => redisNonces({ client: client(), prefix: `test:${round++}:` }))

  it('is shared: a request replayed to a second instance is refused there (UPV-08)', async () => {
    const request = await signed()
    const prefix = 'two-instances:'
    expect(await verdictOn(request, CONTENT, { nonces: redisNonces({ client: client(), prefix }) })).toBe('accepted')
    expect(await verdictOn(request, CONTENT, { nonces: redisNonces({ client: client(), prefix }) })).toBe('replayed')
  })

  it('lets Redis forget by itself, after the time that was asked for', async () => {
    const commands = client()
    await redisNonces({ client: commands, prefix: 'ttl:' }).spend('key/1', 'n n', NOON + 120, NOON)
    const left = Number(await commands.sendCommand(['TTL', 'ttl:key%2F1:n%20n']))
    expect(left).toBeGreaterThan(115)
    expect(left).toBeLessThanOrEqual(120)
  })

  it('an error of Redis refuses the request (UPV-12)', async () => {
    const commands = client()
    await commands.sendCommand(['CONFIG', 'SET', 'maxmemory', '1'])
    await commands.sendCommand(['CONFIG', 'SET', 'maxmemory-policy', 'noeviction'])
    expect(await verdictOn(await signed(), CONTENT, { nonces: redisNonces({ client: commands, prefix: 'oom:' }) })).toBe(
      'nonces_unavailable',
    )
    await commands.sendCommand(['CONFIG', 'SET', 'maxmemory', '0'])
  })

  it('a Redis that went away refuses the request (UPV-12)', async () => {
    const { socket, commands } = connect(port)
    await commands.sendCommand(['PING'])
    socket.destroy()
    expect(await verdictOn(await signed(), CONTENT, { nonces: redisNonces({ client: commands }), patienceMs: 100 })).toBe(
      'nonces_unavailable',
    )
  })
})

// Just enough of RESP2 for SET, TTL, PING and CONFIG: one-line answers and nulls, in the order of the commands.
function connect(port: number): { readonly socket: Socket; readonly commands: RedisCommands } {
  const socket = createConnection({ port, host: '127.0.0.1' })
  const waiting: { resolve: (answer: unknown) => void; reject: (error: Error) => void }[] = []
  let rest = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\r\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const next = waiting.shift()
      if (line.startsWith('-')) next?.reject(new Error(line.slice(1)))
      else next?.resolve(line === '$-1' ? null : line.slice(1))
    }
  })
  const fail = () => {
    for (const each of waiting.splice(0)) each.reject(new Error('connection closed'))
  }
  socket.on('error', fail).on('close', fail)
  const sendCommand = (words: string[]) =>
    new Promise<unknown>((resolve, reject) => {
      if (socket.destroyed) return reject(new Error('connection closed'))
      waiting.push({ resolve, reject })
      socket.write(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`)
    })
  return { socket, commands: { sendCommand } }
}
