/** A request as the API got it. */
export interface Arrived {
  readonly method: string
  readonly url: string
  readonly fields: readonly (readonly [name: string, value: string])[]
}

export interface SubjectApi {
  readonly name: string
  /** Below the API's own path: what a line of `allow` lets GET. */
  readonly target: string
  /** `session`: whoever is signed in. `other`: nobody whom the self-test could play. */
  readonly admits: 'everyone' | 'session' | 'other'
  /** What stands in for its secret; null where it has none in the vault. */
  readonly secret: string | null
}

/** A gateway that may be attacked: with the owner's configuration, and nothing else of his. */
export interface Subject {
  readonly port: number
  readonly adminPort: number
  readonly host: string
  readonly apis: readonly SubjectApi[]
  /** What has reached any API until now. */
  readonly arrived: readonly Arrived[]
  /** A session with every role: the line that sets its cookie, and how to end it. */
  signIn(): Promise<{ readonly setCookie: string; readonly end: () => Promise<void> }>
  /** All that is written, by name. */
  files(): ReadonlyMap<string, Buffer>
  /** The first entry of the audit trail that does not fit; null: it is whole. `alter` changes one before, behind the gateway's back. */
  badEntry(alter: boolean): Promise<number | null>
  /** From now on nobody can say who is signed in. */
  breakStore(): void
}
