import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Kit, startKit } from '../kit.ts'

let kit: Kit
beforeAll(async () => {
  kit = await startKit({ config: { shop: { allow: ['* /**'] } } })
})
afterAll(() => kit.close())

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'get', 'Get']
const SIGNALS: readonly (readonly [string, string])[] = [
  ['user-agent', 'kube-probe/1.31'],
  ['user-agent', 'GoogleHC/1.0'],
  ['user-agent', 'ELB-HealthChecker/2.0'],
  ['x-forwarded-for', '127.0.0.1'],
  ['authorization', 'Bearer anything'],
  ['authorization', 'Basic YWRtaW46YWRtaW4='],
  ['x-csrf', '1'],
  ['upgrade-insecure-requests', '1'],
  ['access-control-request-method', 'GET'],
  ['cookie', '__Host-Http-session'],
  ['cookie', '__Host-Http-session='],
  ['cookie', '__Host-Http-session=%00'],
  ['cookie', `__Host-Http-session=${'A'.repeat(43)}`],
  ['cookie', '__Host-Http-session="; DROP TABLE sessions; --'],
  ['cookie', '__Host-Http-session=null'],
  ['cookie', ';;;===;;;'],
]

describe('C5 SES-05 no method, agent or malformed cookie opens the API', () => {
  test.each(METHODS)('%s', async (method) => {
    for (const signal of SIGNALS) {
      const answer = await kit.call(method, '/api/shop/products', { headers: [signal] })
      if (method === 'OPTIONS') expect([204, 400]).toContain(answer.status)
      else expect([400, 401, 403, 405, 501]).toContain(answer.status)
      expect(answer.all('set-cookie')).toEqual([])
    }
    expect(kit.upstream.requests).toHaveLength(0)
  })

  test.each(['?sid=', '?session='])('SES-06 a session in the query (%s) is none', async (prefix) => {
    const value = (await kit.signIn()).split('=')[1] ?? ''
    for (const headers of [[], [['x-session', value]], [['authorization', `Bearer ${value}`]]] as const) {
      const answer = await kit.call('GET', `/api/shop/products${prefix}${value}`, { headers })
      expect(answer.status).toBe(401)
      expect(answer.raw.includes(value)).toBe(false)
    }
    expect(kit.upstream.requests).toHaveLength(0)
  })
})
