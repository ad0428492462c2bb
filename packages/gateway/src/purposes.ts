/** What the keys are for that the vault derives: each use has a key of its own, the same one in the gateway and on the command line. */
export const PURPOSES = {
  /** Keyed step of password hashing: with another name here, every stored password would be wrong. */
  passwords: 'password pepper',
  visits: 'visit cookie',
  devices: 'device cookie',
  actionTokens: 'action token',
  signIns: 'sign-in cookie',
  grants: 'provider tokens',
  /** A login in progress. */
  logins: 'login cookie',
  totpSeeds: 'totp seed',
  /** A seed that is shown and not confirmed yet. */
  enrolments: 'enrolment',
  /** Challenges of passkeys. */
  ceremonies: 'passkey ceremony',
  recoveryCodes: 'recovery codes',
  challenges: 'challenge',
  /** What is in a decoy; the canaries in it are made with `traps`. */
  decoys: 'decoy answers',
  /** Marks in planted credentials and decoys: with another name here, none that is out there would be known again. */
  traps: 'planted marks',
  sessionLabels: 'audit session label',
  /** Seed of the Ed25519 key that signs the audit trail: its public key is what an auditor holds against an export. */
  auditChain: 'audit chain signature',
  /** With another name here, no backup would open any more. */
  backups: 'backup',
} as const

/** The keys of administrators' accounts: nothing that is sealed or hashed for a visitor's account holds for an administrator's. */
export function adminPurpose(purpose: string): string {
  return `admin ${purpose}`
}

/** The key that a webhook is signed with; its receiver has it, too. */
export function webhookPurpose(name: string): string {
  return `webhook ${name}`
}
