import { createSocket } from 'node:dgram'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { AuditEvent } from '@cloakroom/contract'
import type { SyslogTarget } from '../../config/syslog-target.ts'
import type { Sink } from './sink.ts'

export interface SyslogOptions {
  readonly target: SyslogTarget
  readonly host: string
  readonly processId: number
}

/** RFC 5424; UDP one datagram for each event (RFC 5426), else with the length in front (RFC 6587, RFC 5425). */
export function syslogSink(name: string, { target, host, processId }: SyslogOptions): Sink {
  const lineOf = (event: AuditEvent): Buffer => Buffer.from(syslogLine(event, host, processId))
  if (target.over === 'udp') return datagrams(name, target.host, target.port, lineOf)
  let socket: Socket | null = null
  return {
    name,
    async send(events) {
      socket ??= await openSocket(target)
      const lines = events.map(lineOf)
      try {
        await written(socket, Buffer.concat(lines.flatMap((line) => [Buffer.from(`${line.length} `), line])))
      } catch (cause) {
        socket.destroy()
        socket = null
        throw cause
      }
    },
    close: () => void socket?.destroy(),
  }
}

/** The message is the event as JSON: what reads the lines needs no grammar of ours. */
export function syslogLine(event: AuditEvent, host: string, processId: number): string {
  const { kind, at, result } = event
  const priority = LOG_AUDIT * 8 + SEVERITIES[result]
  return `<${priority}>1 ${at} ${nameOf(host, 255)} cloakroom ${processId} ${nameOf(kind, 32)} - ${JSON.stringify(event)}`
}

/** Facility 13 of RFC 5424. */
const LOG_AUDIT = 13
/** Informational, notice, error. */
const SEVERITIES = { ok: 6, refused: 5, failed: 3 } as const
const WAIT_MS = 5000

function nameOf(text: string, longest: number): string {
  return text.replaceAll(/[^\x21-\x7e]/g, '_').slice(0, longest) || '-'
}

function datagrams(name: string, host: string, port: number, lineOf: (event: AuditEvent) => Buffer): Sink {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  socket.unref()
  socket.on('error', () => undefined)
  return {
    name,
    async send(events) {
      for (const event of events) {
        await new Promise<void>((resolve, reject) => {
          socket.send(lineOf(event), port, host, (cause) => (cause === null ? resolve() : reject(cause)))
        })
      }
    },
    close: () => void socket.close(),
  }
}

function openSocket(target: Exclude<SyslogTarget, { over: 'udp' }>): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket =
      target.over === 'unix'
        ? connect({ path: target.path })
        : target.over === 'tls'
          ? connectTls({ host: target.host, port: target.port, servername: target.host })
          : connect({ host: target.host, port: target.port })
    socket.setTimeout(WAIT_MS, () => socket.destroy(new Error('nobody answers')))
    socket.once('error', reject)
    socket.once(target.over === 'tls' ? 'secureConnect' : 'connect', () => {
      socket.off('error', reject)
      // What the other side says is not for us; that it went away is noticed by the next write.
      socket.on('error', () => undefined)
      socket.setTimeout(0)
      socket.resume()
      socket.unref()
      resolve(socket)
    })
  })
}

function written(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.destroyed || socket.readableEnded) {
      reject(new Error('the connection was closed'))
      return
    }
    const timer = setTimeout(() => socket.destroy(new Error('nobody reads')), WAIT_MS)
    socket.write(bytes, (cause) => {
      clearTimeout(timer)
      if (cause === null || cause === undefined) resolve()
      else reject(cause)
    })
  })
}
