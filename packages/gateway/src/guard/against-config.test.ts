import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { guardOf } from '../../test/guard-kit.ts'
import { parseConfig } from '../config/load.ts'
import { formatProblem } from '../config/problem.ts'
import type { ConfigInput } from '../config/schema.ts'

const folder = mkdtempSync(join(tmpdir(), 'cloakroom-against-'))
afterAll(() => rmSync(folder, { recursive: true }))

function check(guard: string, change: Partial<ConfigInput> = {}): readonly string[] {
  writeFileSync(join(folder, 'guard.yaml'), guard)
  const value = {
    guard: './guard.yaml',
    store: './data',
    apis: {
      shop: { path: '/api/shop', upstream: 'https://api.example.com', credential: 'shop-key', allow: ['GET /products/**'] },
      weather: { path: '/api/weather', upstream: 'https://weather.example.com', allow: ['GET /**'] },
    },
    ...change,
  }
  const loaded = parseConfig(value, { file: null, folder, locate: () => null })
  const problems = loaded.kind === 'problems' ? loaded.problems : loaded.warnings
  return problems.filter(({ file }) => file !== undefined).map((problem) => formatProblem(problem, '').replaceAll(`${folder}/`, ''))
}

test.each([
  [
    'route.id == "logn"',
    /guard\.yaml:6:\d+: No route is called `logn`: this never holds\. \[guard_condition\]\n.*\n +\| +\^{6}\n +Did you mean `login`\?/,
  ],
  ['route.id == "shop: GET /product/**"', /Did you mean `shop: GET \/products\/\*\*`\?/],
  ['"shpo" != route.api', /No API is called `shpo`.*\n.*\n.*\n +Did you mean `shop`\?/],
  ['request.ua == "" || (route.api in ["shop", "mail"] && true)', /No API is called `mail`[^]*There are: shop, weather\./],
])('a name that the configuration does not have is a mistake, shown where it stands: %s', (when, said) => {
  expect(check(guardOf('', { id: 'a', when: `'${when}'`, does: '{ block: 403 }' })).join('\n')).toMatch(said)
})

test('the same in a signal, and in the scope of a ban', () => {
  expect(
    check(
      guardOf('signals:\n  a: { on: request, when: route.api == "mail", key: ip.net, sum: { per: 60s } }', {
        id: 'a',
        when: 'signal.a.count > 3.0',
        does: '{ block: 403 }',
      }),
    ).join(),
  ).toMatch(/guard\.yaml:4:\d+: No API is called `mail`/)
  expect(check(guardOf('', { id: 'a', when: 'true', does: '{ ban: { key: ip.net, for: 1h, scope: [login, logni] } }' })).join()).toMatch(
    /No route is called `logni`[^]*Did you mean `login`/,
  )
})

test('names that are there pass: lines of `allow`, own endpoints, the site, nowhere, and no API', () => {
  const names = '["shop: GET /products/**", "login", "factors/totp", "site", "none"]'
  expect(check(guardOf('', { id: 'a', when: `'route.id in ${names} || route.api in ["", "weather"]'`, does: '{ block: 403 }' }))).toEqual(
    [],
  )
})

test('an action that cannot be done in this configuration is refused, with what to do', () => {
  const disable = (name: string, when = 'true') =>
    guardOf('', { id: 'a', when, does: `{ disable_credential: { name: ${name}, else: { block: 403 } } }` })
  expect(check(disable('shp-key')).join()).toMatch(/guard\.yaml:7:\d+: No API uses a credential `shp-key`[^]*Did you mean `shop-key`/)
  expect(check(disable('route', 'route.api == "weather"')).join()).toMatch(/No API here has a credential to disable/)
  expect(check(disable('route', 'route.api == "shop"'))).toEqual([])
  expect(check(disable('route'))).toEqual([])
  const stepUp = guardOf('', { id: 'a', when: 'true', does: '{ step_up: { max_age: 5m, else: { block: 403 } } }' })
  expect(check(stepUp)).toEqual([])
  expect(check(stepUp, { ownAccounts: false }).join()).toMatch(/`step_up` cannot be given/)
})

test('a rule that tells nobody is warned of', () => {
  const guard = guardOf('', { id: 'a', when: 'true', does: '{ notify: ops }' })
  expect(check(guard).join()).toMatch(/warning: `a` tells nobody but the audit trail/)
  expect(check(guard, { notify: { webhook: { url: 'https://hook.example.com/' } } })).toEqual([])
})
