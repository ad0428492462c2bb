import type { Placement } from '../decide/credential.ts'
import { MIN_BODY_NEEDLE } from '../decide/needles.ts'
import { readCertifiedKey } from '../lib/certified-key.ts'
import { isCertified, type CredentialKind } from './kind.ts'
import { refusal, type VaultNote, type VaultRefusal } from './outcome.ts'

export type ValueReading = { readonly kind: 'usable'; readonly value: Uint8Array } | VaultRefusal

/** Judges a secret as it came from a file or a terminal. The usable value is a view into `given`, which stays the caller's to zero. */
export function readValue(given: Uint8Array, kind: CredentialKind, placement: Placement | null): ValueReading {
  // Made by the vault itself, and no text.
  if (kind.is === 'signing-key') return { kind: 'usable', value: given }
  // The key that signs for it is a record of its own.
  if (kind.is === 'oauth' && kind.client.key !== null) return { kind: 'usable', value: given.subarray(0, 0) }
  if (isCertified(kind))
    return readCertifiedKey(given) === null ? refusal('value_no_certificate', NO_CERTIFICATE) : { kind: 'usable', value: given }
  if (placement === null) return refusal('value_empty', 'A secret needs a place on the request. Say where: --place bearer')
  const value = trimmed(given)
  if (value.length === 0) return refusal('value_empty', 'The secret is empty. Give it on stdin: cloakroom secret add NAME … < secret.txt')
  if (value.length > LONGEST)
    return refusal(
      'value_too_long',
      `The secret has ${value.length} bytes; servers refuse header fields beyond ${LONGEST}. Is it the right file?`,
    )
  // What is hashed with less could be guessed from one captured request.
  if (kind.is === 'window' && value.length < LEAST_ROOT)
    return refusal(
      'value_too_short',
      `The root of a secret that changes with time needs at least ${LEAST_ROOT} characters. Have one made: --generate root.txt`,
    )
  const control = value.findIndex((byte) => byte < 0x20 || byte === 0x7f)
  if (control >= 0) return refusal('value_not_text', notText(value, control))
  const scheme = /^(bearer|basic) /i.exec(Buffer.from(value.subarray(0, 7)).toString('latin1'))?.[1]
  if (scheme !== undefined && placement.kind !== 'query' && kind.is !== 'oauth') {
    return refusal('value_has_scheme', `The secret begins with "${scheme}": leave that word out, the placement puts it there.`)
  }
  if (placement.kind === 'basic' && placement.user === null && !value.includes(COLON)) {
    return refusal(
      'value_lacks_user',
      'With the placement `basic` the secret is user:password. Use `basic:USER` when it is the password alone.',
    )
  }
  return { kind: 'usable', value }
}

/** What its owner should know of a value that can be used. */
export function notesOn(given: Uint8Array, kind: CredentialKind['is']): readonly VaultNote[] {
  if (kind === 'signing-key' || kind === 'client-certificate') return []
  const value = trimmed(given)
  const notes: VaultNote[] = []
  if (value.length !== given.length) notes.push({ code: 'value_trimmed', text: 'Blanks and line ends around the secret were left out.' })
  if (value.length < MIN_BODY_NEEDLE) {
    const text = `The secret has fewer than ${MIN_BODY_NEEDLE} characters: it can be guessed, and echoes of it are stopped in header fields only. Ask for a longer one.`
    notes.push({ code: 'value_short', text })
  }
  return notes
}

/** Bytes. nginx and Node take 8 KiB for a single header field by default. */
const LONGEST = 8000
const NO_CERTIFICATE =
  'This is no certificate with its private key in PEM form, without a passphrase. Give both in one text: cat client.pem client-key.pem | cloakroom …'
/** Bytes; as many as the hash has. */
const LEAST_ROOT = 32
const COLON = 0x3a

/** Blanks and line ends around it, and the mark that some editors put at the beginning of a file. */
function trimmed(given: Uint8Array): Uint8Array {
  const marked = given[0] === 0xef && given[1] === 0xbb && given[2] === 0xbf
  let start = marked ? 3 : 0
  let end = given.length
  while (start < end && isBlank(given[start])) start++
  while (end > start && isBlank(given[end - 1])) end--
  return given.subarray(start, end)
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d
}

function notText(value: Uint8Array, at: number): string {
  if (value.includes(0)) return 'The secret holds zero bytes: save the file as UTF-8, not as UTF-16, and give it again.'
  if (value[at] === 0x0a || value[at] === 0x0d) return 'The secret has more than one line. Give the one line that is the secret.'
  return `The secret holds a control character at position ${at + 1}. Copy it again from where it was issued.`
}
