import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { BigIntStats } from 'node:fs'
import type { BodySink, BodySource } from '../answer.ts'
import { isSameFile } from './locate.ts'

/** Large enough that a disk read pays, small enough that a thousand slow visitors hold 64 MiB at most. */
const CHUNK_BYTES = 65_536

/** Opens the very file that was approved; null when another one has its place by now. The caller closes it. */
export async function openApproved(path: string, approved: BigIntStats): Promise<FileHandle | null> {
  // O_NONBLOCK: opening a pipe that took the file's place must not wait for its other end.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => null)
  if (handle === null) return null
  if (isSameFile(await handle.stat({ bigint: true }), approved)) return handle
  await handle.close()
  return null
}

/** The bytes from `first` to `last` of an open file, read no faster than they are taken. Closes the file at its end. */
export function fileBody(handle: FileHandle, approved: BigIntStats, first: number, last: number): BodySource {
  let goOn: (() => void) | null = null
  let cancelled = false

  async function pump(sink: BodySink): Promise<void> {
    try {
      for (let at = first; at <= last;) {
        const bytes = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, last - at + 1))
        const { bytesRead } = await handle.read(bytes, 0, bytes.length, at)
        if (cancelled) return
        if (bytesRead === 0) throw new Error('the file became shorter while it was sent')
        at += bytesRead
        if (at > last && !isSameFile(await handle.stat({ bigint: true }), approved)) throw new Error('the file changed while it was sent')
        if (!sink.chunk(bytes.subarray(0, bytesRead)) && at <= last) await new Promise<void>((resolve) => (goOn = resolve))
        if (cancelled) return
      }
      sink.end()
    } catch (cause) {
      sink.fail(cause instanceof Error ? cause : new Error(String(cause)))
    } finally {
      await handle.close().catch(() => undefined)
    }
  }

  return {
    length: last - first + 1,
    start: (sink) => void pump(sink),
    resume() {
      const waiting = goOn
      goOn = null
      waiting?.()
    },
    cancel() {
      cancelled = true
      goOn?.()
    },
  }
}

/** For HEAD: how long the body would be, and no body. */
export function lengthOnly(length: number): BodySource {
  return { length, start: (sink) => sink.end(), resume: () => undefined, cancel: () => undefined }
}
