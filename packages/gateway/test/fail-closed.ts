import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Parts } from '../src/parts.ts'
import { type Ask, type FaultyGateway, openFaultyGateway, ORDINARY } from './faulty-parts.ts'

/** A part's method, the request that needs it, and what a visitor gets when it breaks in each way. */
export interface Row {
  readonly port: string
  readonly ask: Ask
  /** Puts `broken` in the method's place. */
  readonly put: (parts: Parts, broken: () => never) => Partial<Parts>
  /** When nothing comes in time; null for parts that answer at once or not at all. */
  readonly late: number | null
  readonly nonsense: number
  /** Answers of the right shape that cannot be true, besides those that fit no part. */
  readonly lies: readonly unknown[]
  /** A null that is an answer. */
  readonly nullIsAnswer?: boolean
  readonly functionIsAnswer?: boolean
  readonly trueIsAnswer?: boolean
  readonly arrayIsAnswer?: boolean
  /** The method returns nothing, so nothing it returns is believed. */
  readonly silent?: boolean
  /** It is on the way of a handshake, too: the same parts as a call of an API asks, but for those that only answers need. */
  readonly onHandshake?: boolean
  /** On the way of a handshake alone. */
  readonly onlyHandshake?: boolean
  /** The API was asked before it. */
  readonly afterwards?: boolean
}

const NONSENSE = [undefined, null, true, 0, 'yes', '', {}, [], () => undefined, Symbol('nothing'), 1n]

const unhandled: unknown[] = []
process.on('unhandledRejection', (cause) => unhandled.push(cause))

const DOORS = ['gateway.handle', 'the listener', 'a WebSocket handshake']

/** Every part of these × throws, hangs, answers nonsense × every door. `further` is told each door and the gateway behind it. */
export function describeFailClosed(
  name: string,
  all: readonly Row[],
  further: (
    gateway: () => FaultyGateway,
    through: (ask: Ask) => ReturnType<FaultyGateway['doors'][string]>,
    isPlain: boolean,
  ) => void = () => undefined,
): void {
  let gateway: FaultyGateway | null = null
  const held = (): FaultyGateway => {
    if (gateway === null) throw new Error('not open')
    return gateway
  }
  beforeAll(async () => {
    gateway = await openFaultyGateway()
  })
  afterAll(() => held().close())

  describe.each(DOORS)(`${name}, through %s`, (door) => {
    const isPlain = door !== 'a WebSocket handshake'
    const rows = all.filter(({ onHandshake, onlyHandshake }) =>
      isPlain ? onlyHandshake !== true : onHandshake === true || onlyHandshake === true,
    )
    const through = async (ask: Ask) => await (held().doors[door]?.(ask) ?? Promise.reject(new Error('no such door')))

    /** Breaks a part, asks, and looks at everything that must hold, the request after it included. */
    async function refusedBy(row: Row, broken: () => unknown, status: number, whileAsking = (): void => undefined): Promise<void> {
      const before = { sent: held().sent, told: held().failures.length + held().events.length }
      held().break((parts) => row.put(parts, broken as () => never))
      try {
        const asking = through(row.ask)
        whileAsking()
        const got = await asking
        expect({ status: got.status, cookies: got.setCookies }).toEqual({ status, cookies: [] })
        expect(got.text).not.toContain('"from"')
        // The forwarder itself is behind the judgement: what counts there is that its nonsense goes no further.
        if (row.afterwards !== true) expect(held().sent).toBe(before.sent)
        // The door answers without a policy: it has no judgement to note.
        if (row.port !== 'policy' || door === 'gateway.handle')
          expect(held().failures.length + held().events.length).toBeGreaterThan(before.told)
      } finally {
        held().heal()
      }
      // Whatever came, an ordinary call is answered afterwards.
      const next = await (held().doors['the listener'] ?? through)(ORDINARY)
      expect(next.status).toBe(200)
      expect(unhandled).toEqual([])
    }

    test.each(rows)('SES-22 $port throws: refused, the cookie is kept, nothing is sent, the next request works', async (row) => {
      const boom = (): never => {
        throw new Error('broken')
      }
      await refusedBy(row, boom, 500)
      if (row.late !== null) await refusedBy(row, () => Promise.reject(new Error('broken')), 500)
    })

    test.each(rows.filter(({ late }) => late !== null))('SES-22 $port never answers: refused when its time is over', async (row) => {
      const entered = Promise.withResolvers<void>()
      const hang = (): Promise<never> => {
        entered.resolve()
        return new Promise(() => undefined)
      }
      await refusedBy(row, hang, row.late ?? 0, () => void entered.promise.then(() => setImmediate(() => held().passTime())))
    })

    test.each(rows.filter(({ silent }) => silent !== true))('SES-22 $port answers nonsense: refused, at once or later', async (row) => {
      for (const nonsense of [...NONSENSE, ...row.lies]) {
        if (nonsense === null && row.nullIsAnswer === true) continue
        if (nonsense === true && row.trueIsAnswer === true) continue
        if (Array.isArray(nonsense) && nonsense.length === 0 && row.arrayIsAnswer === true) continue
        if (typeof nonsense === 'function' && row.functionIsAnswer === true) continue
        await refusedBy(row, () => nonsense, row.nonsense)
        if (row.late !== null) await refusedBy(row, () => Promise.resolve(nonsense), row.nonsense)
      }
    })

    further(held, through, isPlain)
  })
}
