import { connect, type Socket } from 'node:net'

/** A crowd on raw sockets: cheap enough that ten thousand of them are one process. */
export interface Crowd {
  readonly sockets: readonly Socket[]
  /** Answers whose first line said 200, and those that said something else. */
  readonly answers: { good: number; bad: number; refusal: string }
  leave(): void
}

export interface CrowdOptions {
  readonly port: number
  readonly count: number
  readonly head: string
  /** Reads no more once the answer has begun. */
  readonly stopReading?: boolean
  /** Resolves for each connection when its answer has begun; with `false` at once after the head was sent. */
  readonly untilAnswered: boolean
}

/** So many at once that the listener's queue of new connections does not overflow. */
const AT_ONCE = 200

/** Opens the connections from several loopback addresses, because one has 28,000 ports for a destination. */
export async function gather({ port, count, head, stopReading = false, untilAnswered }: CrowdOptions): Promise<Crowd> {
  const sockets: Socket[] = []
  const answers = { good: 0, bad: 0, refusal: '' }
  let next = 0
  const open = (at: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${2 + (at % 4)}` }, () => {
        socket.write(head)
        if (!untilAnswered) resolve()
      })
      sockets.push(socket)
      socket.once('error', reject)
      socket.once('data', (chunk: Buffer) => {
        const text = chunk.toString('latin1')
        if (text.startsWith('HTTP/1.1 200')) answers.good += 1
        else {
          answers.bad += 1
          answers.refusal = text.split('\r\n', 1)[0] ?? ''
        }
        if (stopReading) socket.pause()
        socket.on('error', () => undefined)
        resolve()
      })
    })
  await Promise.all(
    Array.from({ length: Math.min(AT_ONCE, count) }, async () => {
      while (next < count) await open(next++)
    }),
  )
  for (const socket of sockets) socket.on('error', () => undefined)
  return {
    sockets,
    answers,
    leave() {
      for (const socket of sockets) socket.destroy()
    },
  }
}
