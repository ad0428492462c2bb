import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { nextPath } from '../../src/decide/next.ts'
import { Jar, makeKit, NAME, PASSWORD } from '../own-endpoints.ts'

interface RedirectCase {
  readonly id: string
  readonly why: string
  readonly next: string
  /** The path that it leads to; `/` for all that might lead elsewhere. */
  readonly to: string
}

const CORPUS = JSON.parse(readFileSync(new URL('../corpora/redirect-targets.json', import.meta.url), 'utf8')) as RedirectCase[]
const ORIGIN = 'https://shop.example'

test('PWD-18 the corpus has at least 300 addresses, each with its reason', () => {
  expect(new Set(CORPUS.map(({ next }) => next)).size).toBe(CORPUS.length)
  expect(CORPUS.length).toBeGreaterThanOrEqual(300)
})

test.each(CORPUS)('PWD-18 C1 $id leads to $to', ({ next, to }) => {
  const path = nextPath(next, '/auth')
  expect(path).toBe(to)
  // As a browser reads it, from any page of ours and as a Location.
  for (const base of [`${ORIGIN}/auth/login`, `${ORIGIN}/`, `${ORIGIN}/a/b?c`]) expect(new URL(path, base).origin).toBe(ORIGIN)
  expect(path).toMatch(/^\/(?![/\\])[\x21-\x7e]*$/)
  // Going there is going there: read again, it stays what it is.
  expect(nextPath(path, '/auth')).toBe(path)
})

test('PWD-18 C1 the pages that carry it hold the same path and no other', async () => {
  const kit = makeKit()
  await kit.addAccount()
  const cookies = new Jar()
  await kit.send({ method: 'POST', path: '/auth/login', json: { account: NAME, password: PASSWORD }, cookies })
  for (const { id, next, to } of CORPUS) {
    const query = `next=${encodeURIComponent(next.toWellFormed())}`
    const stranger = await kit.send({ path: '/auth/login', query })
    const [, field = ''] = /name="next" value="([^"]*)"/.exec(stranger.text) ?? []
    expect(field.replaceAll('&amp;', '&'), id).toBe(to)
    const known = await kit.send({ path: '/auth/login', query, cookies })
    for (const [, link = ''] of known.text.matchAll(/href="([^"]*)"/g)) {
      expect(new URL(link.replaceAll('&amp;', '&'), `${ORIGIN}/auth/login`).origin, id).toBe(ORIGIN)
    }
  }
})
