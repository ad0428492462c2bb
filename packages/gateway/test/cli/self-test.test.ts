import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterEach, expect, test } from 'vitest'
import { type Installation, install } from '../started.ts'

let place: Installation | null = null
afterEach(async () => {
  await place?.remove()
  place = null
})

interface Told {
  readonly failed: number
  readonly results: readonly { readonly result: string; readonly rows: readonly string[]; readonly why: string | null }[]
}

test('ADM-06 the gateway proves its own defences with the owner’s configuration, sends nothing to his API, and leaves nothing behind', async () => {
  place = await install('canary-self-test-7Gh2')
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith('cloakroom-self-test-'))
  const ran = await place.run(['self-test', '--json'])
  const told = JSON.parse(ran.out) as Told
  expect(told.results.filter(({ result }) => result !== 'holds')).toEqual([])
  expect([ran.code, told.failed]).toEqual([0, 0])
  expect(told.results.length).toBeGreaterThan(10)
  expect(place.upstream.requests).toEqual([])
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith('cloakroom-self-test-') && !before.includes(name))).toEqual([])
  expect((await place.run(['self-test'])).out).toMatch(/\n\nEvery defence that was tried holds\.\n$/)
}, 120_000)

test('ADM-06 what a configuration gives nothing to try on is said, and one that cannot be used is exit code 78', async () => {
  place = await install('canary-self-test-7Gh2')
  place.edit((text) => text.replace(/access: \w+/, 'access: public'))
  const ran = await place.run(['self-test'])
  expect(ran.out).toMatch(/^not tried {2}who is not signed in/m)
  expect(ran.code).toBe(0)
  place.edit((text) => `${text}nonsense: 1\n`)
  expect((await place.run(['self-test'])).code).toBe(78)
}, 120_000)
