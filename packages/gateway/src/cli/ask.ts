import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { EXIT, failed, type Outcome } from './outcome.ts'
import type { Terminal } from './terminal.ts'

/** An answer, or why there is none. */
export type Asked<T> = { readonly kind: 'answer'; readonly value: T } | { readonly kind: 'none'; readonly outcome: Outcome }

/**
 * A secret or password from `file`, from what is piped in, or from a hidden prompt; never from an argument, never echoed. The line end
 * that editors and `echo` put behind a text is left out.
 */
export async function askHidden(terminal: Terminal, question: string, file: string | null): Promise<Asked<Buffer>> {
  if (file !== null) return answer(withoutLineEnd(readFileSync(resolve(terminal.cwd, file))))
  if (!terminal.stdinIsTerminal) return answer(withoutLineEnd(await readAll(terminal)))
  if (!terminal.isInteractive)
    return none(failed(EXIT.usage, 'There is no terminal to ask on, and nothing is piped in.', 'Pipe it in: cloakroom … < secret.txt'))
  const { isCancel, password } = await prompts()
  const typed = await password({ message: question, input: terminal.stdin, output: terminal.stderr, clearOnError: true })
  return isCancel(typed) ? none(INTERRUPTED) : answer(Buffer.from(typed ?? '', 'utf8'))
}

/** A line of text, with a proposal that Enter takes. */
export async function askText(
  terminal: Terminal,
  question: string,
  proposal: string,
  wrong: (value: string) => string | null,
): Promise<Asked<string>> {
  const { isCancel, text } = await prompts()
  const typed = await text({
    message: question,
    initialValue: proposal,
    input: terminal.stdin,
    output: terminal.stderr,
    validate: (value) => wrong(value ?? '') ?? undefined,
  })
  return isCancel(typed) ? none(INTERRUPTED) : answer(typed)
}

export interface Option<T extends string> {
  readonly value: T
  readonly label: string
  readonly hint: string
}

export async function askChoice<T extends string>(terminal: Terminal, question: string, options: readonly Option<T>[]): Promise<Asked<T>> {
  const { select } = await prompts()
  const chosen = await select<string>({
    message: question,
    options: options.map((option) => ({ ...option })),
    input: terminal.stdin,
    output: terminal.stderr,
  })
  const found = options.find((option) => option.value === chosen)
  return found === undefined ? none(INTERRUPTED) : answer(found.value)
}

export async function askYes(terminal: Terminal, question: string): Promise<Asked<boolean>> {
  const { confirm, isCancel } = await prompts()
  const said = await confirm({ message: question, initialValue: true, input: terminal.stdin, output: terminal.stderr })
  return isCancel(said) ? none(INTERRUPTED) : answer(said)
}

/** Loaded when somebody is asked something: a gateway that runs asks nobody. */
export const prompts = async () => await import('@clack/prompts')

export const INTERRUPTED: Outcome = { kind: 'interrupted' }

/** Nothing that fits a header field is longer; a pipe from the wrong program must not fill the memory. */
const LONGEST = 65_536

async function readAll({ stdin }: Terminal): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of stdin) {
    const bytes = Buffer.isBuffer(piece) ? piece : Buffer.from(String(piece))
    size += bytes.length
    pieces.push(bytes)
    if (size > LONGEST) break
  }
  return Buffer.concat(pieces)
}

export function withoutLineEnd(bytes: Buffer): Buffer {
  const end = bytes.at(-1) === 0x0a ? (bytes.at(-2) === 0x0d ? 2 : 1) : 0
  return bytes.subarray(0, bytes.length - end)
}

function answer<T>(value: T): Asked<T> {
  return { kind: 'answer', value }
}

function none<T>(outcome: Outcome): Asked<T> {
  return { kind: 'none', outcome }
}
