import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memoryNonces, staticKeys, systemClock } from '../src/index.ts'
import { requireSignature } from '../src/middleware/node.ts'
import { collectReasons } from './apps.ts'
import { makeCertificate, type Certificate } from './certificates.ts'
import { gatewayKey, signed } from './kit.ts'
import { optionalProgram } from './optional.ts'
import { listen, type Listening } from './servers.ts'

const openssl = optionalProgram('/usr/bin/openssl', 'openssl')

describe.skipIf(openssl === null)('a pinned client certificate beside the signature (UPV-15)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cloakroom-mtls-'))
  const made: Record<string, Certificate> = {}
  let listening: Listening
  const { reasons, report } = collectReasons()
  let now = systemClock

  beforeAll(async () => {
    const make = (name: string, names: string, issuer: Certificate | null) =>
      (made[name] = makeCertificate(openssl!, folder, name, names, issuer))
    const authority = make('ca', 'CA', null)
    make('server', 'DNS:localhost,IP:127.0.0.1', authority)
    make('gateway', 'DNS:gateway.test', authority)
    make('spiffe', 'URI:spiffe://example.test/gateway', authority)
    make('neighbour', 'URI:spiffe://example.test/gateway-2,DNS:gateway.test', authority)
    // One name that reads like three.
    make('quoting', 'URI:x\\, URI:spiffe://example.test/gateway\\, y', authority)
    make('forger', 'URI:spiffe://example.test/gateway', make('otherCa', 'CA', null))
    const keys = await staticKeys([gatewayKey.publicJwk!])
    const pins = { sha256: [made['gateway']!.fingerprint.toLowerCase()], uris: ['spiffe://example.test/gateway'] }
    const handler = requireSignature(
      { authority: 'localhost', ignoreHost: true, keys, nonces: memoryNonces(), report, clock: () => now(), clientCertificate: pins },
      (_request, response) => response.end('in'),
    )
    const server = createServer(
      { key: made['server']!.key, cert: made['server']!.cert, ca: authority.cert, requestCert: true, rejectUnauthorized: false },
      handler,
    )
    listening = await listen(server)
  })
  afterAll(async () => {
    await listening.close()
    rmSync(folder, { recursive: true })
  })

  async function callAs(name: string | null, clock = systemClock): Promise<number> {
    now = clock
    const request = await signed(
      { kind: 'request', method: 'GET', scheme: 'https', authority: 'localhost', path: '/', query: null, fields: [] },
      null,
      {
        clock,
        nonce: () => crypto.randomUUID(),
      },
    )
    const own = name === null ? {} : { key: made[name]!.key, cert: made[name]!.cert }
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', servername: 'localhost', port: listening.port, ca: made['ca']!.cert, agent: false, ...own }
      httpsRequest({ ...options, headers: Object.fromEntries(request.fields) }, (answer) => {
        answer.resume()
        resolve(answer.statusCode ?? 0)
      })
        .on('error', reject)
        .end()
    })
  }

  it('the pinned certificate and the pinned SPIFFE id come in', async () => {
    expect([await callAs('gateway'), await callAs('spiffe')]).toEqual([200, 200])
  })

  it.each(['neighbour', 'quoting', 'forger', null])(
    '%s stays out, with a perfect signature: same authority, same name, or no certificate',
    async (name) => {
      expect(await callAs(name)).toBe(403)
      expect(reasons.at(-1)).toBe('unknown_client_certificate')
    },
  )

  it('a certificate that has run out stays out, also on a connection that is still open', async () => {
    expect(await callAs('gateway', () => systemClock() + 10 * 86_400)).toBe(403)
    expect(reasons.at(-1)).toBe('unknown_client_certificate')
  })
})
