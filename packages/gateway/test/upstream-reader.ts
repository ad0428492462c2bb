import type { Socket } from 'node:net'

/** A request's head as it came. */
export interface RawHead {
  readonly method: string
  readonly target: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly head: Buffer
}

/** Reads requests off a socket, by hand, so that a test sees the bytes and not what a parser made of them. Null at the end. */
export interface MessageReader {
  head(): Promise<RawHead | null>
  body(head: RawHead): Promise<Buffer | null>
}

export function readMessage(socket: Socket, onBody: (bytes: number) => void): MessageReader {
  let pending: Buffer = Buffer.alloc(0)
  let ended = false
  let wake: (() => void) | null = null
  const stir = (): void => {
    wake?.()
    wake = null
  }
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk])
    stir()
  })
  socket.on('close', () => {
    ended = true
    stir()
  })
  socket.on('end', () => {
    ended = true
    socket.end()
    stir()
  })

  async function more(): Promise<boolean> {
    if (ended) return false
    await new Promise<void>((resolve) => {
      wake = resolve
    })
    return true
  }

  async function until(mark: string): Promise<Buffer | null> {
    for (;;) {
      const at = pending.indexOf(mark)
      if (at >= 0) return take(at + mark.length)
      if (!(await more())) return null
    }
  }

  async function exactly(length: number, counted: boolean): Promise<Buffer | null> {
    let seen = 0
    for (;;) {
      const here = Math.min(pending.length, length)
      if (counted && here > seen) onBody(here - seen)
      seen = Math.max(seen, here)
      if (pending.length >= length) return take(length)
      if (!(await more())) return null
    }
  }

  function take(length: number): Buffer {
    const taken = pending.subarray(0, length)
    pending = pending.subarray(length)
    return taken
  }

  async function chunked(): Promise<Buffer | null> {
    const parts: Buffer[] = []
    for (;;) {
      const line = await until('\r\n')
      if (line === null) return null
      const size = Number.parseInt(line.toString('latin1'), 16)
      if (!Number.isInteger(size)) throw new Error(`not a chunk: ${line.toString('latin1')}`)
      const part = await exactly(size, true)
      const border = await until('\r\n')
      if (part === null || border === null) return null
      if (size === 0) return Buffer.concat(parts)
      parts.push(Buffer.from(part))
    }
  }

  return {
    async head() {
      const head = await until('\r\n\r\n')
      if (head === null) return null
      const [line = '', ...fields] = head.toString('latin1').slice(0, -4).split('\r\n')
      const [method = '', target = ''] = line.split(' ')
      const headers = fields.map((field) => {
        const colon = field.indexOf(':')
        return [field.slice(0, colon), field.slice(colon + 1).trim()] as const
      })
      return { method, target, headers, head: Buffer.from(head) }
    },
    async body({ headers }) {
      const find = (name: string): string | undefined => headers.find(([own]) => own.toLowerCase() === name)?.[1]
      if (find('transfer-encoding') !== undefined) return await chunked()
      return await exactly(Number(find('content-length') ?? 0), true)
    },
  }
}
