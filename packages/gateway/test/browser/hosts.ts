import { createHash, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { type AddressInfo, createServer as createSocketServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/lib/clock.ts'
import { createDevelopmentCertificate } from '../../src/lib/development-certificate.ts'

/** Three hosts on this machine, over HTTPS: the website, a sibling of the same site, and another site. */
export interface Hosts {
  /** Where the gateway is to listen, and what browsers call it. */
  readonly port: number
  readonly app: string
  readonly sibling: string
  readonly evil: string
  readonly cert: string
  readonly key: string
  /** A website of one empty page. */
  readonly site: string
  /** For Chromium: the names lead here, the certificate is believed. */
  readonly args: readonly string[]
  readonly close: () => Promise<void>
}

const EMPTY = '<!doctype html><meta charset="utf-8"><title>empty</title><body></body>'

export async function openHosts(): Promise<Hosts> {
  const folder = mkdtempSync(join(tmpdir(), 'hosts-'))
  const { certificate, key } = await createDevelopmentCertificate(
    folder,
    ['app.example.test', 'other.example.test', 'evil.test'],
    systemClock(),
  )
  const cert = readFileSync(certificate)
  const site = mkdtempSync(join(tmpdir(), 'site-'))
  writeFileSync(join(site, 'index.html'), EMPTY)
  const others = createServer({ cert, key: readFileSync(key) }, (_request, response) =>
    response.writeHead(200, { 'content-type': 'text/html', 'referrer-policy': 'unsafe-url' }).end(EMPTY),
  )
  await new Promise<void>((resolve) => others.listen(0, '127.0.0.1', resolve))
  const otherPort = (others.address() as AddressInfo).port
  const port = await freePort()
  const fingerprint = createHash('sha256')
    .update(new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64')
  return {
    port,
    app: `https://app.example.test:${port}`,
    sibling: `https://other.example.test:${otherPort}`,
    evil: `https://evil.test:${otherPort}`,
    cert: certificate,
    key,
    site,
    args: ['--host-resolver-rules=MAP *.test 127.0.0.1', `--ignore-certificate-errors-spki-list=${fingerprint}`],
    async close() {
      others.closeAllConnections()
      await new Promise((resolve) => others.close(resolve))
      for (const made of [folder, site]) rmSync(made, { recursive: true, force: true })
    },
  }
}

/** The public address must be known before the gateway listens. */
async function freePort(): Promise<number> {
  const server = createSocketServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
