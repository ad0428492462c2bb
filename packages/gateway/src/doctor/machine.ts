import { statfsSync } from 'node:fs'
import { isLoopbackHost } from '../config/address.ts'
import type { Config } from '../config/paths.ts'
import { readCertificatePair } from '../door/certificate-pair.ts'
import { note, ok, problem, warning, type Finding } from './finding.ts'

const GIB = 2 ** 30
const DAY_MS = 86_400_000

/** Is there room to write? A full disk refuses every session and every audit event. */
export function examineDisk(folder: string): Finding {
  const { bavail, bsize, blocks } = statfsSync(folder)
  const free = bavail * bsize
  const text = `${(free / GIB).toFixed(1)} GiB free where the store lies.`
  if (free < GIB / 10) return problem('store', text, 'Make room: with a full disk every sign-in is refused.')
  return free < GIB || bavail < blocks / 50 ? warning('store', text, 'Make room before it is full.') : ok('store', text)
}

/** The gateway's own certificate: of this key, valid, with its chain, not about to end. */
export async function examineCertificate({ tls }: Config, now: number): Promise<readonly Finding[]> {
  if (tls === null) return []
  const pair = await readCertificatePair(tls.cert, tls.key, now)
  if (pair.kind === 'unusable') return [problem('certificate', pair.why, 'Renew it; a running gateway takes the new files by itself.')]
  const days = Math.floor((pair.expiresAt - now) / DAY_MS)
  const text = `The certificate is good for ${days} more days.`
  const certificates = pair.cert.match(/-----BEGIN CERTIFICATE-----/g)?.length ?? 0
  // A server certificate that nobody else signed is its own chain.
  const whole = certificates > 1 || pair.leaf.checkIssued(pair.leaf)
  const chain = whole
    ? []
    : [
        note(
          'certificate',
          'The file holds the server’s certificate alone.',
          'If browsers complain, put the intermediate certificates behind it.',
        ),
      ]
  return [days < 14 ? warning('certificate', text, 'Renew it.') : ok('certificate', text), ...chain]
}

/** Will browsers keep the session cookie? Its prefix demands HTTPS, or localhost. */
export function examineCookies(publicOrigin: string): Finding {
  const { protocol, hostname } = new URL(publicOrigin)
  if (protocol === 'https:') return ok('cookies', `Browsers keep the session cookie of ${publicOrigin}.`)
  if (hostname === 'localhost')
    return note(
      'cookies',
      'Chromium and Firefox keep a Secure cookie of http://localhost; Safari does not.',
      'For Safari: cloakroom init --https.',
    )
  const fix = isLoopbackHost(hostname) ? 'Use http://localhost, or https://.' : 'Use https://.'
  return problem('cookies', `No browser keeps the session cookie of ${publicOrigin}: nobody stays signed in.`, fix)
}
