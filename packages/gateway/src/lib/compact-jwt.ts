/** A signed JWT in its compact form (RFC 7515 §3.1). `sign` gets the bytes that are signed. */
export async function compactJwt(
  header: object,
  claims: object,
  sign: (text: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>,
): Promise<string> {
  const text = `${encoded(header)}.${encoded(claims)}`
  const signature = await sign(Uint8Array.from(Buffer.from(text)))
  return `${text}.${Buffer.from(signature).toString('base64url')}`
}

/** The name of a signature algorithm of ours in JOSE (RFC 7518 §3.1, RFC 8037 §3.1). */
export const JOSE_NAMES = { ed25519: 'EdDSA', 'ecdsa-p256-sha256': 'ES256', 'hmac-sha256': 'HS256' } as const

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
