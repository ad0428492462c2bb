import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import { makeSessionKit, START } from '../session-kit.ts'

const CHANGER = fileURLToPath(import.meta.resolve('../children/session-changer.ts'))

interface Said {
  readonly started: readonly string[]
  readonly ended: readonly string[]
}

/** Runs the changer until it has said so many lines, then kills it in whatever it is doing. The cookies of what it had acknowledged. */
async function changeUntilKilled(folder: string, prefix: string, lines: number): Promise<Said> {
  const child = spawn(process.execPath, ['--conditions=source', CHANGER, folder, prefix], { stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = once(child, 'exit')
  const said = { started: [] as string[], ended: [] as string[] }
  let count = 0
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, cookie = ''] = line.split(' ')
    if (word === 'started' || word === 'ended') said[word].push(cookie)
    if (++count === lines) child.kill('SIGKILL')
  }
  expect(await gone).toEqual([null, 'SIGKILL'])
  return said
}

test('SES-13 after kill -9 nobody is signed in who had signed out, and everybody else still is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cloakroom-killed-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const rounds: Said[] = []
  for (const [round, lines] of [1, 2, 7, 60, 153].entries()) {
    rounds.push(await changeUntilKilled(folder, `round-${round}`, lines))
    const stores = openSqlite(folder)
    const { visitor, signIn } = makeSessionKit({ store: stores.sessions })
    // What earlier rounds acknowledged holds after every further kill as well.
    for (const { started, ended } of rounds) {
      for (const cookie of ended) expect((await visitor(cookie, START)).kind, `${lines} lines`).toBe('stranger')
      for (const cookie of started) expect((await visitor(cookie, START)).kind, `${lines} lines`).toBe('known')
    }
    expect((await signIn({ account: 'after' })).session.account).toBe('after')
    await stores.close()
  }
  expect(rounds.flatMap(({ ended }) => ended).length).toBeGreaterThan(100)
}, 60_000)
