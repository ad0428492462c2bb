import { networkInterfaces, platform } from 'node:os'
import { parseAllow } from '../config/allow.ts'
import type { ApiConfig } from '../config/paths.ts'
import type { Api } from '../decide/policy.ts'
import { GateError } from '../errors.ts'
import type { Vault } from '../vault/vault.ts'
import { probeBypass } from './bypass.ts'
import { note, problem, type Finding } from './finding.ts'
import { shownCertificate, type Shown } from './shown-certificate.ts'
import { staleCredential, type Stale } from './stale-credential.ts'
import { examineName, examineTls } from './upstream.ts'

/** One API of the configuration. */
export interface Examined {
  readonly api: Api
  readonly allow: readonly string[]
  /** Below the API's own path; null: the first line that GET may use. */
  readonly path: string | null
  readonly ca: string | null
  /** What the gateway shows. */
  readonly clientCertificate: ApiConfig['clientCertificate']
  readonly vault: Pick<Vault, 'open' | 'second' | 'openSigner' | 'openCertificate' | 'list'>
  readonly now: () => number
}

/** Name, TLS, and the way round the gateway. Does nothing where it may not send. */
export async function examineApi(examined: Examined, mayProbe: boolean): Promise<readonly Finding[]> {
  const { api, ca, vault, now } = examined
  const area = `api ${api.name}`
  if (!mayProbe) return []
  if (api.assertion !== null && api.sign === null)
    return [
      note(
        area,
        'The doctor makes no assertions, so the way round the gateway was not tried.',
        'Call the API without one yourself: it has to refuse.',
      ),
    ]
  const { upstreamOrigin: origin, privateNetwork } = api
  try {
    const credential = api.credential === null ? null : await vault.open(api.credential, origin, now())
    let shown: Shown | null = null
    let stale: Stale = null
    try {
      shown = await shownCertificate(examined)
      const certificate = shown?.pair ?? null
      stale = credential === null ? null : await staleCredential(examined, credential)
      const signer = api.sign === null ? null : await vault.openSigner(api.sign.key, origin, now())
      const found: Finding[] = [...(await examineName(area, origin, privateNetwork))]
      if (origin.startsWith('https:') && !isBad(found)) found.push(await examineTls(area, origin, ca, certificate, privateNetwork, now()))
      if (isBad(found)) return found
      const target = targetOf(examined)
      if (target === null)
        return [...found, note(area, 'No line of `allow` takes GET, so nothing was tried.', 'Name a path: --path /orders')]
      const subject = {
        area,
        origin,
        target,
        credential,
        stale,
        signing: api.sign,
        signer,
        ca,
        certificate,
        privateNetwork,
        now,
        otherAddress: otherAddressFor(origin),
      }
      return [...found, ...(await probeBypass(subject))]
    } finally {
      credential?.release()
      stale?.credential.release()
      shown?.wipe()
    }
  } catch (cause) {
    if (!(cause instanceof GateError)) throw cause
    return [problem(area, `${cause.message.slice(cause.code.length + 2)}.`, 'Run: cloakroom check')]
  }
}

function isBad(findings: readonly Finding[]): boolean {
  return findings.some(({ level }) => level === 'problem')
}

function targetOf({ api, allow, path }: Examined): string | null {
  if (path !== null) return `${api.upstreamPath}${path}`
  for (const text of allow) {
    const line = parseAllow(text)
    if (line.kind !== 'line' || (line.method !== 'GET' && line.method !== '*')) continue
    const segments = line.pattern.filter((segment) => segment !== '**').map((segment) => (segment === '*' ? 'cloakroom-doctor' : segment))
    return `${api.upstreamPath}/${segments.join('/')}`
  }
  return null
}

/** All of 127.0.0.0/8 is this machine, on Linux without any setting; elsewhere a second interface is needed. */
function otherAddressFor(origin: string): string | null {
  const { hostname } = new URL(origin)
  if (hostname.startsWith('127.')) return platform() === 'linux' && hostname !== '127.0.0.7' ? '127.0.0.7' : null
  if (hostname === 'localhost' || hostname.startsWith('[')) return null
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return own.filter(({ family, internal }) => family === 'IPv4' && !internal)[1]?.address ?? null
}
