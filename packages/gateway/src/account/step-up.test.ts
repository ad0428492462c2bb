import { expect, test } from 'vitest'
import { makeKit, NAME, PASSWORD } from '../../test/own-endpoints.ts'
import { makeSessionKit } from '../../test/session-kit.ts'
import { GateError } from '../errors.ts'
import { createStepUp } from './step-up.ts'

test('who is sent away because too many wait has not guessed: nothing is counted', async () => {
  const kit = makeKit()
  await kit.addAccount()
  const [account] = await kit.stores.accounts.list()
  const { session } = await makeSessionKit().signIn({ account: account?.id ?? '', name: NAME })
  const counted: string[] = []
  const { counters } = kit.stores
  const stepUp = createStepUp({
    ...kit.parts,
    store: kit.stores.accounts,
    counters: {
      add: (hits, at) => (counted.push(...hits.map(({ key }) => key)), counters.add(hits, at)),
      clear: (keys) => counters.clear(keys),
    },
    passwords: {
      hash: () => Promise.reject(new Error('nobody sets one')),
      reserve() {
        throw new GateError('busy', 'too many passwords are being checked')
      },
    },
  })
  await expect(stepUp(session, { kind: 'password', password: PASSWORD }, { at: kit.now() })).rejects.toMatchObject({ code: 'busy' })
  expect(counted).toEqual([])
})
