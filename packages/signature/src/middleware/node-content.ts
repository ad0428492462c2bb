import type { IncomingMessage } from 'node:http'
import { failed, fine, type Outcome } from '../outcome.ts'

export type NodeContent = Outcome<Uint8Array, 'content_too_large' | 'content_unavailable'>

/** Reads the whole content, bounded, and puts it back into the stream: the app's own body parser finds it as if nobody had looked. */
export function peekContent(request: IncomingMessage, limit: number): Promise<NodeContent> {
  if (!announcesContent(request)) return Promise.resolve(fine(new Uint8Array()))
  if (request.readableDidRead || request.readableEnded) {
    return Promise.resolve(failed('content_unavailable', 'the content was read before: install this before any body parser'))
  }
  if (Number(request.headers['content-length'] ?? 0) > limit) return Promise.resolve(tooLarge(limit))
  return new Promise((resolve) => collect(request, limit, resolve))
}

// Enough for what a gateway sends by default; little enough to throw away for a stranger.
const MOST_DISCARDED = 1_048_576
const LONGEST_DISCARD_MS = 1000

/**
 * Lets content that nobody wants run off, within bounds, before a refusal is sent: to close on bytes that are still unread resets the
 * connection, and a proxy in between would report its own error in place of the refusal.
 */
export function discardContent(request: IncomingMessage): Promise<void> {
  if (!announcesContent(request) || request.readableEnded || request.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    let size = 0
    const timer = setTimeout(done, LONGEST_DISCARD_MS)

    function count(chunk: Uint8Array): void {
      size += chunk.length
      if (size > MOST_DISCARDED) done()
    }

    function done(): void {
      clearTimeout(timer)
      request.off('data', count).off('end', done).off('close', done).off('error', done)
      resolve()
    }

    request.on('data', count).on('end', done).on('close', done).on('error', done)
  })
}

function collect(request: IncomingMessage, limit: number, resolve: (content: NodeContent) => void): void {
  const chunks: Uint8Array[] = []
  let size = 0

  function settle(content: NodeContent): void {
    request.off('readable', read).off('end', end).off('close', broken).off('error', broken)
    resolve(content)
  }

  function read(): void {
    let chunk: Uint8Array | null
    while ((chunk = request.read() as Uint8Array | null) !== null) {
      size += chunk.length
      if (size > limit) return settle(tooLarge(limit))
      chunks.push(chunk)
    }
    if (hasArrived(request) && size > 0) {
      const content = Buffer.concat(chunks, size)
      // In this very turn: afterwards the stream has ended and takes nothing back.
      request.unshift(content)
      settle(fine(content))
    }
  }

  function end(): void {
    if (size > 0) return settle(failed('content_unavailable', 'the content ended before it could be put back'))
    // An empty chunked content: the stream is over, so say so, or a parser would wait for an end that has been.
    delete request.headers['transfer-encoding']
    request.headers['content-length'] = '0'
    settle(fine(new Uint8Array()))
  }

  function broken(): void {
    settle(failed('content_unavailable', 'the connection ended before the content did'))
  }

  request.on('readable', read).on('end', end).on('close', broken).on('error', broken)
}

// HTTP/2 requests call themselves complete only after their end has been emitted; the stream below them knows before.
function hasArrived(request: IncomingMessage & { readonly stream?: { readonly readableEnded: boolean } }): boolean {
  return request.stream === undefined ? request.complete : request.stream.readableEnded
}

function announcesContent(request: IncomingMessage): boolean {
  const length = request.headers['content-length']
  if (request.headers['transfer-encoding'] !== undefined) return true
  // HTTP/2 frames end a stream without saying so beforehand (RFC 9113 §8.1).
  return length === undefined ? request.httpVersionMajor > 1 : Number(length) > 0
}

function tooLarge(limit: number): NodeContent {
  return failed('content_too_large', `more than ${limit} bytes`)
}
