import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'

export interface CallOptions {
  readonly host?: string
  /** Sent as they are, in order, besides Host. */
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly cookie?: string
  /** `own` (the default) sends what a browser sends from our own page; `none` sends nothing about itself. */
  readonly from?: 'own' | 'none'
  readonly json?: unknown
  readonly body?: string | Uint8Array
  /** The authority (PEM) that vouches for the server: then the call goes over TLS. */
  readonly authority?: string | null
  /** How long the other side may be silent; 20 s when left out. */
  readonly patienceMs?: number
}

export interface Called {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** The only value of a field; null when absent. */
  header(name: string): string | null
  all(name: string): readonly string[]
  readonly text: string
  /** Every byte that came. */
  readonly raw: Buffer
}

/** One request on a fresh connection, byte by byte as told: no client library tidies anything up. */
export async function call(port: number, method: string, target: string, options: CallOptions = {}): Promise<Called> {
  const body = options.json === undefined ? Buffer.from(options.body ?? '') : Buffer.from(JSON.stringify(options.json))
  const fields: (readonly [string, string])[] = [
    ['host', options.host ?? `localhost:${port}`],
    ['connection', 'close'],
  ]
  if (options.from !== 'none') fields.push(['sec-fetch-site', 'same-origin'], ['sec-fetch-mode', 'cors'], ['sec-fetch-dest', 'empty'])
  if (options.cookie !== undefined) fields.push(['cookie', options.cookie])
  if (options.json !== undefined) fields.push(['content-type', 'application/json'])
  if (body.length > 0) fields.push(['content-length', String(body.length)])
  const given = (options.headers ?? []).map(([name]) => name.toLowerCase())
  const lines = [...fields.filter(([name]) => !given.includes(name)), ...(options.headers ?? [])].map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  return readAnswer(
    await exchange(
      port,
      Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'), body]),
      options.authority,
      options.patienceMs,
    ),
  )
}

/** Sends bytes and collects all that comes until the other side closes, at most 20 s. */
export function exchange(port: number, bytes: Uint8Array, authority: string | null = null, patienceMs = 20_000): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const send = (): void => void socket.write(bytes)
    const socket =
      authority === null
        ? connect(port, '127.0.0.1', send)
        : connectTls({ port, host: '127.0.0.1', servername: 'localhost', ca: authority }, send)
    socket.setTimeout(patienceMs, () => socket.destroy(new Error('no answer in time')))
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('close', () => resolve(Buffer.concat(chunks)))
    socket.on('error', (cause: NodeJS.ErrnoException) =>
      cause.code === 'ECONNRESET' || cause.code === 'EPIPE' ? resolve(Buffer.concat(chunks)) : reject(cause),
    )
  })
}

export function readAnswer(raw: Buffer): Called {
  const end = raw.indexOf('\r\n\r\n')
  const [first = '', ...lines] = raw.toString('latin1', 0, Math.max(0, end)).split('\r\n')
  const headers = lines.map((line): readonly [string, string] => [
    line.slice(0, line.indexOf(':')).toLowerCase(),
    line.slice(line.indexOf(':') + 1).trim(),
  ])
  const all = (name: string): readonly string[] => headers.filter(([own]) => own === name).map(([, value]) => value)
  const rest = raw.subarray(end + 4)
  const content = all('transfer-encoding').includes('chunked') ? unchunked(rest) : rest
  return {
    status: Number(first.split(' ')[1] ?? 0),
    headers,
    all,
    header: (name) => all(name)[0] ?? null,
    text: content.toString('utf8'),
    raw: Buffer.concat([raw, content]),
  }
}

function unchunked(bytes: Buffer): Buffer {
  const parts: Buffer[] = []
  let at = 0
  for (;;) {
    const line = bytes.indexOf('\r\n', at)
    const size = line < 0 ? 0 : Number.parseInt(bytes.toString('latin1', at, line), 16)
    if (!(size > 0)) return Buffer.concat(parts)
    parts.push(bytes.subarray(line + 2, line + 2 + size))
    at = line + 2 + size + 2
  }
}
