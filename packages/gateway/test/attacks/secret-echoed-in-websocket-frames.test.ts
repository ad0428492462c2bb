import type { WebSocket } from 'ws'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Kit, startKit } from '../kit.ts'
import { type Opened, openedSocket } from '../socket-call.ts'
import { type SocketUpstream, startSocketUpstream } from '../socket-upstream.ts'

/** An upstream that echoes its key in a WebSocket, where no answer's body ends and no header says what comes. */
let kit: Kit
let upstream: SocketUpstream

async function start(): Promise<{ readonly opened: Opened; readonly inside: WebSocket }> {
  kit = await startKit({ api: async () => (upstream = await startSocketUpstream()), config: { shop: { allow: ['WS /live'] } } })
  const opened = await openedSocket(kit, '/api/shop/live', { cookie: await kit.signIn() })
  const [inside] = upstream.open
  if (inside === undefined) throw new Error('no upstream')
  return { opened, inside }
}

afterEach(() => kit?.close())

/** Nothing that came, taken together, holds a part of the secret that is worth anything. */
async function expectWithheld({ opened }: { readonly opened: Opened }, longest: number): Promise<void> {
  expect((await opened.closed).code).toBe(1008)
  const seen = opened.messages.join('')
  for (let at = 0; at + longest < kit.secret.length; at += 1) expect(seen).not.toContain(kit.secret.slice(at, at + longest + 1))
  await vi.waitFor(() => {
    const lines = kit.auditLines().filter(({ kind }) => kind === 'secret.reflected')
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({ result: 'refused', target: 'shop-key', detail: { where: 'frame' } })
  })
}

describe('VLT-06 a secret in a WebSocket is never passed on: the connection ends with 1008', () => {
  test.each<[what: string, send: (inside: WebSocket, secret: string) => void, longest: number]>([
    ['in a text', (inside, secret) => inside.send(`before ${secret} after`), 0],
    ['in bytes', (inside, secret) => inside.send(Buffer.from(`before ${secret} after`)), 0],
    ['in JSON', (inside, secret) => inside.send(JSON.stringify({ key: secret })), 0],
    ['in base64', (inside, secret) => inside.send(Buffer.from(`x${secret}`).toString('base64')), 0],
    ['in hexadecimal', (inside, secret) => inside.send(Buffer.from(secret).toString('hex')), 0],
    ['in a ping', (inside, secret) => inside.ping(secret), 0],
    ['in a pong', (inside, secret) => inside.pong(secret), 0],
    ['in the reason of a close', (inside, secret) => inside.close(4000, secret), 0],
    [
      'across the frames of one message',
      (inside, secret) => {
        inside.send(`before ${secret.slice(0, 10)}`, { fin: false })
        inside.send(secret.slice(10, 20), { fin: false })
        inside.send(`${secret.slice(20)} after`)
      },
      0,
    ],
    [
      'across frames with a ping between',
      (inside, secret) => {
        inside.send(secret.slice(0, 12), { fin: false })
        inside.ping('p')
        inside.send(secret.slice(12))
      },
      0,
    ],
    [
      'byte by byte',
      (inside, secret) => {
        for (const letter of secret.slice(0, -1)) inside.send(letter, { fin: false })
        inside.send(secret.slice(-1))
      },
      0,
    ],
    [
      'across two messages: what completes it does not pass',
      (inside, secret) => {
        inside.send(secret.slice(0, 8))
        inside.send(secret.slice(8))
      },
      8,
    ],
    ['at the end of a long message', (inside, secret) => inside.send('x'.repeat(300_000) + secret), 0],
  ])('%s', async (_what, send, longest) => {
    const { opened, inside } = await start()
    send(inside, kit.secret)
    await expectWithheld({ opened }, Math.max(longest, 1))
  })
})

test('what only begins like the secret passes whole', async () => {
  const { opened, inside } = await start()
  const beginning = kit.secret.slice(0, 15)
  inside.send(beginning)
  inside.send('and on')
  inside.send(beginning, { fin: false })
  inside.send('and on')
  expect([await opened.next(), await opened.next(), await opened.next()]).toEqual([beginning, 'and on', `${beginning}and on`])
  opened.socket.terminate()
})
