import { existsSync, readdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { publicOriginOf } from '../config/compile.ts'
import type { Config } from '../config/paths.ts'
import { trustSteps, type TrustStep } from '../lib/trust-authority.ts'

export interface Certificates {
  readonly folder: string
  /** How to make browsers trust the authority, and how to take that back. */
  readonly trust: readonly TrustStep[]
}

/** A development authority and a certificate for this machine's names, in the folder that `tls` names. Null without `tls`. */
export async function makeCertificates(config: Config, at: number, undo: (() => void)[]): Promise<Certificates | null> {
  if (config.tls === null) return null
  const folder = dirname(config.tls.cert)
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw Object.assign(new Error(`${folder} exists already and is not empty`), { code: 'EEXIST' })
  }
  undo.push(() => rmSync(folder, { recursive: true, force: true }))
  // Loaded here: the certificate library takes longer to load than all other commands together.
  const { createDevelopmentCertificate } = await import('../lib/development-certificate.ts')
  const made = await createDevelopmentCertificate(folder, [new URL(publicOriginOf(config)).hostname], at)
  return { folder, trust: trustSteps(made.authority, made.name) }
}
