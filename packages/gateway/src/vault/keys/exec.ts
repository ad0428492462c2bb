import { spawn } from 'node:child_process'
import { needlesOf } from '../../decide/needles.ts'
import { GateError } from '../../errors.ts'
import { ROOT_KEY_BYTES, type KeyProvider } from './provider.ts'

export interface ExecOptions {
  /** What the program inherits; by default everything, because it needs its own PATH, HOME and credentials. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly timeoutMs?: number
}

/**
 * A program of the owner's closes and opens the root key (age, sops, a cloud's KMS, a hardware module). It is run as `argv… wrap` or
 * `argv… unwrap`, without a shell; CLOAKROOM_KEY_CONTEXT names the slot. Root key: 43 characters of base64url, on stdin and on stdout.
 */
export function execKey(argv: readonly string[], options: ExecOptions = {}): KeyProvider {
  return {
    name: 'exec',
    warning: null,
    async wrap(root, context) {
      const spelled = Buffer.from(Buffer.from(root).toString('base64url'))
      const wrapped = await run(argv, 'wrap', context, spelled, options)
      spelled.fill(0)
      // A program that hands back what it was given would store the key of everything in the clear.
      if (needlesOf([root]).some((needle) => wrapped.includes(Buffer.from(needle))))
        throw failed(argv, 'wrap', 'handed the root key back unencrypted')
      return { wrapped: wrapped.toString('base64url'), parameters: '{}' }
    },
    async unwrap(wrapped, _parameters, context) {
      const spelled = await run(argv, 'unwrap', context, Buffer.from(wrapped, 'base64url'), options)
      const text = spelled.toString('latin1').trim()
      spelled.fill(0)
      const root = Buffer.from(text, 'base64url')
      if (root.length !== ROOT_KEY_BYTES || root.toString('base64url') !== text)
        throw failed(argv, 'unwrap', 'did not answer with the root key')
      return root
    },
  }
}

type Operation = 'wrap' | 'unwrap'

/** Long enough for a person who touches a hardware key. */
const TIMEOUT_MS = 60_000
const LARGEST_ANSWER = 65_536

function run(argv: readonly string[], operation: Operation, context: string, input: Buffer, options: ExecOptions): Promise<Buffer> {
  const [program, ...rest] = argv
  if (program === undefined) throw new GateError('credential_unavailable', 'the vault needs a program to open its key, and none is named')
  const limitMs = options.timeoutMs ?? TIMEOUT_MS
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const child = spawn(program, [...rest, operation], {
    env: { ...(options.environment ?? process.env), CLOAKROOM_KEY_CONTEXT: context },
    // Its complaints go to the operator's terminal; what it says there must not end up in our errors, it could be the key.
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
    shell: false,
  })
  const pieces: Buffer[] = []
  let size = 0
  child.stdout.on('data', (piece: Buffer) => {
    size += piece.length
    if (size > LARGEST_ANSWER) child.kill('SIGKILL')
    else pieces.push(piece)
  })
  child.on('error', (cause) => reject(failed(argv, operation, 'could not be run', cause)))
  // A program that does not read its input closes the pipe; its exit status says more.
  child.stdin.on('error', () => undefined)
  // A grandchild may hold the pipe open after the end: whoever was killed is not waited for.
  child.on('exit', (_status, signal) => {
    if (signal === null) return
    child.stdout.destroy()
    const because =
      size > LARGEST_ANSWER ? `answered with more than ${LARGEST_ANSWER} bytes` : `was ended by ${signal}: it has ${limitMs / 1000} s`
    reject(failed(argv, operation, because))
  })
  child.on('close', (status) => {
    const answer = Buffer.concat(pieces)
    for (const piece of pieces) piece.fill(0)
    if (status !== 0) reject(failed(argv, operation, `ended with status ${status}`))
    else if (answer.length === 0) reject(failed(argv, operation, 'gave no answer'))
    else resolve(answer)
  })
  child.stdin.end(input)
  return promise
}

function failed(argv: readonly string[], operation: Operation, because: string, cause?: unknown): GateError {
  return new GateError('credential_unavailable', `the key program ${argv[0] ?? ''} ${operation} ${because}`, { cause })
}
