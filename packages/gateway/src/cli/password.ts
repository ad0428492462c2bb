import { resolve } from 'node:path'
import { askHidden, type Asked } from './ask.ts'
import { EXIT, failed } from './outcome.ts'
import type { Terminal } from './terminal.ts'

/** A new password: piped in or from a file, else typed twice at a hidden prompt. */
export async function askNewPassword(terminal: Terminal, question: string, file: string | null): Promise<Asked<string>> {
  const first = await askHidden(terminal, question, file === null ? null : resolve(terminal.cwd, file))
  if (first.kind === 'none') return first
  const password = first.value.toString('utf8')
  if (/[\r\n]/.test(password))
    return { kind: 'none', outcome: failed(EXIT.failed, 'The password has more than one line.', 'Give the one line that is the password.') }
  if (file !== null || !terminal.stdinIsTerminal) return { kind: 'answer', value: password }
  const second = await askHidden(terminal, 'Once more', null)
  if (second.kind === 'none') return second
  if (second.value.toString('utf8') === password) return { kind: 'answer', value: password }
  return { kind: 'none', outcome: failed(EXIT.failed, 'The two passwords differ.', 'Run this again; nothing was changed.') }
}
