import 'reflect-metadata'
import type { webcrypto } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'
import { NAME_CONSTRAINTS_OID, permittedNames } from './name-constraints.ts'

export interface DevelopmentCertificate {
  /** Paths. What browsers are told to trust: */
  readonly authority: string
  readonly certificate: string
  readonly key: string
  /** Null: nobody can sign with that authority again. */
  readonly authorityKey: string | null
  /** The authority's common name, as lists of certificates show it. */
  readonly name: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

const DAY_MS = 86_400_000
/** Both live for a year: browsers refuse servers' certificates of more than 398 days. */
const LIFE_MS = 365 * DAY_MS
/** Clocks of phones on the same network are off by minutes. */
const SKEW_MS = 3_600_000
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const LOOPBACK = ['localhost', '127.0.0.1', '::1'] as const

/**
 * Makes an authority for this machine alone and a server certificate from it, for `hosts` (names and addresses) and loopback.
 * The authority's key is thrown away once it has signed: whoever finds it could pose as these hosts to everybody who trusts it.
 */
export async function createDevelopmentCertificate(
  folder: string,
  hosts: readonly string[],
  at: number,
  options: { readonly keepAuthorityKey?: boolean } = {},
): Promise<DevelopmentCertificate> {
  const names = [...new Set([...hosts.map(readHost), ...LOOPBACK])]
  const name = `Development authority for ${names[0]} (${new Date(at).toISOString().slice(0, 10)})`
  const expiresAt = at + LIFE_MS
  const validity = { notBefore: new Date(at - SKEW_MS), notAfter: new Date(expiresAt) }
  const authorityKeys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const authority = await signAuthority(name, names, authorityKeys, validity)
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const leaf = await signLeaf(authority, names, keys, authorityKeys, validity)

  await mkdir(folder, { recursive: true, mode: 0o700 })
  const paths = {
    authority: join(folder, 'development-authority.pem'),
    certificate: join(folder, 'development-certificate.pem'),
    key: join(folder, 'development-key.pem'),
  }
  const authorityKey = options.keepAuthorityKey === true ? join(folder, 'development-authority-key.pem') : null
  await put(paths.key, await privatePem(keys.privateKey), 0o600)
  await put(paths.certificate, `${leaf.toString('pem')}\n`, 0o644)
  await put(paths.authority, `${authority.toString('pem')}\n`, 0o644)
  if (authorityKey !== null) await put(authorityKey, await privatePem(authorityKeys.privateKey), 0o600)
  return { ...paths, authorityKey, name, expiresAt }
}

interface Lifetime {
  readonly notBefore: Date
  readonly notAfter: Date
}

/** RFC 5280: may sign server certificates for these names, and no further authority. */
function signAuthority(
  name: string,
  names: readonly string[],
  keys: webcrypto.CryptoKeyPair,
  validity: Lifetime,
): Promise<x509.X509Certificate> {
  return x509.X509CertificateGenerator.createSelfSigned({
    ...validity,
    name: [{ CN: [name] }],
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth], false),
      new x509.Extension(NAME_CONSTRAINTS_OID, true, Uint8Array.from(permittedNames(names))),
    ],
  })
}

async function signLeaf(
  authority: x509.X509Certificate,
  names: readonly string[],
  keys: webcrypto.CryptoKeyPair,
  authorityKeys: webcrypto.CryptoKeyPair,
  validity: Lifetime,
): Promise<x509.X509Certificate> {
  return await x509.X509CertificateGenerator.create({
    ...validity,
    subject: [{ CN: ['Development server'] }],
    issuer: authority.subjectName,
    publicKey: keys.publicKey,
    signingKey: authorityKeys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth], false),
      new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }))),
      await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
}

function readHost(text: string): string {
  const host = text.toLowerCase().replace(/^\[|\]$/g, '')
  const isName = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/.test(host)
  if (isIP(host) === 0 && !isName) throw new RangeError(`${JSON.stringify(text)} is neither a host name nor an address`)
  return host
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`
}

/** A new file under its final mode from the first byte on; an older one with a wider mode must not lend it its own. */
async function put(path: string, content: string, mode: number): Promise<void> {
  const fresh = `${path}.new`
  await rm(fresh, { force: true })
  await writeFile(fresh, content, { mode, flag: 'wx' })
  await rename(fresh, path)
}
