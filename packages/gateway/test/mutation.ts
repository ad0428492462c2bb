/** A defence taken out, and the attack test that must notice. */
export interface Mutation {
  /** Below packages/gateway/src. */
  readonly file: string
  /** Stands there exactly once. */
  readonly find: string
  readonly put: string
  /** Below packages/gateway/test/attacks, without `.test.ts`. */
  readonly test: string
  /** Where two lines of defence stand one behind the other: file, text and replacement of the other one. */
  readonly also?: readonly (readonly [file: string, find: string, put: string])[]
}

export const m = (test: string, file: string, find: string, put: string): Mutation => ({ test, file, find, put })
