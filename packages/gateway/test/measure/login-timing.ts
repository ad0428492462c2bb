import { performance } from 'node:perf_hooks'
import { COMMAND } from '../../src/audit/event.ts'
import { createAccounts } from '../../src/account/accounts.ts'
import { createPasswords } from '../../src/account/password.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { PURPOSES } from '../../src/purposes.ts'
import { startKit } from '../kit.ts'

/*
 * Does the time of a refusal tell whether an account exists? Through a whole gateway with its real store and real argon2id, the three kinds
 * in turn, in an order that changes. Run: node --conditions=source packages/gateway/test/measure/login-timing.ts [SAMPLES]
 */

const samples = Number(process.argv[2] ?? 200)
const HOUR = 3_600_000

const kit = await startKit()
await kit.addAccount('bob')
const accounts = createAccounts({
  store: kit.stores.accounts,
  counters: kit.stores.counters,
  sessions: { endAll: () => 0, standing: () => ({ generation: 0, roles: [] }) },
  passwords: createPasswords({ pepper: kit.vault.deriveKey(PURPOSES.passwords), random: systemRandom }),
  audit: { note: () => undefined, commit: async () => undefined },
  random: systemRandom,
  ownWords: () => [],
})
await accounts.disable('bob', { at: kit.clock.now, actor: COMMAND })

const KINDS = [
  ['unknown account', 'nobody'],
  ['wrong password', 'ada'],
  ['disabled account', 'bob'],
] as const
const taken: Record<string, number[]> = Object.fromEntries(KINDS.map(([kind]) => [kind, []]))

for (let round = -5; round < samples; round += 1) {
  // A day later nothing is throttled any more, and no row of failures is long enough to lock.
  kit.clock.now += 24 * HOUR
  for (const name of ['ada', 'bob']) {
    const account = await kit.stores.accounts.findByKey(name)
    if (account !== null) await kit.stores.accounts.update(account.id, { failures: 0 })
  }
  for (let turn = 0; turn < KINDS.length; turn += 1) {
    const [kind, account] = KINDS[(((round + turn) % 3) + 3) % 3] ?? KINDS[0]
    const from = performance.now()
    const answer = await kit.call('POST', '/auth/login', { json: { account, password: 'not the password' } })
    const ms = performance.now() - from
    if (answer.status !== 401) throw new Error(`${kind}: ${String(answer.status)}`)
    if (round >= 0) taken[kind]?.push(ms)
  }
}
await kit.close()

const medians = KINDS.map(([kind]) => ({ kind, median: median(taken[kind] ?? []) }))
const [first = { kind: '', median: 0 }] = medians
console.log(`${String(samples)} samples of each kind, taken in turn`)
for (const { kind, median: ms } of medians) {
  const z = rankSum(taken[first.kind] ?? [], taken[kind] ?? [])
  const apart = ((ms / first.median - 1) * 100).toFixed(1)
  console.log(`${kind.padEnd(18)} median ${ms.toFixed(2)} ms  ${apart.padStart(5)} % apart  rank-sum z = ${z.toFixed(2)}`)
}
const furthest = Math.max(...medians.map(({ median: ms }) => Math.abs(ms / first.median - 1)))
console.log(furthest < 0.1 ? 'within 10 % of the median' : 'MORE than 10 % apart')
process.exitCode = furthest < 0.1 ? 0 : 1

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0
}

/** Mann and Whitney's rank-sum test as a normal deviate: beyond ±3.3 one in a thousand would call it chance. */
function rankSum(some: readonly number[], others: readonly number[]): number {
  const ranked = [...some.map((ms) => ({ ms, own: true })), ...others.map((ms) => ({ ms, own: false }))].toSorted((a, b) => a.ms - b.ms)
  const sum = ranked.reduce((total, { own }, at) => total + (own ? at + 1 : 0), 0)
  const [n, m] = [some.length, others.length]
  return (sum - (n * (n + m + 1)) / 2) / Math.sqrt((n * m * (n + m + 1)) / 12)
}
