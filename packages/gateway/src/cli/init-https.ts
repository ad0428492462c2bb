import { existsSync, readdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Config } from '../config/paths.ts'

/** A development authority and a certificate for this machine's names, beside the configuration. Answers the folder that it made. */
export async function makeCertificates(config: Config, undo: (() => void)[]): Promise<readonly string[]> {
  if (config.tls === null) return []
  const folder = dirname(config.tls.cert)
  const isOurs = !existsSync(folder) || readdirSync(folder).length === 0
  if (!isOurs) throw Object.assign(new Error(`${folder} exists already and is not empty`), { code: 'EEXIST' })
  undo.push(() => rmSync(folder, { recursive: true, force: true }))
  // Loaded here: the certificate library takes longer to load than all other commands together.
  const { createDevelopmentCertificate } = await import('../lib/development-certificate.ts')
  await createDevelopmentCertificate(folder, ['localhost', '127.0.0.1', '::1'])
  return [folder]
}
