import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeHead } from '../../test/fixtures.ts'
import { makeMmdb } from '../../test/mmdb.ts'
import type { Subject } from '../decide/guard.ts'
import { loadGuard } from './load.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cloakroom-geo-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const subject = (client: string): Subject => ({
  phase: 'request',
  at: 0,
  head: makeHead({ client }),
  route: { id: 'site', kind: 'site', api: null },
  visitor: null,
  answer: null,
  event: null,
})

const GUARD = `version: 1
geo: { country: ./countries.mmdb, asn: ./networks.mmdb }
lists:
  hosters: { asn: [AS64500] }
rules:
  - { id: abroad, when: '!(ip.country in ["CH", "AT"])', then: { block: 403 } }
  - { id: hosted, when: ip.asn in lists.hosters, then: { block: 403 } }
`

test('RATE-04 countries and networks come from the owner’s own databases; an address that is in neither is in no country', () => {
  writeFileSync(
    join(folder, 'countries.mmdb'),
    makeMmdb({ '192.0.2.0/24': { country: { iso_code: 'CH' } }, '198.51.100.0/25': { registered_country: { iso_code: 'FR' } } }, 'Country'),
  )
  writeFileSync(join(folder, 'networks.mmdb'), makeMmdb({ '192.0.2.0/26': { autonomous_system_number: 64_500 } }, 'ASN'))
  writeFileSync(join(folder, 'guard.yaml'), GUARD)
  const loaded = loadGuard(join(folder, 'guard.yaml'))
  if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems))
  const [abroad, hosted] = loaded.guard.rules
  const held = (address: string) => [abroad, hosted].map((rule) => rule?.when.holds(subject(address), () => null))
  expect(held('192.0.2.1')).toEqual([false, true])
  expect(held('192.0.2.200')).toEqual([false, false])
  expect(held('198.51.100.9')).toEqual([true, false])
  expect(held('203.0.113.1')).toEqual([true, false])
  expect(abroad?.when.trace(subject('198.51.100.9'), () => null)).toEqual([{ text: 'ip.country', value: 'FR' }])
  expect(loaded.files).toEqual(['guard.yaml', 'countries.mmdb', 'networks.mmdb'].map((name) => join(folder, name)))
})

test('a database that is missing, or none, is said with its place', () => {
  writeFileSync(join(folder, 'guard.yaml'), GUARD)
  const missing = loadGuard(join(folder, 'guard.yaml'))
  expect(missing.kind === 'problems' && missing.problems).toMatchObject([{ code: 'guard_geo', line: 2, text: 'There is no such file.' }])
  writeFileSync(join(folder, 'countries.mmdb'), 'not a database')
  const broken = loadGuard(join(folder, 'guard.yaml'))
  expect(broken.kind === 'problems' && broken.problems).toMatchObject([{ code: 'guard_geo', text: 'This is no MaxMind database.' }])
})
