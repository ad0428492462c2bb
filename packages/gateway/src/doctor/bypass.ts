import { createSigner, splitTarget, type FieldLine } from '@cloakroom/signature'
import { place, type Placement } from '../decide/credential.ts'
import type { HeaderField } from '../decide/headers.ts'
import type { OutboundHead } from '../decide/outbound.ts'
import { Secret } from '../decide/secret.ts'
import { ask, type Heard, type Probe } from './ask.ts'
import { judgeBypass, type Tried } from './bypass-verdict.ts'
import { examineClock } from './clock.ts'
import type { Finding } from './finding.ts'
import type { Subject } from './subject.ts'

/**
 * Can somebody call the API round the gateway? Tries it: safe methods, the configured origin, fewer than ten requests. What counts as taken
 * is what is answered as the gateway's own request is.
 */
export async function probeBypass(subject: Subject): Promise<readonly Finding[]> {
  const bare = bareRequest(subject)
  const withSecret = subject.credential === null ? bare : placed(bare, subject.credential.placement, subject.credential.secret)
  const own = await signed(withSecret, subject)
  const gateway = await send(own, subject, null, subject.certificate)
  const tried: Tried[] = []
  const attempt = async (what: Tried['what'], request: OutboundHead, from: string | null = null): Promise<void> => {
    tried.push({ what, heard: await send(request, subject, from) })
  }
  await attempt('nothing', bare)
  if (subject.credential !== null) {
    await attempt('wrong', await signed(placed(bare, subject.credential.placement, invented(subject.credential.secret)), subject))
    if (subject.stale !== null) {
      const { what, credential } = subject.stale
      await attempt(what, await signed(placed(bare, credential.placement, credential.secret), subject))
    }
    if (subject.signing !== null) await attempt('unsigned', withSecret)
    else await attempt('secret', withSecret, subject.otherAddress)
  }
  if (subject.signing !== null) {
    await attempt('replayed', own)
    await attempt('old', await signed(withSecret, { ...subject, now: () => subject.now() - OLD_MS }))
    const other = await signed(withSecret, subject)
    await attempt('other-path', { ...other, query: other.query === '' ? 'cloakroom-doctor=1' : `${other.query}&cloakroom-doctor=1` })
  }
  if (subject.otherAddress !== null) await attempt('other-address', subject.signing === null ? bare : withSecret, subject.otherAddress)
  const clock = gateway.kind === 'answer' ? [examineClock(subject.area, gateway.date, subject.now())] : []
  return [...judgeBypass(subject, gateway, tried), ...clock]
}

/** A signature lives for a minute. */
const OLD_MS = 600_000

function bareRequest({ origin, target }: Subject): OutboundHead {
  const { path, query } = splitTarget(target) ?? { path: '/', query: null }
  return { method: 'GET', origin, path, query: query ?? '', headers: [['user-agent', 'cloakroom']] }
}

function placed(request: OutboundHead, placement: Placement, secret: Secret): OutboundHead {
  return place(request, placement, secret)
}

/** As long as the real one, and never it: what a guessed secret looks like to the API. */
function invented(secret: Secret): Secret {
  return new Secret(Uint8Array.from(Buffer.from('x'.repeat(Math.max(16, lengthOf(secret))))))
}

function lengthOf(secret: Secret): number {
  const shown = place({ method: 'GET', origin: '', path: '/', query: '', headers: [] }, { kind: 'bearer' }, secret).headers[0]?.[1] ?? ''
  return shown.length - 'Bearer '.length
}

async function signed(request: OutboundHead, { signing, signer, credential, now, origin }: Subject): Promise<OutboundHead> {
  if (signing === null || signer === null) return request
  const sign = createSigner({
    key: signer.key,
    coverAlso: credential?.placement.kind === 'header' ? [credential.placement.name] : [],
    clock: () => Math.floor(now() / 1000),
  })
  const { host, protocol } = new URL(origin)
  const made = await sign(
    {
      kind: 'request',
      method: 'GET',
      scheme: protocol === 'https:' ? 'https' : 'http',
      authority: host,
      path: request.path,
      query: request.query === '' ? null : request.query,
      fields: request.headers,
    },
    null,
  )
  if (!made.ok) return request
  return { ...request, headers: [...request.headers, ...made.value.fields.map(([name, value]: FieldLine): HeaderField => [name, value])] }
}

function send(
  request: OutboundHead,
  { origin, ca, privateNetwork }: Subject,
  from: string | null = null,
  certificate: Subject['certificate'] = null,
): Promise<Heard> {
  const probe: Probe = {
    origin,
    target: request.query === '' ? request.path : `${request.path}?${request.query}`,
    headers: request.headers,
    from,
    ca,
    certificate,
    privateNetwork,
  }
  return ask(probe)
}
