import type { Scene } from './scene.ts'

/** How much a finding weighs. `error`: exploitable or against a MUST; `warning`: weakens; `info`: worth knowing. */
export type Severity = 'error' | 'warning' | 'info'

/** The stable name of a rule, `JWT-01` to `JWT-55`. */
export type RuleId = `JWT-${number}`

/** One rule of the checker: what it looks for, why that matters, and what to do. */
export type Rule = {
  readonly id: RuleId
  readonly title: string
  /** Severity of its findings unless a finding says otherwise. */
  readonly severity: Severity
  /** The section that the rule follows. `bis` is draft-ietf-oauth-rfc8725bis-10. */
  readonly source: string
  readonly why: string
  readonly remedy: string
  /** Pure but for Web Crypto. Never throws on hostile input, never quotes a JWT or a secret whole. */
  check(scene: Scene): readonly Remark[] | Promise<readonly Remark[]>
}

/** What a rule says about one place, before rule name and source are added. */
export type Remark = {
  /** Label of the JWT, key set, exchange or file. */
  readonly at: string
  /** `header.alg`, `claims.exp`, `keys[0].n`, or empty for the whole. */
  readonly pointer: string
  readonly reason: string
  readonly severity?: Severity
}
