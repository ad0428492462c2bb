import { readFraming } from '../../packages/gateway/src/decide/framing.ts'
import { canonicalTarget } from '../../packages/gateway/src/decide/head.ts'
import { headersFrom } from '../../packages/gateway/src/decide/headers.ts'
import { Secret } from '../../packages/gateway/src/decide/secret.ts'
import { readTargetForm } from '../../packages/gateway/src/decide/target-form.ts'
import { wireFields, wireTarget } from '../../packages/gateway/src/forward/wire.ts'
import { createDeadlines } from '../../packages/gateway/src/lib/deadline.ts'
import { backgroundLater } from '../../packages/gateway/src/lib/later.ts'
import { isClaim, isCredential, isUpstreamAnswer } from '../../packages/gateway/src/sound.ts'
import { median } from './table.ts'

const ROUNDS = 9
const CALLS = 20_000

/** What is done to a sound small GET only because another request could be an attack, or a part broken. Nanoseconds of CPU. */
export interface HardeningFigures {
  readonly framing: number
  readonly target: number
  readonly soundness: number
  readonly deadlines: number
  readonly wire: number
}

const RAW = Object.entries({
  Host: 'localhost:8080',
  Accept: '*/*',
  Connection: 'keep-alive',
  'Sec-Fetch-Site': 'same-origin',
  'Sec-Fetch-Dest': 'empty',
  Cookie: `__Host-Http-session=${'a'.repeat(43)}`,
}).flat()
const TARGET = '/api/shop/small'
const FIELDS = [
  ['accept', '*/*'],
  ['accept-encoding', 'identity'],
  ['user-agent', 'cloakroom'],
  ['via', '1.1 cloakroom-0123456789ab'],
  ['x-request-id', '00000000-0000-4000-8000-000000000000'],
  ['authorization', `Bearer ${'k'.repeat(32)}`],
] as const
const NOW = 1_700_000_000_000

/** Each kind of check in a loop of its own, in this process: a small share of a request is not seen beside the noise of whole ones. */
export async function measureHardening(): Promise<HardeningFigures> {
  const headers = headersFrom(RAW)
  const claim = {
    session: {
      id: 'i',
      account: 'a',
      name: 'n',
      generation: 0,
      authenticatedAt: NOW,
      seenAt: NOW,
      factors: [{ kind: 'password', at: NOW }],
      revoked: null,
    },
    standing: { generation: 0, roles: [] },
  }
  const credential = {
    placement: { kind: 'bearer' },
    secret: new Secret(new Uint8Array(32)),
    origins: ['http://127.0.0.1:9000'],
    needles: Array.from({ length: 16 }, () => new Uint8Array(32)),
    release: () => undefined,
  }
  const body = { length: 261, start: () => undefined, resume: () => undefined, cancel: () => undefined }
  const answer = { status: 200, headers: FIELDS, body }
  const request = { method: 'GET', origin: 'http://127.0.0.1:9000', path: TARGET, query: '', headers: FIELDS }
  const within = createDeadlines(backgroundLater)
  const late = (): Error => new Error('late')
  const bare = await timed(async () => await Promise.resolve(answer))
  return {
    framing: await timed(() => readFraming(headers, 'GET', '1.1')),
    target: await timed(() => [readTargetForm(TARGET, { method: 'GET', scheme: 'http', host: 'localhost' }), canonicalTarget(TARGET)]),
    soundness: await timed(() => isClaim(claim) && isCredential(credential) && isUpstreamAnswer(answer)),
    deadlines: Math.max(0, (await timed(async () => await within(60_000, Promise.resolve(answer), late))) - bare),
    wire: await timed(() => [wireTarget(request), wireFields(request, null)]),
  }
}

async function timed(act: () => unknown): Promise<number> {
  const rounds: number[] = []
  for (let round = 0; round <= ROUNDS; round += 1) {
    const before = process.cpuUsage()
    for (let call = 0; call < CALLS; call += 1) {
      const made = act()
      if (made instanceof Promise) await made
      else if (made === false || typeof made === 'string') throw new Error('a sound request was taken for an unsound one')
    }
    const { user, system } = process.cpuUsage(before)
    // The first round is for the compiler.
    if (round > 0) rounds.push(((user + system) * 1000) / CALLS)
  }
  return median(rounds)
}
