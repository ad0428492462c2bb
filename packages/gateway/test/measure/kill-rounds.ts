import { killRounds, type Round } from '../kill-rounds.ts'
import { install } from '../started.ts'

/*
 * kill -9 in the moment in which a revocation is acknowledged: does it hold afterwards?
 * Run: node --conditions=source packages/gateway/test/measure/kill-rounds.ts [ROUNDS]
 */

const ROUNDS = Number(process.argv[2] ?? 200)
const place = await install('canary-kill-rounds-3Jd8')
const rounds: Round[] = []
try {
  await killRounds(place, ROUNDS, (round) => {
    rounds.push(round)
    if (round.passed !== null) console.log(`round ${rounds.length}, ${round.revocation}: ${round.passed}`)
  })
} finally {
  await place.remove()
}
const lost = rounds.filter(({ passed }) => passed !== null)
const byKind = Object.entries(Object.groupBy(rounds, ({ revocation }) => revocation)).map(([kind, all]) => `${kind} ${all.length}`)
const restarts = rounds.map(({ restartMs }) => restartMs).toSorted((one, other) => one - other)
console.log(`${rounds.length} rounds (${byKind.join(', ')}); revocations that did not hold: ${lost.length}`)
console.log(`from the kill to a gateway that listens again: median ${Math.round(restarts[Math.floor(restarts.length / 2)] ?? 0)} ms`)
if (lost.length > 0 || rounds.length < ROUNDS) process.exitCode = 1
