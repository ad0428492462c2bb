import type { VerifyingKey } from './key.ts'

/** What a key source knows of a keyid. `unavailable` means that it could not find out, which a verifier counts against the request. */
export type KeyAnswer =
  | { readonly answer: 'key'; readonly key: VerifyingKey }
  | { readonly answer: 'unknown' }
  | { readonly answer: 'unavailable'; readonly detail: string }

/** Where a verifier looks up keys. `now` is in Unix seconds. A source that throws or never answers is treated as unavailable. */
export interface KeySource {
  find(keyid: string, now: number): Promise<KeyAnswer>
}
