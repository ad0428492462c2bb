import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuditEvent } from '@cloakroom/contract'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { manualLater } from '../../test/fakes/later.ts'
import type { HeldCredential } from '../config/check-credentials.ts'
import type { Config } from '../config/paths.ts'
import type { Taken } from '../serve.ts'
import { followConfig, type Following } from './follow-config.ts'

const HELD: readonly HeldCredential[] = [
  {
    name: 'shop-key',
    kind: { is: 'secret' },
    placement: 'bearer',
    origins: ['https://api.example.com'],
    versions: [{ state: 'active', notAfter: null }],
  },
]
const yaml = (path: string): string =>
  `apis:\n  shop: { path: ${path}, upstream: 'https://api.example.com', credential: shop-key, allow: [GET /**] }\n`

let folder: string
let file: string
let following: Following
let asked: PromiseWithResolvers<readonly HeldCredential[]>[]
let taken: string[]
let answer: Taken
let notices: string[]
let events: AuditEvent[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cloakroom-follow-'))
  file = join(folder, 'cloakroom.yaml')
  writeFileSync(file, yaml('/api/one'))
  asked = []
  taken = []
  notices = []
  events = []
  answer = { kind: 'taken', restart: [] }
  following = followConfig({
    file,
    started: [],
    running: {
      take(next: Config) {
        taken.push(next.apis['shop']?.path ?? '')
        return answer
      },
      audit: { note: (event) => void events.push(event), commit: () => Promise.resolve() },
    },
    vault: {
      list() {
        const question = Promise.withResolvers<readonly HeldCredential[]>()
        asked.push(question)
        return question.promise
      },
    },
    clock: () => 0,
    later: manualLater().later,
    onNotice: (text) => notices.push(text),
  })
})
afterEach(() => {
  following.stop()
  rmSync(folder, { recursive: true })
})

test('a reading that is asked for while another is under way follows it, once, with what the file says then', async () => {
  const first = following.reload()
  writeFileSync(file, yaml('/api/two'))
  const all = Promise.all([first, following.reload(), following.reload()])
  writeFileSync(file, yaml('/api/three'))
  asked[0]?.resolve(HELD)
  await expect.poll(() => asked.length).toBe(2)
  asked[1]?.resolve(HELD)
  await all
  expect([taken, asked.length]).toEqual([['/api/one', '/api/three'], 2])
  expect(events.map(({ kind }) => kind)).toEqual(['config.loaded', 'config.loaded'])
})

test('what was still being read when the gateway stops is not put in force', async () => {
  const reading = following.reload()
  following.stop()
  asked[0]?.resolve(HELD)
  await reading
  await following.reload()
  expect([taken, events, asked.length]).toEqual([[], [], 1])
})

test('a vault that does not answer changes nothing, and the next reading is tried again', async () => {
  const reading = following.reload()
  asked[0]?.reject(new Error('the store did not answer'))
  await reading
  expect(taken).toEqual([])
  expect(notices).toEqual([expect.stringMatching(/^the store did not answer\n.*was not taken/)])
  expect(events).toMatchObject([{ kind: 'config.rejected', result: 'refused', reason: 'unusable' }])
  const again = following.reload()
  asked[1]?.resolve(HELD)
  await again
  expect(taken).toEqual(['/api/one'])
})

test('what does not fit the values that only a restart changes is refused with both named', async () => {
  answer = {
    kind: 'impossible',
    restart: ['tls'],
    problems: [
      {
        code: 'public_url_https_unserved',
        severity: 'error',
        key: 'publicUrl',
        line: null,
        column: null,
        text: 'Nothing speaks it.',
        fix: 'Set tls.',
      },
    ],
  }
  const reading = following.reload()
  asked[0]?.resolve(HELD)
  await reading
  expect(notices.join('\n')).toMatch(/\[public_url_https_unserved\][\s\S]*only a restart can change: tls\.[\s\S]*was not taken/)
  expect(events).toMatchObject([{ kind: 'config.rejected', reason: 'public_url_https_unserved' }])
})
