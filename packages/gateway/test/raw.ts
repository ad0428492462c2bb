import { connect } from 'node:net'

/** One answer on a connection, as it was framed; interim ones (1xx) are counted apart. */
export interface RawAnswer {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
  /** 1xx answers before it. */
  readonly interim: readonly number[]
}

export interface Conversation {
  readonly answers: readonly RawAnswer[]
  /** The other side closed the connection, or reset it. */
  readonly closed: boolean
  /** Bytes after the last whole answer: none, or the beginning of one that broke off. */
  readonly rest: Buffer
}

/** Bytes to write, in pieces, and how many answers they should bring; less, and the next step waits `quietMs`. */
export interface Step {
  readonly pieces: readonly { readonly bytes: Uint8Array; readonly delayMs?: number }[]
  readonly answers?: number
  /** Methods of the requests in it, for answers without a body (HEAD). */
  readonly head?: boolean
}

/** Speaks on one connection, byte for byte as told. Ends when the other side closes, or when `quietMs` passed without a byte after the last step. */
export async function converse(
  port: number,
  steps: readonly Step[],
  quietMs: number,
  closeMs = CLOSE_MS,
): Promise<Conversation & { readonly reached: readonly number[] }> {
  let bytes: Buffer = Buffer.alloc(0)
  const state = { closed: false }
  let wake = (): void => undefined
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk])
    wake()
  })
  // A reset after an answer is a close like any other.
  socket.on('error', () => undefined)
  socket.on('close', () => {
    state.closed = true
    wake()
  })
  const event = (ms: number): Promise<boolean> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ms)
      wake = () => {
        clearTimeout(timer)
        resolve(true)
      }
    })
  let wanted = 0
  let headOnly = false
  const reached: number[] = []
  for (const step of steps) {
    if (state.closed) break
    for (const { bytes: piece, delayMs = 0 } of step.pieces) {
      if (delayMs > 0) await event(delayMs)
      socket.write(piece)
    }
    wanted += step.answers ?? 1
    headOnly = step.head ?? false
    while (!state.closed && readAnswers(bytes, headOnly).answers.length < wanted && (await event(quietMs)));
    // Does it close after its answer? A moment is enough on loopback.
    if (closeMs > 0 && readAnswers(bytes, headOnly).answers.length >= wanted) while (!state.closed && (await event(closeMs)));
    reached.push(readAnswers(bytes, headOnly).answers.length)
  }
  socket.destroy()
  return { ...readAnswers(bytes, headOnly), closed: state.closed, reached }
}

const CLOSE_MS = 40

/** Cuts what came into answers. `headOnly`: the last one answers a HEAD. */
export function readAnswers(bytes: Buffer, headOnly = false): { readonly answers: readonly RawAnswer[]; readonly rest: Buffer } {
  const answers: RawAnswer[] = []
  let at = 0
  let interim: number[] = []
  for (;;) {
    const end = bytes.indexOf('\r\n\r\n', at)
    if (end < 0) break
    const [line = '', ...fields] = bytes.toString('latin1', at, end).split('\r\n')
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(line)?.[1] ?? Number.NaN)
    if (Number.isNaN(status)) break
    const headers = fields.map(
      (field) => [field.slice(0, field.indexOf(':')).toLowerCase(), field.slice(field.indexOf(':') + 1).trim()] as const,
    )
    if (status < 200) {
      interim.push(status)
      at = end + 4
      continue
    }
    const body = bodyAt(bytes, end + 4, status, headers, headOnly)
    if (body === null) break
    answers.push({ status, headers, body: body.bytes, interim })
    interim = []
    at = body.end
  }
  return { answers, rest: bytes.subarray(at) }
}

function bodyAt(
  bytes: Buffer,
  from: number,
  status: number,
  headers: readonly (readonly [string, string])[],
  headOnly: boolean,
): { readonly bytes: Buffer; readonly end: number } | null {
  const find = (name: string): string | undefined => headers.find(([own]) => own === name)?.[1]
  if (headOnly || status === 204 || status === 304) return { bytes: Buffer.alloc(0), end: from }
  if (find('transfer-encoding') !== undefined) return chunksAt(bytes, from)
  const length = find('content-length')
  if (length === undefined) return { bytes: bytes.subarray(from), end: bytes.length }
  const end = from + Number(length)
  return end > bytes.length ? null : { bytes: bytes.subarray(from, end), end }
}

function chunksAt(bytes: Buffer, from: number): { readonly bytes: Buffer; readonly end: number } | null {
  const parts: Buffer[] = []
  let at = from
  for (;;) {
    const line = bytes.indexOf('\r\n', at)
    if (line < 0) return null
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16)
    const next = line + 2 + size + 2
    if (!(size >= 0) || next > bytes.length) return null
    if (size === 0) return { bytes: Buffer.concat(parts), end: next }
    parts.push(bytes.subarray(line + 2, line + 2 + size))
    at = next
  }
}
