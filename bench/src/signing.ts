import { createHash, randomBytes } from 'node:crypto'
import {
  createSigner,
  createVerifier,
  generateKey,
  memoryNonces,
  requestTo,
  staticKeys,
  type FieldLine,
  type RequestMessage,
  type SigningAlgorithm,
} from '../../packages/signature/src/index.ts'
import { nodeSigningKey } from '../../packages/signature/src/keys/node-key.ts'
import { median } from './table.ts'

/** CPU microseconds per request, user and system, all threads of this process. */
export interface SigningFigure {
  readonly algorithm: string
  readonly content: string
  /** As the gateway does it. */
  readonly sign: number
  /** As an API's middleware does it. */
  readonly verify: number
}

const CONTENTS = [
  { name: 'GET', method: 'GET', content: null },
  { name: 'POST of 1 KiB', method: 'POST', content: randomBytes(1024) },
  { name: 'POST of 64 KiB', method: 'POST', content: randomBytes(65_536) },
] as const

/** What a signature costs each side, for each algorithm. */
export async function measureSigning(requests: number, rounds = 5): Promise<readonly SigningFigure[]> {
  const figures: SigningFigure[] = []
  for (const algorithm of ['ed25519', 'ecdsa-p256-sha256', 'hmac-sha256'] as const) {
    for (const each of CONTENTS) figures.push(await measureOne(algorithm, each, requests, rounds))
  }
  return figures
}

async function measureOne(
  algorithm: SigningAlgorithm,
  { name, method, content }: (typeof CONTENTS)[number],
  requests: number,
  rounds: number,
): Promise<SigningFigure> {
  const { privateJwk, publicJwk } = await generateKey(algorithm)
  const sign = createSigner({ key: nodeSigningKey(privateJwk) })
  const verify = createVerifier({
    authority: 'api.example.com',
    keys: await staticKeys([publicJwk ?? privateJwk]),
    nonces: memoryNonces({ most: requests * rounds * 2 }),
  })
  const fields: readonly FieldLine[] = [
    ['authorization', `Bearer ${createHash('sha256').update('bench').digest('hex')}`],
    ...(content === null ? [] : [['content-type', 'application/octet-stream'] as const]),
  ]
  const request = requestTo('https://api.example.com/v1/orders?page=2', method, fields)
  const signs: number[] = []
  const verifies: number[] = []
  for (let round = 0; round < rounds; round++) {
    const made: RequestMessage[] = []
    signs.push(
      await costOf(requests, async () => {
        const signed = await sign(request, content)
        if (!signed.ok) throw new Error(signed.detail)
        made.push({ ...request, fields: [...fields, ...signed.value.fields] })
      }),
    )
    verifies.push(
      await costOf(requests, async (at) => {
        const verdict = await verify(made[at] ?? request, () => Promise.resolve({ ok: true, value: content ?? new Uint8Array() }))
        if (verdict.verdict !== 'accepted') throw new Error(verdict.refusal.reason)
      }),
    )
  }
  return { algorithm, content: name, sign: median(signs), verify: median(verifies) }
}

async function costOf(requests: number, work: (at: number) => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  for (let at = 0; at < requests; at++) await work(at)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / requests
}

export function signingRows(figures: readonly SigningFigure[]): readonly (readonly string[])[] {
  return [
    ['signature, CPU per request, µs', '', 'to sign', 'to verify'],
    ...figures.map(({ algorithm, content, sign, verify }) => [algorithm, content, sign.toFixed(0), verify.toFixed(0)]),
  ]
}

if (import.meta.main) {
  const { table } = await import('./table.ts')
  console.log(table(signingRows(await measureSigning(1000))))
}
