import type { StoredFactor } from '../store/store.ts'

/** What is kept of a passkey. */
export interface StoredPasskey {
  /** COSE, base64url. */
  readonly publicKey: string
  readonly counter: number
  readonly deviceType: 'singleDevice' | 'multiDevice'
  readonly transports: readonly string[]
}

/** What a browser sends: the fields that are looked at before the ceremony is verified. */
export interface SentCredential {
  readonly id: string
  readonly response: { readonly userHandle?: string; readonly clientDataJSON: string; readonly signature?: unknown }
}

/** Null for what cannot be a credential: the rest is the verification's business. */
export function readCredential(text: string): SentCredential | null {
  const value = parse(text)
  if (!isRecord(value) || !isBase64Url(value['id']) || !isRecord(value['response'])) return null
  const { userHandle, clientDataJSON } = value['response']
  if (typeof clientDataJSON !== 'string' || (userHandle !== undefined && userHandle !== null && typeof userHandle !== 'string')) return null
  // Some libraries send null for what is not there.
  const response = { ...value['response'], userHandle: userHandle ?? undefined }
  return { ...value, response } as unknown as SentCredential
}

/** Was the ceremony made inside another site's frame? Nothing of ours is ever framed, so nothing but `false` will do (WebAuthn §5.8.1, crossOrigin and topOrigin). */
export function isFramed({ response }: SentCredential): boolean {
  const client = parse(Buffer.from(response.clientDataJSON, 'base64url').toString())
  if (!isRecord(client)) return true
  return (client['crossOrigin'] !== undefined && client['crossOrigin'] !== false) || client['topOrigin'] !== undefined
}

export function readStored({ content }: StoredFactor): StoredPasskey | null {
  const value = parse(content)
  if (!isRecord(value) || typeof value['publicKey'] !== 'string' || typeof value['counter'] !== 'number') return null
  return value as unknown as StoredPasskey
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isBase64Url(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{1,1364}$/.test(value)
}
