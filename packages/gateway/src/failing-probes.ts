import type { Awaitable } from './lib/awaitable.ts'
import type { Later } from './lib/later.ts'

/** A health check that takes longer is no good news: load balancers give up after a few seconds. */
const PROBE_MS = 2000

/** The names of those that throw or hang. Says which part fails, and nothing about how: the reason is in the log. */
export async function failingProbes(probes: Readonly<Record<string, () => Awaitable<unknown>>>, later: Later): Promise<readonly string[]> {
  const outcomes = await Promise.all(Object.entries(probes).map(async ([name, probe]) => ((await holds(probe, later)) ? null : name)))
  return outcomes.filter((name) => name !== null)
}

async function holds(probe: () => Awaitable<unknown>, later: Later): Promise<boolean> {
  let callOff = (): void => undefined
  const late = new Promise<boolean>((resolve) => {
    callOff = later(() => resolve(false), PROBE_MS)
  })
  const asked = (async () => {
    await probe()
    return true
  })().catch(() => false)
  const outcome = await Promise.race([asked, late])
  callOff()
  return outcome
}
