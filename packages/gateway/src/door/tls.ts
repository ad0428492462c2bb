import { type FSWatcher, watch } from 'node:fs'
import type { ServerOptions } from 'node:https'
import { dirname } from 'node:path'
import { Server as TlsServer } from 'node:tls'
import { GateError } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import { type Later, systemLater } from '../lib/later.ts'
import { type CertificatePair, readCertificatePair } from './certificate-pair.ts'

export interface ServerTlsOptions {
  /** Paths of the PEM files. */
  readonly cert: string
  readonly key: string
  readonly clock: Clock
  /** One sentence for the operator, whenever the files changed or could not be used. */
  readonly onNotice: (text: string) => void
  readonly onOutcome?: (outcome: TlsOutcome) => void
  readonly later?: Later
}

export type TlsOutcome = { readonly kind: 'loaded'; readonly expiresAt: number } | { readonly kind: 'refused'; readonly why: string }

export interface ServerTls {
  /** For https.createServer. */
  readonly options: ServerOptions
  /** Follows changes of the files on behalf of this server, until the returned function is called. */
  attach(server: object): () => void
  /** Reads the files now. A pair that cannot be used changes nothing. */
  reload(): Promise<void>
  expiresAt(): number
}

/** RFC 9325 §4.2: forward secrecy and authenticated encryption only. The second line is TLS 1.3, which knows nothing else. */
const CIPHERS = [
  'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305',
  'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256',
].join(':')
/** Renewal writes two files, sometimes through links: they are read when nothing moved for this long. */
const SETTLE_MS = 500
export const HANDSHAKE_MS = 10_000
const WARN_MS = 14 * 86_400_000

/** TLS for the public listener. Throws when the pair cannot be used at the start; later, a bad pair leaves the good one in place. */
export async function openServerTls({ cert, key, clock, onNotice, onOutcome, later = systemLater }: ServerTlsOptions): Promise<ServerTls> {
  const first = await readCertificatePair(cert, key, clock())
  if (first.kind === 'unusable') throw new GateError('internal', first.why)
  let pair: CertificatePair = first
  const servers = new Set<TlsServer>()
  let asked = 0
  warnAboutExpiry(pair)

  function warnAboutExpiry({ leaf, expiresAt }: CertificatePair): void {
    if (expiresAt - clock() < WARN_MS)
      onNotice(`The certificate ${cert} expires on ${leaf.validToDate.toISOString()}. Renew it; the new one is taken without a restart.`)
  }

  function contextOf(now: CertificatePair) {
    return { cert: now.cert, key: now.key, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', ciphers: CIPHERS, honorCipherOrder: true } as const
  }

  async function reload(): Promise<void> {
    asked += 1
    const own = asked
    const next = await readCertificatePair(cert, key, clock())
    // Somebody asked again meanwhile, and saw the files later than we did.
    if (own !== asked) return
    if (next.kind === 'unusable') {
      onNotice(`${next.why} The certificate in use stays.`)
      onOutcome?.({ kind: 'refused', why: next.why })
      return
    }
    if (next.cert === pair.cert && next.key === pair.key) return
    pair = next
    // Connections that exist keep what they agreed on; new handshakes see the new pair.
    for (const server of servers) server.setSecureContext(contextOf(pair))
    onNotice(`The certificate ${cert} was renewed; it is valid until ${next.leaf.validToDate.toISOString()}.`)
    onOutcome?.({ kind: 'loaded', expiresAt: next.expiresAt })
    warnAboutExpiry(pair)
  }

  return {
    options: {
      ...contextOf(pair),
      handshakeTimeout: HANDSHAKE_MS,
      SNICallback(name, answer) {
        // RFC 9110 §15.5.20 has 421 for a wrong Host; for a wrong server name there is no certificate, and none is made up.
        if (pair.leaf.checkHost(name, { subject: 'never' }) === undefined) answer(new Error(`no certificate for ${JSON.stringify(name)}`))
        else answer(null)
      },
    },
    attach(server) {
      if (!(server instanceof TlsServer)) throw new GateError('internal', 'not a TLS server')
      servers.add(server)
      if (pair !== first) server.setSecureContext(contextOf(pair))
      const stop = watchFiles([cert, key], () => void reload(), later, onNotice)
      return () => {
        servers.delete(server)
        stop()
      }
    },
    reload,
    expiresAt: () => pair.expiresAt,
  }
}

/** Watches the folders, because renewal replaces files and links rather than writing into them. */
function watchFiles(paths: readonly string[], changed: () => void, later: Later, onNotice: (text: string) => void): () => void {
  let callOff = (): void => undefined
  const soon = (): void => {
    callOff()
    callOff = later(changed, SETTLE_MS)
  }
  const watchers: FSWatcher[] = []
  for (const folder of new Set(paths.map((path) => dirname(path)))) {
    try {
      watchers.push(
        watch(folder, { persistent: false }, soon).on('error', () =>
          onNotice(`${folder} cannot be watched any more: send SIGHUP after a renewal.`),
        ),
      )
    } catch {
      onNotice(`${folder} cannot be watched: send SIGHUP after a renewal.`)
    }
  }
  return () => {
    callOff()
    for (const watcher of watchers) watcher.close()
  }
}
