import { expect, test } from 'vitest'
import { memoryStores } from '../store/memory.ts'
import { beginAnew } from './end-again.ts'

const AT = Date.UTC(2026, 10, 27, 12)

test('REV-08 what the lost store had sealed for an account since the backup counts for none of the restored ones', async () => {
  const lost = memoryStores()
  for (let count = 0; count < 3; count += 1) await lost.sessions.revokeAll('a-1', AT, 'password-changed')
  await lost.sessions.revokeEveryone()
  const given = (await lost.sessions.standing('a-1')).generation
  const restored = memoryStores()
  for (let count = 0; count < 6; count += 1) {
    await beginAnew({ stores: restored, at: AT })
    expect((await restored.sessions.standing('a-1')).generation).toBeGreaterThan(given)
  }
  // And a second one, from the same backup, an hour later.
  const again = memoryStores()
  await beginAnew({ stores: again, at: AT + 3_600_000 })
  expect((await again.sessions.standing('a-1')).generation).toBeGreaterThan((await restored.sessions.standing('a-1')).generation)
})
