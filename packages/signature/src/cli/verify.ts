import { parseArgs } from 'node:util'
import { verifyMessage } from '../core/verify.ts'
import { receivedSignatures } from '../core/received.ts'
import { urlKeys } from '../keys/jwks-url.ts'
import type { KeySource } from '../keys/source.ts'
import { staticKeys } from '../keys/static.ts'
import { memoryNonces } from '../nonce/memory.ts'
import { failed, fine, type Outcome } from '../outcome.ts'
import { createVerifier } from '../policy/verifier.ts'
import { readKeyFile } from './key-file.ts'
import { describedRequest, REQUEST_OPTIONS, type DescribedRequest } from './request-options.ts'
import { EXIT, misconfigured, usage, type CommandResult, type Terminal } from './terminal.ts'

const OPTIONS = { ...REQUEST_OPTIONS, keys: { type: 'string' }, core: { type: 'boolean', default: false } } as const

interface Finding {
  readonly accepted: boolean
  readonly reason: string | null
  readonly detail: string
}

/** `verify`: would an API with these keys take this request? */
export async function verify(words: string[], terminal: Terminal): Promise<CommandResult> {
  const { values } = parseArgs({ args: words, options: OPTIONS })
  if (values.keys === undefined) return usage('--keys needs a file or an https address with public keys.')
  const described = await describedRequest(values, terminal)
  if (!described.ok) return described.problem === 'usage' ? usage(described.detail) : misconfigured(described.detail)
  const keys = await keySource(values.keys)
  if (!keys.ok) return misconfigured(keys.detail)
  const finding = values.core
    ? await inCore(described.value, keys.value)
    : await inProfile(described.value, keys.value, values['cover-also'] ?? [])
  if (values.json) terminal.print(JSON.stringify(finding))
  else terminal.print(finding.accepted ? `accepted: ${finding.detail}` : `refused: ${finding.reason ?? ''} (${finding.detail})`)
  return finding.accepted ? EXIT.ok : EXIT.refused
}

async function keySource(place: string): Promise<Outcome<KeySource, 'unreadable'>> {
  try {
    if (/^https?:/.test(place)) return fine(urlKeys({ url: place }))
    const jwks = await readKeyFile(place)
    return jwks.ok ? fine(await staticKeys(jwks.value)) : jwks
  } catch (error) {
    return failed('unreadable', `${place}: ${error instanceof Error ? error.message : 'unusable'}`)
  }
}

async function inProfile({ request, content, at }: DescribedRequest, keys: KeySource, coverAlso: readonly string[]): Promise<Finding> {
  const judge = createVerifier({ authority: request.authority, keys, nonces: memoryNonces(), coverAlso, clock: () => at, patienceMs: 5000 })
  const verdict = await judge(request, () => Promise.resolve(fine(content ?? new Uint8Array())))
  if (verdict.verdict === 'refused') return { accepted: false, reason: verdict.refusal.reason, detail: verdict.refusal.detail }
  return { accepted: true, reason: null, detail: `key ${verdict.signed.keyid}, ${verdict.signed.algorithm}` }
}

async function inCore({ request, at }: DescribedRequest, keys: KeySource): Promise<Finding> {
  const candidates = receivedSignatures(request.fields)
  const keyid = candidates.ok ? candidates.value[0]?.parameters.get('keyid') : undefined
  const found = await keys.find(typeof keyid === 'string' ? keyid : '', at)
  if (found.answer !== 'key') return { accepted: false, reason: 'unknown_key', detail: String(keyid) }
  const outcome = await verifyMessage(request, { key: found.key })
  if (!outcome.ok) return { accepted: false, reason: outcome.problem, detail: outcome.detail }
  return {
    accepted: true,
    reason: null,
    detail: `${outcome.value.components.map(({ identifier }) => identifier).join(' ')} signed by ${found.key.keyid}`,
  }
}
