import { base64url } from '../../src/encoding/base64url.ts'

/** A signature text of the given length in bytes that verifies nowhere. */
export function signatureBlock(bytes: number): string {
  return base64url(new Uint8Array(bytes).fill(7))
}
