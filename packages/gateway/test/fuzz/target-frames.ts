import { Duplex, type Writable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import * as ws from 'ws'
import { leaks } from '../../src/decide/credential.ts'
import { MIN_BODY_NEEDLE } from '../../src/decide/needles.ts'
import { Secret } from '../../src/decide/secret.ts'
import { closeFrame, frameHead } from '../../src/forward/frames.ts'
import { thoroughSearch } from '../../src/forward/thorough-search.ts'
import { createTunnel } from '../../src/forward/tunnel.ts'
import type { Dice } from '../random.ts'
import { mutate } from './mutate.ts'
import type { Target } from './target.ts'

/** Exported, and missing in its types. */
const { Receiver } = ws as unknown as { readonly Receiver: new (options: object) => Writable }
const SECRET = 'canary-of-the-frames-4711'
const MOST_BYTES = 2000
/** What may be wrong inside of a sound frame: it is the business of whoever reads the message, not of who passes it on. */
const OF_CONTENT = new Set(['WS_ERR_INVALID_UTF8', 'WS_ERR_INVALID_CLOSE_CODE', 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH'])
const PIECES = [
  '\x81\x00',
  '\x01\x03abc',
  '\x80\x00',
  '\x89\x00',
  '\x88\x02\x03\xe8',
  '\x82\x7e\x00\x7e',
  '\x82\x7f',
  '\xff',
  SECRET,
  SECRET.slice(0, 9),
  SECRET.slice(9),
]

/**
 * Both directions of a WebSocket at once, in pieces: what goes on is sound frames by another program's reading, none too long, in order and
 * unchanged upwards; the secret never comes down, in one frame or in several; all of it ends once.
 */
export function framesTarget(): Target {
  const searcher = thoroughSearch(leaks({ kind: 'bearer' }, new Secret(Buffer.from(SECRET))), { least: MIN_BODY_NEEDLE })
  return {
    name: 'websocket',
    atOnce: 8,
    make(dice) {
      const down = spoiled(Buffer.concat(Array.from({ length: 1 + dice.next(6) }, () => messageOf(dice, false))), dice)
      const up = spoiled(Buffer.concat(Array.from({ length: dice.next(4) }, () => messageOf(dice, true))), dice)
      const head = Buffer.alloc(5)
      head[0] = dice.next(256)
      head.writeUInt32BE(down.length, 1)
      return Buffer.concat([head, down, up])
    },
    async run(input) {
      const split = Math.min(input.length, 5 + (input.length >= 5 ? Buffer.from(input).readUInt32BE(1) : 0))
      const [down, up] = [Buffer.from(input.subarray(5, split)), Buffer.from(input.subarray(split))]
      const [upstream, visitor] = [end(), end()]
      let over = 0
      let leaked = 0
      const tunnel = createTunnel({
        upstream: upstream.stream,
        searcher,
        mostBytes: MOST_BYTES,
        idleMs: 1000,
        onLeak: () => (leaked += 1),
        onActivity: () => undefined,
        onOver: () => (over += 1),
      })
      tunnel.join(visitor.stream, Buffer.alloc(0))
      const width = 1 + ((input[0] ?? 0) % 64)
      for (let at = 0; at < Math.max(down.length, up.length); at += width) {
        upstream.stream.push(Buffer.from(down.subarray(at, at + width)))
        visitor.stream.push(Buffer.from(up.subarray(at, at + width)))
        await turn()
      }
      await turn()
      const [came, went] = [Buffer.concat(visitor.written), Buffer.concat(upstream.written)]
      visitor.stream.destroy()
      upstream.stream.destroy()
      await turn()
      if (over !== 1) return `it ended ${over} times`
      if (leaked > 1) return 'a leak was told twice'
      return (await complaint(came, went, up)) ?? null
    },
  }
}

/** What a tunnel that ends says upwards, behind whole frames. */
const OWN_CLOSE = Buffer.from(closeFrame(1001, '', 'upstream'))

async function complaint(came: Buffer, went: Buffer, up: Buffer): Promise<string | null> {
  const below = await readBy(came, false)
  if (below.fault !== null) return `downwards: ${below.fault}`
  if (below.said.some((message) => message.includes(SECRET))) return 'the secret came down'
  if (below.said.join('').includes(SECRET)) return 'the secret came down in several messages'
  if (!isPrefix(went, up) && !(went.subarray(-OWN_CLOSE.length).equals(OWN_CLOSE) && isPrefix(went.subarray(0, -OWN_CLOSE.length), up)))
    return 'what went up is not what was sent'
  const above = await readBy(went, true)
  return above.fault === null ? null : `upwards: ${above.fault}`
}

/** Read by the `ws` library, which shares no line with what is tested. */
async function readBy(bytes: Buffer, isServer: boolean): Promise<{ readonly fault: string | null; readonly said: readonly string[] }> {
  const receiver = new Receiver({ isServer, maxPayload: MOST_BYTES, skipUTF8Validation: true })
  const said: string[] = []
  let fault: string | null = null
  receiver.on('message', (message: Buffer) => said.push(message.toString('latin1')))
  for (const event of ['ping', 'pong'] as const) receiver.on(event, (payload: Buffer) => said.push(payload.toString('latin1')))
  receiver.on('conclude', (_code: number, reason: Buffer) => said.push(reason.toString('latin1')))
  receiver.on('error', (cause: Error & { code?: string }) => {
    if (!OF_CONTENT.has(cause.code ?? '')) fault = cause.message
  })
  receiver.write(bytes)
  await turn()
  receiver.destroy()
  return { fault, said }
}

/** A message in one to four frames, with the secret or a part of it now and then, and control frames in between. */
function messageOf(dice: Dice, masked: boolean): Buffer {
  const filler = 'x'.repeat(dice.pick([0, 1, 30, 125, 126, 300, 2500]))
  const text = dice.pick([filler, `${filler}${SECRET}`, SECRET.slice(0, 12), SECRET.slice(12), `a${SECRET}b`, filler])
  const frames: Buffer[] = []
  const opcode = dice.pick([1, 2])
  const parts = 1 + dice.next(4)
  const size = Math.ceil(text.length / parts)
  for (let part = 0; part < parts; part += 1) {
    if (dice.once(5)) frames.push(frameOf(dice, dice.pick([8, 9, 10]), true, dice.pick(['', 'hi', SECRET]), masked))
    frames.push(frameOf(dice, part === 0 ? opcode : 0, part === parts - 1, text.slice(part * size, (part + 1) * size), masked))
  }
  return Buffer.concat(frames)
}

function frameOf(dice: Dice, opcode: number, final: boolean, text: string, masked: boolean): Buffer {
  const head = Buffer.from(frameHead(opcode, final, text.length))
  const payload = Buffer.from(text, 'latin1')
  if (!masked) return Buffer.concat([head, payload])
  head[1] = (head[1] ?? 0) | 0x80
  const mask = Buffer.from([dice.next(256), dice.next(256), dice.next(256), dice.next(256)])
  return Buffer.concat([head, mask, payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0))])
}

/** Half of them stay sound: behind a fault nothing is looked at any more. */
function spoiled(bytes: Buffer, dice: Dice): Buffer {
  return dice.once(2) ? bytes : mutate(bytes, dice, PIECES, 8192)
}

function end(): { readonly stream: Duplex; readonly written: Buffer[] } {
  const written: Buffer[] = []
  const stream = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      written.push(Buffer.from(chunk))
      done()
    },
  })
  stream.on('error', () => undefined)
  return { stream, written }
}

function isPrefix(one: Buffer, whole: Buffer): boolean {
  return whole.subarray(0, one.length).equals(one)
}
