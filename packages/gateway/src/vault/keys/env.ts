import { GateError } from '../../errors.ts'
import { systemRandom, type Random } from '../../lib/random.ts'
import { parseKeyText } from './key-text.ts'
import { keyLabel } from './key-label.ts'
import type { KeyProvider } from './provider.ts'
import { unwrapUnder, wrapUnder } from './wrapping.ts'

/** Development only: an environment is inherited by children, shown by process lists and crash reports, and cannot be wiped. */
export function envKey(variable: string, env: Readonly<Record<string, string | undefined>>, random: Random = systemRandom): KeyProvider {
  return {
    name: 'env',
    warning: `The vault's key comes from the environment variable ${variable}. Every child process and crash report can carry it: use a key file in production.`,
    async wrap(root, context) {
      const key = readKey(variable, env)
      const parameters = JSON.stringify({ key: keyLabel(key) })
      return { wrapped: wrapUnder(key, root, context, random), parameters }
    },
    async unwrap(wrapped, _parameters, context) {
      return unwrapUnder(readKey(variable, env), wrapped, context, `${variable} does not hold the key that closed this vault`)
    },
  }
}

function readKey(variable: string, env: Readonly<Record<string, string | undefined>>): Buffer {
  const key = parseKeyText(env[variable] ?? '')
  if (key === null)
    throw new GateError('credential_unavailable', `${variable} must hold 32 random bytes as base64: openssl rand -base64 32`)
  return key
}
