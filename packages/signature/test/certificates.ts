import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'

export interface Certificate {
  readonly keyFile: string
  readonly certFile: string
  readonly key: string
  readonly cert: string
  readonly fingerprint: string
}

/** `DNS:a,URI:b` as a section of its own, in which a name may hold what a list may not: `\,` is a comma of the name. */
function sectionOf(names: string): string {
  return names
    .split(/(?<!\\),/)
    .map((each, at) => each.replaceAll('\\,', ',').replace(/^(\w+):/, `$1.${at + 1}=`))
    .join('\n')
}

/** Makes a certificate with the openssl command: self-signed, or by an issuer. For a few days and for tests only. */
export function makeCertificate(openssl: string, folder: string, name: string, names: string, issuer: Certificate | null): Certificate {
  const keyFile = join(folder, `${name}.key`)
  const certFile = join(folder, `${name}.crt`)
  const configFile = join(folder, `${name}.cnf`)
  const ca = names === 'CA'
  const extensions = ca
    ? 'basicConstraints=critical,CA:TRUE'
    : `basicConstraints=CA:FALSE\nsubjectAltName=@names\n[names]\n${sectionOf(names)}`
  writeFileSync(configFile, `[req]\ndistinguished_name=dn\nx509_extensions=ext\n[dn]\n[ext]\n${extensions}\n`)
  const run = (...words: readonly string[]) => execFileSync(openssl, words, { stdio: ['ignore', 'ignore', 'pipe'] })
  const newKey = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    keyFile,
    '-subj',
    `/CN=${name}`,
    '-config',
    configFile,
  ]
  if (issuer === null) {
    run('req', '-x509', ...newKey, '-days', '3', '-out', certFile)
  } else {
    const request = join(folder, `${name}.csr`)
    run('req', '-new', ...newKey, '-out', request)
    run(
      'x509',
      '-req',
      '-in',
      request,
      '-CA',
      issuer.certFile,
      '-CAkey',
      issuer.keyFile,
      '-CAcreateserial',
      '-days',
      '3',
      '-extfile',
      configFile,
      '-extensions',
      'ext',
      '-out',
      certFile,
    )
  }
  const cert = readFileSync(certFile, 'utf8')
  return { keyFile, certFile, key: readFileSync(keyFile, 'utf8'), cert, fingerprint: new X509Certificate(cert).fingerprint256 }
}
