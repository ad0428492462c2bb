import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sessionIdOf } from '../../src/session/identifier.ts'
import { makeSession } from '../fixtures.ts'
import { type Kit, startKit } from '../kit.ts'
import { type Dice, diceOf, seedOf } from '../random.ts'
import { readAnswers } from '../raw.ts'
import { gate, type Reaction, type UpstreamRequest } from '../upstream.ts'

const VISITORS = 1000
const AT_ONCE = 100

let kit: Kit
beforeAll(async () => {
  kit = await startKit({ config: { sessions: { idle: '4h' }, shop: { allow: ['GET /**', 'POST /**'] } }, upstream: { script: behave } })
})
afterAll(() => kit.close())

/** How the upstream behaves is written in the path: `/v1/BEHAVIOUR/CANARY`. */
const WHOLE = ['plain', 'pieces', 'late', 'early', 'twice'] as const
const BROKEN = ['cut', 'reset', 'nonsense', 'closes'] as const

function behave({ target, method, body }: UpstreamRequest): Reaction {
  const [, , behaviour = '', canary = ''] = target.split('/')
  const text = JSON.stringify({ canary, method, body: body.toString('latin1') })
  switch (behaviour) {
    case 'pieces':
      return { body: [text.slice(0, 5), later(2), text.slice(5)] }
    case 'late':
      return { body: [later(15), text] }
    case 'twice':
      return { raw: answer(text) + answer('{"canary":"v9999-stolen"}') }
    case 'cut':
      return { headers: [['content-length', String(text.length + 100)]], framing: 'none', body: text, after: 'reset' }
    case 'reset':
      return 'reset'
    case 'nonsense':
      return { raw: `HTTP/1.1 abc\r\n\r\n${text}`, after: 'close' }
    case 'closes':
      return { body: text, after: 'close' }
    default:
      return { body: text }
  }
}

function later(ms: number) {
  const held = gate()
  setTimeout(() => held.open(), ms)
  return held
}

