import { parseArgs } from 'node:util'
import { signingKey } from '../keys/key.ts'
import { createSigner, randomNonce } from '../policy/signer.ts'
import { isNonce } from '../policy/profile.ts'
import { readKeyFile } from './key-file.ts'
import { describedRequest, REQUEST_OPTIONS } from './request-options.ts'
import { EXIT, misconfigured, usage, type CommandResult, type Terminal } from './terminal.ts'

const OPTIONS = { ...REQUEST_OPTIONS, key: { type: 'string' }, nonce: { type: 'string' } } as const

/** `sign`: the field lines that make a request one that the API accepts. */
export async function sign(words: string[], terminal: Terminal): Promise<CommandResult> {
  const { values } = parseArgs({ args: words, options: OPTIONS })
  if (values.key === undefined) return usage('--key needs the file of a private key.')
  const nonce = values.nonce ?? randomNonce()
  if (!isNonce(nonce)) return usage('--nonce needs 16 to 128 printable characters.')
  const described = await describedRequest(values, terminal)
  if (!described.ok) return described.problem === 'usage' ? usage(described.detail) : misconfigured(described.detail)
  const jwks = await readKeyFile(values.key)
  if (!jwks.ok) return misconfigured(jwks.detail)
  const [jwk] = jwks.value
  if (jwk === undefined || jwks.value.length > 1)
    return misconfigured(`${values.key}: one private key is needed, there are ${jwks.value.length}.`)
  try {
    const { request, content, at } = described.value
    const signer = createSigner({ key: await signingKey(jwk), coverAlso: values['cover-also'] ?? [], clock: () => at, nonce: () => nonce })
    const signed = await signer(request, content)
    if (!signed.ok) return usage(`This request cannot be signed: ${signed.detail}.`)
    if (values.json) terminal.print(JSON.stringify({ fields: Object.fromEntries(signed.value.fields), base: signed.value.base }))
    else for (const [name, value] of signed.value.fields) terminal.print(`${name}: ${value}`)
    return EXIT.ok
  } catch (error) {
    return misconfigured(`${values.key}: ${error instanceof Error ? error.message : 'unusable'}`)
  }
}
