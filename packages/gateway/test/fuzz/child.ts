import { diceOf } from '../random.ts'
import { openFuzzedGateway } from './gateway.ts'
import { framesTarget } from './target-frames.ts'
import type { Target } from './target.ts'
import { answerTarget, listenerTarget } from './target-wire.ts'
import { configTarget, cookieTarget, sealedTarget, vaultTarget } from './target-values.ts'

/** What main.ts asks of the process that is fuzzed. */
export type Order =
  | { readonly do: 'batch'; readonly target: string; readonly seed: number; readonly cases: number }
  | { readonly do: 'replay'; readonly target: string; readonly input: string }
  | { readonly do: 'end' }

export interface Finding {
  readonly target: string
  readonly seed: number
  /** base64 */
  readonly input: string
  readonly what: string
}

export type Report =
  | { readonly kind: 'ready'; readonly targets: readonly string[] }
  | {
      readonly kind: 'done'
      readonly findings: readonly Finding[]
      readonly rssMiB: number
      readonly heldMiB: number
      readonly forwarded: number
    }

/** The gateway and all that is fuzzed, in a process of its own: if it exits, hangs or grows, main.ts sees it. */
const fuzzed = await openFuzzedGateway()
const spoilt = await openFuzzedGateway()
const targets: readonly Target[] = [
  listenerTarget(fuzzed),
  // On its own: an upstream that fails so often is left alone for a while, and no request would come through.
  answerTarget(spoilt),
  cookieTarget(fuzzed),
  configTarget(),
  sealedTarget(),
  await vaultTarget(),
  framesTarget(),
]
const findings: Finding[] = []
/** Said of what nobody caught: the cases of a moment share the blame. */
let current: readonly Finding[] = []

for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
  process.on(event, (cause: unknown) => {
    const what = `${event}: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`
    findings.push(...(current.length === 0 ? [{ target: '?', seed: 0, input: '', what }] : current.map((each) => ({ ...each, what }))))
  })
}

process.on('message', (order: Order) => void obey(order))
process.on('disconnect', () => process.exit(0))
say({ kind: 'ready', targets: targets.map(({ name }) => name) })

async function obey(order: Order): Promise<void> {
  if (order.do === 'end') {
    await Promise.all([fuzzed.close(), spoilt.close()])
    process.disconnect()
    return
  }
  const target = targets.find(({ name }) => name === order.target)
  if (target === undefined) throw new Error(`there is no target ${order.target}`)
  if (order.do === 'replay') await together(target, [{ seed: 0, input: Buffer.from(order.input, 'base64') }])
  else {
    for (let from = 0; from < order.cases; from += target.atOnce) {
      const count = Math.min(target.atOnce, order.cases - from)
      const cases = Array.from({ length: count }, (_none, at) => {
        const seed = order.seed + from + at
        return { seed, input: target.make(diceOf(seed)) }
      })
      await together(target, cases)
    }
  }
  // What is left after a collection is what is held on to.
  globalThis.gc?.()
  const { rss, heapUsed, external } = process.memoryUsage()
  const mib = (bytes: number): number => Math.round(bytes / 1_048_576)
  say({
    kind: 'done',
    findings: findings.splice(0),
    rssMiB: mib(rss),
    heldMiB: mib(heapUsed + external),
    forwarded: fuzzed.forwarded + spoilt.forwarded,
  })
}

async function together(target: Target, cases: readonly { readonly seed: number; readonly input: Uint8Array }[]): Promise<void> {
  current = cases.map(({ seed, input }) => ({ target: target.name, seed, input: Buffer.from(input).toString('base64'), what: '' }))
  await Promise.all(
    cases.map(async ({ input }, at) => {
      const what = await target.run(input).catch((cause: unknown) => `thrown: ${cause instanceof Error ? cause.stack : String(cause)}`)
      const known = current[at]
      if (what !== null && known !== undefined) findings.push({ ...known, what })
    }),
  )
  const what = (await target.settle?.()) ?? null
  if (what !== null) findings.push(...current.map((each) => ({ ...each, what })))
  current = []
}

function say(report: Report): void {
  process.send?.(report)
}
