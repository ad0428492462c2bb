export type { Trial } from './probe/assault.ts'
export { type ProbeOutcome, probe } from './probe/probe.ts'
export type { ProbeOptions } from './probe/probe-options.ts'
export type { Outcome, VerifierCallback } from './probe/target.ts'
