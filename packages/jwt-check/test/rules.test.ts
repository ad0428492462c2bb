import { describe, expect, it } from 'vitest'
import { rules } from '../src/rules/all.ts'
import { allCases } from './cases/all.ts'
import { outcome } from './cases/outcome.ts'

describe('each rule fires on its examples and is silent on their twins', () => {
  it.each(allCases.map((one) => [`${one.id} ${one.fires === undefined ? 'passes' : 'finds'} ${one.name}`, one] as const))(
    '%s',
    async (_, one) => {
      const rule = rules.find(({ id }) => id === one.id)
      expect(rule === undefined ? 'no such rule' : await outcome(rule, one)).toBe('as expected')
    },
  )
})

describe('the rules as a whole', () => {
  it('are the 55 of the catalogue, in order, each with examples on both sides', () => {
    expect(rules.map(({ id }) => id)).toEqual(Array.from({ length: 55 }, (_, i) => `JWT-${String(i + 1).padStart(2, '0')}`))
    for (const { id } of rules) {
      const own = allCases.filter((one) => one.id === id)
      expect(
        own.some(({ fires }) => fires !== undefined),
        `${id} has an example that fires`,
      ).toBe(true)
      expect(
        own.some(({ fires }) => fires === undefined),
        `${id} has a twin that passes`,
      ).toBe(true)
    }
  })

  it.each(rules.map((rule) => [rule.id, rule] as const))('%s says what, why and what to do, and cites its source', (_, rule) => {
    for (const text of [rule.title, rule.why, rule.remedy, rule.source]) expect(text.length).toBeGreaterThan(5)
    expect(rule.source).toMatch(/RFC|bis|ASVS|OIDC|CVE|derived/)
    expect(rule.why.endsWith('.') && rule.remedy.endsWith('.')).toBe(true)
  })
})
