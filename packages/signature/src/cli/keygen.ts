import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { isSigningAlgorithm } from '../keys/algorithm.ts'
import { generateKey } from '../keys/generate.ts'
import { EXIT, misconfigured, usage, type CommandResult, type Terminal } from './terminal.ts'

const OPTIONS = {
  private: { type: 'string' },
  algorithm: { type: 'string', default: 'ed25519' },
  keyid: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const

/** `keygen`: a new key, its private half in a file. */
export async function keygen(words: string[], terminal: Terminal): Promise<CommandResult> {
  const { values } = parseArgs({ args: words, options: OPTIONS })
  if (values.private === undefined) return usage('--private says where the private key goes.')
  if (!isSigningAlgorithm(values.algorithm)) return usage(`No algorithm ${values.algorithm}.`)
  const { privateJwk, publicJwk } = await generateKey(values.algorithm, values.keyid ?? null)
  try {
    // `wx`: a key that is in use is never overwritten by a second run. 0600: who reads it can sign.
    await writeFile(values.private, `${JSON.stringify(privateJwk)}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    return misconfigured(`${values.private}: ${error instanceof Error ? error.message : 'not written'}`)
  }
  if (values.json) terminal.print(JSON.stringify({ keyid: privateJwk.kid, algorithm: values.algorithm, public: publicJwk }))
  else if (publicJwk === null) terminal.complain('A shared secret has no public half: give the same file to the API, and to nobody else.')
  else terminal.print(JSON.stringify({ keys: [publicJwk] }, null, 2))
  return EXIT.ok
}
