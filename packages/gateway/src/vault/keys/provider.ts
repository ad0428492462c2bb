/** What keeps the vault's root key closed. A provider that is missing or says no is fatal: nothing goes on unencrypted. */
export interface KeyProvider {
  readonly name: 'file' | 'passphrase' | 'env' | 'exec'
  /** `context` names the vault and the slot, and is authenticated. `parameters` is public JSON, needed to unwrap. Throws GateError. */
  wrap(root: Uint8Array, context: string): Promise<Wrapped>
  /** The root key, the caller's to zero. Throws GateError `credential_unavailable` with what to do. */
  unwrap(wrapped: string, parameters: string, context: string): Promise<Buffer>
  /** Shown at every start when this provider is not meant for production. */
  readonly warning: string | null
}

export interface Wrapped {
  readonly wrapped: string
  readonly parameters: string
}

/** Bytes of a root key. */
export const ROOT_KEY_BYTES = 32
