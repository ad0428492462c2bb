/** One thing that a visitor's browser holds or sees. */
export interface Exhibit {
  readonly kind: ExhibitKind
  /** Where a person finds it again: a URL, a storage key, a file. */
  readonly where: string
  readonly bytes: Uint8Array
}

export type ExhibitKind =
  | 'request'
  | 'response fields'
  | 'response body'
  | 'source map'
  | 'cookie'
  | 'local storage'
  | 'session storage'
  | 'indexed database'
  | 'cache storage'
  | 'document'
  | 'console'
  | 'socket message'
  | 'file'

/** What was looked at, and what could not be. */
export interface Collection {
  readonly target: string
  readonly how: 'browser' | 'files' | 'plain requests'
  readonly exhibits: readonly Exhibit[]
  /** Things that exist and were not read, with the reason: a report that hides them would claim too much. */
  readonly unread: readonly { readonly where: string; readonly why: string }[]
  readonly notes: readonly string[]
}

export function textExhibit(kind: ExhibitKind, where: string, text: string): Exhibit {
  return { kind, where, bytes: Buffer.from(text, 'utf8') }
}

/** Inline and linked source maps of a script or style sheet: the text after `sourceMappingURL=`. */
export function sourceMapReference(source: Uint8Array): string | null {
  const text = Buffer.from(source.buffer, source.byteOffset, source.byteLength).toString('latin1')
  const found = /[#@]\s*sourceMappingURL=([^\s'"*]+)/.exec(text.slice(-2_000_000))
  return found?.[1] ?? null
}

/** The content of a `data:` source map; null when it is a link, or unreadable. */
export function inlineSourceMap(reference: string): Uint8Array | null {
  const found = /^data:application\/json[^,]*;base64,(.*)$/s.exec(reference)
  return found?.[1] === undefined ? null : Buffer.from(found[1], 'base64')
}
