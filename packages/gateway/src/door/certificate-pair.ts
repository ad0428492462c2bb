import { createPrivateKey, X509Certificate } from 'node:crypto'
import { open } from 'node:fs/promises'
import { platform } from 'node:process'

/** A certificate chain and its key, fit to be served. */
export interface CertificatePair {
  readonly kind: 'pair'
  /** PEM: the server's certificate first, then what leads to the root. */
  readonly cert: string
  readonly key: string
  readonly leaf: X509Certificate
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

export interface UnusablePair {
  readonly kind: 'unusable'
  /** One sentence for the operator; holds no piece of the key. */
  readonly why: string
}

/** Reads and checks the two files: readable PEM, key of this certificate, valid now, key closed to others. `at` in milliseconds since 1970. */
export async function readCertificatePair(certFile: string, keyFile: string, at: number): Promise<CertificatePair | UnusablePair> {
  const cert = await read(certFile)
  const key = await read(keyFile)
  if (cert === null) return unusable(`The certificate ${certFile} cannot be read.`)
  if (key === null) return unusable(`The key ${keyFile} cannot be read.`)
  // Every user of the machine could take our name with it. The group may read: that is how Debian's ssl-cert and Kubernetes hand keys out.
  if (platform !== 'win32' && (key.mode & 0o007) !== 0)
    return unusable(`The key ${keyFile} can be read by others. Run: chmod o= ${keyFile}`)
  const chain = readChain(cert.text)
  const [leaf] = chain ?? []
  if (leaf === undefined) return unusable(`${certFile} holds no certificate in PEM form.`)
  const privateKey = readKey(key.text)
  if (privateKey === null)
    return unusable(`${keyFile} holds no private key in PEM form, or one with a passphrase, which nobody could type in at a restart.`)
  if (!leaf.checkPrivateKey(privateKey)) return unusable(`The key ${keyFile} does not belong to the certificate ${certFile}.`)
  const expiresAt = leaf.validToDate.getTime()
  if (at >= expiresAt) return unusable(`The certificate ${certFile} expired on ${leaf.validToDate.toISOString()}.`)
  if (at < leaf.validFromDate.getTime())
    return unusable(`The certificate ${certFile} is not valid before ${leaf.validFromDate.toISOString()}.`)
  return { kind: 'pair', cert: cert.text, key: key.text, leaf, expiresAt }
}

async function read(path: string): Promise<{ readonly text: string; readonly mode: number } | null> {
  try {
    // One handle for both: what is checked is what is read.
    await using file = await open(path, 'r')
    const { mode } = await file.stat()
    return { text: await file.readFile('utf8'), mode }
  } catch {
    return null
  }
}

function readChain(pem: string): readonly X509Certificate[] | null {
  try {
    return (pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []).map((one) => new X509Certificate(one))
  } catch {
    return null
  }
}

function readKey(pem: string): ReturnType<typeof createPrivateKey> | null {
  try {
    return createPrivateKey(pem)
  } catch {
    return null
  }
}

function unusable(why: string): UnusablePair {
  return { kind: 'unusable', why }
}
