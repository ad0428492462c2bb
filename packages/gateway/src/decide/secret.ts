const PRINTED = '[secret]'

/** A credential's plaintext. Prints as `[secret]` wherever it is shown; `reveal()` is the one way out, `wipe()` overwrites it. */
export class Secret {
  readonly #bytes: Uint8Array

  /** Takes the bytes over: they are zeroed by `wipe()`. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  reveal(): Uint8Array {
    return this.#bytes
  }

  wipe(): void {
    this.#bytes.fill(0)
  }

  toString(): string {
    return PRINTED
  }

  toJSON(): string {
    return PRINTED
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return PRINTED
  }
}
