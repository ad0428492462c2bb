import { parseArgs } from 'node:util'
import { acceptsWindowSecret, windowSecret } from '../window-secret.ts'
import { readBytes, readTime } from './request-options.ts'
import { EXIT, misconfigured, usage, type CommandResult, type Terminal } from './terminal.ts'

const OPTIONS = {
  root: { type: 'string' },
  seconds: { type: 'string', default: '30' },
  accept: { type: 'string' },
  at: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const

/** `window`: the secret of a time window, or whether one counts now. */
export async function windowCommand(words: string[], terminal: Terminal): Promise<CommandResult> {
  const { values } = parseArgs({ args: words, options: OPTIONS })
  if (values.root === undefined) return usage('--root needs the file of the root secret.')
  const at = readTime(values.at, terminal.now)
  if (at === null) return usage('--at needs whole Unix seconds.')
  const root = await readBytes(values.root, terminal)
  if (!root.ok) return misconfigured(root.detail)
  const seconds = Number(values.seconds)
  if (!Number.isInteger(seconds) || seconds < 1) return usage('--seconds needs a whole number.')
  if (root.value.length < 32) return misconfigured(`${values.root}: the root secret needs at least 32 bytes.`)
  if (values.accept === undefined) {
    const secret = await windowSecret(root.value, seconds, at)
    terminal.print(values.json ? JSON.stringify({ secret, at, seconds }) : secret)
    return EXIT.ok
  }
  const accepted = await acceptsWindowSecret(values.accept, root.value, seconds, at)
  terminal.print(values.json ? JSON.stringify({ accepted, at, seconds }) : accepted ? 'accepted' : 'refused')
  return accepted ? EXIT.ok : EXIT.refused
}
