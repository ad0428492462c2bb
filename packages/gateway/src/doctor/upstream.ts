import { lookup } from 'node:dns/promises'
import { connect, getCACertificates, type PeerCertificate } from 'node:tls'
import { parseAddress } from '../decide/ip.ts'
import { isPrivate } from '../decide/private-address.ts'
import type { CertificatePair } from '../forward/client-identity.ts'
import { guardedLookup } from '../forward/guarded-lookup.ts'
import { ok, problem, warning, type Finding } from './finding.ts'

/** Where the upstream's name leads. An address needs no DNS. */
export async function examineName(area: string, origin: string, privateNetwork: boolean): Promise<readonly Finding[]> {
  const { hostname } = new URL(origin)
  if (hostname === 'localhost' || parseAddress(hostname.replace(/^\[|\]$/g, '')) !== null) return []
  try {
    const addresses = (await lookup(hostname, { all: true })).map(({ address }) => address)
    const inside = addresses.filter((text) => isPrivate(parseAddress(text) ?? new Uint8Array(16)))
    if (inside.length > 0 && !privateNetwork) {
      const fix = 'Set `unsafeAllowPrivateNetwork: true` if your API is in a private network; else ask who answers for this name.'
      return [problem(area, `${hostname} leads to ${inside.join(', ')}, which is not on the internet: the gateway refuses it.`, fix)]
    }
    return [ok(area, `${hostname} leads to ${addresses.join(', ')}.`)]
  } catch {
    return [problem(area, `${hostname} leads nowhere.`, 'Correct `upstream`, or this machine’s DNS.')]
  }
}

const DAY_MS = 86_400_000
const PATIENCE_MS = 8000

/** Does the upstream prove who it is, to the authorities that the gateway goes by, and for how long still? */
export function examineTls(
  area: string,
  origin: string,
  ca: string | null,
  certificate: CertificatePair | null,
  privateNetwork: boolean,
  now: number,
): Promise<Finding> {
  const url = new URL(origin)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port: url.port === '' ? 443 : Number(url.port),
      ...(parseAddress(host) === null ? { servername: host } : {}),
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
      ca: [...getCACertificates('default'), ...(ca === null ? [] : [ca])],
      lookup: guardedLookup(undefined, privateNetwork || host === 'localhost'),
      timeout: PATIENCE_MS,
      ...certificate,
    })
    const say = (finding: Finding): void => {
      socket.destroy()
      resolve(finding)
    }
    socket.on('secureConnect', () => say(judge(area, socket.getPeerCertificate(), socket.getProtocol() ?? '', now)))
    socket.on('timeout', () => say(problem(area, `${url.host} does not finish a TLS handshake.`, 'Is it reachable from this machine?')))
    socket.on('error', (cause) => {
      const code = 'code' in cause ? String(cause.code) : cause.name
      const fix = /CERT|SIGNATURE|ISSUER|HOSTNAME/.test(code)
        ? 'Have the API show a certificate for this name, or name its authority in `upstreamCa`.'
        : 'Is the API running, and reachable from this machine?'
      say(problem(area, `${url.host} cannot be verified: ${code}.`, fix))
    })
  })
}

function judge(area: string, certificate: PeerCertificate, protocol: string, now: number): Finding {
  const days = Math.floor((Date.parse(certificate.valid_to) - now) / DAY_MS)
  const text = `It proves who it is (${protocol}), for ${days} more days.`
  return days < 14 ? warning(area, text, 'Have its certificate renewed: when it ends, every call is refused.') : ok(area, text)
}
