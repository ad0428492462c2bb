import { describe, expect, test } from 'vitest'
import { keepFixed } from './keep-fixed.ts'
import { parseConfig } from './load.ts'
import type { Config } from './paths.ts'
import type { ConfigInput } from './schema.ts'

const APIS: ConfigInput['apis'] = { shop: { path: '/api/shop', upstream: 'https://api.example.com', allow: ['GET /**'] } }

function config(changes: Partial<ConfigInput> = {}): Config {
  const loaded = parseConfig({ apis: APIS, ...changes }, { file: '/etc/c.yaml', folder: '/etc', locate: () => null })
  if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems))
  return loaded.config
}

describe('what a running gateway can take of a new configuration', () => {
  const runs = config()

  test.each<[string, Partial<ConfigInput>]>([
    ['apis', { apis: { other: { path: '/api/other', upstream: 'https://other.example', allow: ['GET /a'] } } }],
    ['sessions', { sessions: { idle: '5m' } }],
    ['visits', { visits: { requests: 7 } }],
    ['allowed origins', { allowedOrigins: ['https://app.example'] }],
    ['trusted proxies', { trustedProxies: ['10.0.0.7'] }],
    ['the theme', { theme: { name: 'Other' } }],
    ['the site', { site: './elsewhere' }],
    ['limits', { limits: { url: '1KiB', connections: 5 } }],
    ['the log level', { log: { level: 'error' } }],
    ['the prefix of the own endpoints', { basePath: '/door' }],
  ])('%s: at once', (_what, changes) => {
    const next = config(changes)
    expect(keepFixed(runs, next)).toEqual({ kind: 'config', config: next, restart: [] })
  })

  test.each<[string, Partial<ConfigInput>]>([
    ['listen', { listen: '127.0.0.1:9999' }],
    ['publicUrl', { publicUrl: 'http://localhost:9999' }],
    ['admin', { admin: { listen: '127.0.0.1:9999' } }],
    ['store', { store: './elsewhere' }],
    ['vault', { vault: { key: { file: './other.key' } } }],
    ['limits.headers', { limits: { headers: '32KiB' } }],
    ['log.file', { log: { file: './log' } }],
  ])('%s: with the next start, and the rest at once', (key, changes) => {
    const kept = keepFixed(runs, config({ ...changes, sessions: { idle: '5m' } }))
    if (kept.kind === 'impossible') throw new Error('impossible')
    expect(kept.restart).toEqual([key])
    expect(kept.config).toEqual(config({ sessions: { idle: '5m' } }))
  })

  test('a part that fits only together with what needs a restart is not taken', () => {
    const proxied = config({ publicUrl: 'https://shop.example', trustedProxies: ['10.0.0.7'] })
    const own = config({ publicUrl: 'https://shop.example', tls: { cert: './c.pem', key: './k.pem' } })
    const kept = keepFixed(proxied, own)
    expect(kept).toMatchObject({ kind: 'impossible', restart: ['tls'], problems: [{ code: 'public_url_https_unserved' }] })
  })
})
