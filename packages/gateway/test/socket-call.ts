import { WebSocket } from 'ws'
import type { Kit } from './kit.ts'

export interface SocketCall {
  readonly cookie?: string
  /** The page's origin; the gateway's own unless given, none with null. */
  readonly origin?: string | null
  readonly protocols?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
}

/** One end of a WebSocket through the gateway. */
export interface Opened {
  readonly socket: WebSocket
  /** The next message, text or bytes as text. */
  readonly next: () => Promise<string>
  /** Everything that came so far. */
  readonly messages: readonly string[]
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
}

/** Opens a WebSocket as a page would; a refusal's status rejects nothing but comes back as a number. */
export function openSocket(kit: Pick<Kit, 'origin'>, path: string, call: SocketCall = {}): Promise<Opened | number> {
  const { cookie, origin = kit.origin, protocols = [], headers = {} } = call
  const socket = new WebSocket(kit.origin.replace(/^http/, 'ws') + path, [...protocols], {
    headers: { ...(origin === null ? {} : { origin }), ...(cookie === undefined ? {} : { cookie }), ...headers },
    rejectUnauthorized: false,
  })
  const messages: string[] = []
  const waiting: ((text: string) => void)[] = []
  let taken = 0
  socket.on('message', (bytes: Buffer) => {
    messages.push(bytes.toString('latin1'))
    waiting.shift()?.(messages[taken++] ?? '')
  })
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })),
  )
  return new Promise((resolve, reject) => {
    socket.on('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0)
      socket.terminate()
    })
    socket.on('error', (cause) => reject(cause))
    socket.on('open', () =>
      resolve({
        socket,
        messages,
        closed,
        next: () => (taken < messages.length ? Promise.resolve(messages[taken++] ?? '') : new Promise((given) => waiting.push(given))),
      }),
    )
  })
}

/** As `openSocket`, where a refusal is a failure of the test. */
export async function openedSocket(kit: Pick<Kit, 'origin'>, path: string, call: SocketCall = {}): Promise<Opened> {
  const opened = await openSocket(kit, path, call)
  if (typeof opened === 'number') throw new Error(`the handshake was refused with ${opened}`)
  return opened
}