function answer(text: string): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`
}

/** One visitor's connection: what it writes, piece by piece, and the canaries whose answers it may expect, in order. */
interface Plan {
  readonly visitor: number
  readonly pieces: readonly { readonly bytes: Buffer; readonly waitMs: number }[]
  readonly canaries: readonly string[]
  /** It goes away without reading, or waits until all has come. */
  readonly leaves: boolean
}

/** 1.2 s at least. */
const QUIET_TURNS = 60

function planOf(visitor: number, cookie: string, host: string, dice: Dice): Plan {
  const pieces: { bytes: Buffer; waitMs: number }[] = []
  const canaries: string[] = []
  const rounds = 1 + dice.next(4)
  for (let round = 0; round < rounds; round += 1) {
    const pipelined = dice.once(3) ? 2 + dice.next(3) : 1
    let text = ''
    for (let at = 0; at < pipelined; at += 1) {
      const canary = `v${visitor}-r${round}-${at}`
      const behaviour = dice.once(5) ? dice.pick(BROKEN) : dice.pick(WHOLE)
      canaries.push(canary)
      const method = dice.once(3) ? 'POST' : 'GET'
      const body = method === 'POST' ? `${canary} ${'x'.repeat(dice.next(3000))}` : ''
      const fields = `host: ${host}\r\ncookie: ${cookie}\r\nsec-fetch-site: same-origin\r\n`
      const length = method === 'POST' ? `content-type: text/plain\r\ncontent-length: ${body.length}\r\n` : ''
      text += `${method} /api/shop/${behaviour}/${canary} HTTP/1.1\r\n${fields}${length}\r\n${body}`
    }
    // Slow visitors write in pieces that end anywhere.
    const cut = dice.once(3) ? dice.next(text.length) : text.length
    pieces.push({ bytes: Buffer.from(text.slice(0, cut), 'latin1'), waitMs: dice.next(5) })
    if (cut < text.length) pieces.push({ bytes: Buffer.from(text.slice(cut), 'latin1'), waitMs: dice.next(10) })
  }
  const ending = dice.next(6)
  if (ending === 0) pieces.push({ bytes: Buffer.from('\0\x01nonsense\r\n\r\n', 'latin1'), waitMs: dice.next(5) })
  if (ending === 1) pieces.splice(-1, 1, { bytes: pieces.at(-1)!.bytes.subarray(0, dice.next(60)), waitMs: 1 })
  return { visitor, pieces, canaries, leaves: ending === 2 }
}

/** Writes the plan and hands back every byte that came. */
function follow(port: number, plan: Plan, dice: Dice): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let answered = 0
    const leave = (): void => void socket.destroy()
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      quiet = 0
      if (plan.leaves && dice.once(3)) leave()
      answered = readAnswers(Buffer.concat(chunks)).answers.length
      if (answered >= plan.canaries.length) leave()
    })
    // What breaks off unanswered is over when it has been quiet for a while. Counted in turns of this process, in which the gateway runs
    // as well: on a busy machine both are slow.
    let quiet = 0
    const watch = setInterval(() => (quiet += 1) >= QUIET_TURNS && leave(), 20)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearInterval(watch)
      resolve(Buffer.concat(chunks))
    })
    void write()

    async function write(): Promise<void> {
      for (const { bytes, waitMs } of plan.pieces) {
        if (waitMs > 0) await new Promise((done) => setTimeout(done, waitMs))
        if (socket.destroyed) return
        socket.write(bytes)
      }
      if (plan.leaves && dice.once(2)) leave()
    }
  })
}

test('C7 a thousand visitors, slow, pipelined, broken and gone, before an upstream that breaks off, is late and answers twice: each gets his own', async () => {
  const seed = seedOf(process.env)
  const dice = diceOf(seed)
  const host = new URL(kit.origin).host
  const cookies = await Promise.all(
    Array.from({ length: VISITORS }, async (_none, visitor) => {
      const value = randomBytes(32).toString('base64url')
      const at = kit.clock.now
      const times = { createdAt: at, authenticatedAt: at, seenAt: at }
      await kit.stores.sessions.insert(
        makeSession({ id: sessionIdOf(value) ?? '', account: `account-${visitor}`, name: `visitor-${visitor}`, ...times }),
      )
      return `__Host-Http-session=${value}`
    }),
  )
  const waiting = cookies.map((cookie, visitor) => planOf(visitor, cookie, host, diceOf(seed + visitor)))
  let whole = 0
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let plan = waiting.pop(); plan !== undefined; plan = waiting.pop()) {
        // Time passes, so that an upstream that failed five times in a row is asked again.
        kit.clock.now += 5000
        const bytes = await follow(kit.running.port, plan, dice)
        whole += check(plan, bytes, seed)
      }
    }),
  )
  // The run would show nothing if nobody were answered.
  expect(whole, `seed ${seed}`).toBeGreaterThan(VISITORS)
  expect(kit.upstream.requests.length).toBeGreaterThan(VISITORS)
}, 90_000)

/** Every canary that came is the visitor's own, and whole answers come in the order of the questions. */
function check({ visitor, canaries }: Plan, bytes: Buffer, seed: number): number {
  const told = `visitor ${visitor}, seed ${seed}`
  const text = bytes.toString('latin1')
  for (const [, owner] of text.matchAll(/v(\d+)-(?:r\d|stolen)/g)) expect(Number(owner), told).toBe(visitor)
  let whole = 0
  readAnswers(bytes).answers.forEach(({ status, body }, at) => {
    expect([200, 400, 408, 502, 503, 504], told).toContain(status)
    if (status !== 200) return
    whole += 1
    const echo = JSON.parse(body.toString('latin1')) as { canary: string; body: string }
    expect(echo.canary, told).toBe(canaries[at])
    if (echo.body !== '') expect(echo.body.split(' ', 1)[0], told).toBe(echo.canary)
  })
  return whole
}
