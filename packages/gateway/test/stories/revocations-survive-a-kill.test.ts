import { afterEach, expect, test } from 'vitest'
import { killRounds, REVOCATIONS, type Round } from '../kill-rounds.ts'
import { type Installation, install } from '../started.ts'

let place: Installation | null = null
afterEach(async () => {
  await place?.remove()
  place = null
})

test('REV-08 REV-01 whatever was revoked, a kill -9 in the moment of the acknowledgement changes nothing', async () => {
  place = await install('canary-killed-revocation-9Wm2')
  const rounds: Round[] = []
  await killRounds(place, REVOCATIONS.length, (round) => rounds.push(round))
  expect(rounds.filter(({ passed }) => passed !== null)).toEqual([])
  expect(rounds.map(({ revocation }) => revocation)).toEqual([...REVOCATIONS])
}, 180_000)
