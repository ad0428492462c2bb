import 'reflect-metadata'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer } from 'node:tls'
import * as x509 from '@peculiar/x509'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createDevelopmentCertificate, type DevelopmentCertificate } from './development-certificate.ts'
import { trustSteps } from './trust-authority.ts'

/** TLS checks certificates against the machine's own clock. */
const AT = Date.now()
const DAY_MS = 86_400_000
let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dev-cert-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** What a client says to the certificate: `trusted`, or the reason why not. */
async function shake(
  made: { readonly certificate: string; readonly key: string },
  servername: string,
  ca: string | undefined,
): Promise<string> {
  const server = createServer({ cert: await readFile(made.certificate), key: await readFile(made.key) }, (socket) => socket.end())
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const outcome = await new Promise<string>((resolve) => {
    const isAddress = /^[\d.]+$|:/.test(servername)
    const socket = connect(
      {
        host: '127.0.0.1',
        port,
        ...(isAddress ? {} : { servername }),
        ...(ca === undefined ? {} : { ca }),
        checkServerIdentity: (_host, cert) =>
          new X509Certificate(cert.raw)[isAddress ? 'checkIP' : 'checkHost'](servername) === undefined
            ? new Error('wrong name')
            : undefined,
      },
      () => {
        socket.destroy()
        resolve('trusted')
      },
    )
    socket.on('error', (cause: NodeJS.ErrnoException) =>
      resolve(cause.code === undefined || cause.code === 'UNSPECIFIED' ? cause.message : cause.code),
    )
  })
  await new Promise((resolve) => server.close(resolve))
  return outcome
}

describe('the chain', () => {
  test.each(['shop.test', 'localhost', '127.0.0.1', '::1', '192.0.2.7', '2001:db8::7'])(
    'a client that trusts the authority accepts %s, one that does not refuses',
    async (host) => {
      const made = await createDevelopmentCertificate(folder, ['shop.test', '192.0.2.7', '[2001:DB8::7]'], AT)
      const ca = await readFile(made.authority, 'utf8')
      expect(await shake(made, host, ca)).toBe('trusted')
      expect(await shake(made, host, undefined)).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE')
      expect(await shake(made, 'other.test', ca)).toBe('wrong name')
    },
  )

  test('the authority may sign for its own hosts only: with its key, a certificate for another name is not believed', async () => {
    const made = await createDevelopmentCertificate(folder, ['shop.test'], AT, { keepAuthorityKey: true })
    const ca = await readFile(made.authority, 'utf8')
    for (const [host, type, outcome] of [
      ['shop.test', 'dns', 'trusted'],
      ['bank.example', 'dns', 'permitted subtree violation'],
      ['notshop.test', 'dns', 'permitted subtree violation'],
      ['192.0.2.99', 'ip', 'permitted subtree violation'],
      ['127.0.0.9', 'ip', 'trusted'],
    ] as const) {
      expect(await shake(await forge(made, host, type), host, ca)).toContain(outcome)
    }
  })

  async function forge(made: DevelopmentCertificate, value: string, type: 'dns' | 'ip') {
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
    const [pem] = x509.PemConverter.decode(await readFile(made.authorityKey ?? '', 'utf8'))
    const signingKey = await crypto.subtle.importKey('pkcs8', pem!, algorithm, true, ['sign'])
    const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
    const authority = new x509.X509Certificate(await readFile(made.authority, 'utf8'))
    const leaf = await x509.X509CertificateGenerator.create({
      subject: 'CN=Forged One',
      issuer: authority.subjectName,
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm: algorithm,
      notBefore: new Date(AT - 1000),
      notAfter: new Date(AT + DAY_MS),
      extensions: [new x509.SubjectAlternativeNameExtension([{ type, value }])],
    })
    const forged = { certificate: join(folder, 'forged.pem'), key: join(folder, 'forged-key.pem') }
    await writeFile(forged.certificate, leaf.toString('pem'))
    await writeFile(forged.key, x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY'))
    return forged
  }

  test('both are P-256, the authority may sign no further authority, and neither lives longer than browsers take', async () => {
    const made = await createDevelopmentCertificate(folder, [], AT)
    const [authority, leaf] = [new X509Certificate(await readFile(made.authority)), new X509Certificate(await readFile(made.certificate))]
    expect([authority.ca, leaf.ca]).toEqual([true, false])
    expect(new x509.X509Certificate(authority.toString()).getExtension(x509.BasicConstraintsExtension)?.pathLength).toBe(0)
    expect(leaf.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1')
    expect(leaf.checkIssued(authority)).toBe(true)
    expect((leaf.validToDate.getTime() - leaf.validFromDate.getTime()) / DAY_MS).toBeLessThanOrEqual(397)
    expect(made.expiresAt).toBe(AT + 365 * DAY_MS)
    expect(authority.subject).toBe(`CN=${made.name}`)
  })
})

describe('the files', () => {
  test('the key is for its owner alone, and the authority’s key is not kept', async () => {
    const made = await createDevelopmentCertificate(join(folder, 'tls'), ['shop.test'], AT)
    expect((await stat(made.key)).mode & 0o777).toBe(0o600)
    expect(made.authorityKey).toBeNull()
    expect((await readdir(join(folder, 'tls'))).toSorted()).toEqual([
      'development-authority.pem',
      'development-certificate.pem',
      'development-key.pem',
    ])
  })

  test('an older key file that others could read does not lend its mode to the new one', async () => {
    await writeFile(join(folder, 'development-key.pem'), 'old', { mode: 0o666 })
    const made = await createDevelopmentCertificate(folder, [], AT)
    expect((await stat(made.key)).mode & 0o777).toBe(0o600)
  })

  test('an authority’s key that somebody asked for is as closed', async () => {
    const made = await createDevelopmentCertificate(folder, [], AT, { keepAuthorityKey: true })
    expect((await stat(made.authorityKey ?? '')).mode & 0o777).toBe(0o600)
  })

  test.each(['a b', '*.shop.test', 'https://shop.test', '', 'shop..test', '-x.test', 'a'.repeat(64)])('%j is not a host', async (host) => {
    await expect(createDevelopmentCertificate(folder, [host], AT)).rejects.toThrow('neither a host name nor an address')
  })
})

test('each system is told how to trust the authority and how to take that back', () => {
  const steps = trustSteps('/home/ada/my shop/development-authority.pem', 'Development authority for shop.test (2026-11-02)')
  const where = steps.map((step) => step.where).join(' ')
  for (const system of ['macOS', 'Windows', 'Debian', 'Ubuntu', 'Chromium', 'Firefox']) expect(where).toContain(system)
  for (const step of steps) {
    expect(step.trust).toContain('/home/ada/my shop/development-authority.pem')
    expect(step.remove).not.toBe('')
  }
  expect(steps[0]?.trust).toContain('"/home/ada/my shop/development-authority.pem"')
})
