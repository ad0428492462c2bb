import 'reflect-metadata'
import * as x509 from '@peculiar/x509'

/** A certificate and its key, PEM. */
export interface TestCertificate {
  readonly key: string
  readonly cert: string
}

/** An authority that tests trust or distrust; `issue` makes server certificates for IP addresses and DNS names. */
export interface TestAuthority {
  readonly pem: string
  issue(names: readonly string[], validity?: Validity): Promise<TestCertificate>
}

export interface Validity {
  readonly from: Date
  readonly to: Date
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
/** Certificates are checked against the machine's own clock. */
const DAY_MS = 86_400_000
const NOW: Validity = { from: new Date(Date.now() - DAY_MS), to: new Date(Date.now() + DAY_MS) }

export async function makeAuthority(): Promise<TestAuthority> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=Test Authority',
    notBefore: NOW.from,
    notAfter: NOW.to,
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true)],
  })
  return {
    pem: root.toString('pem'),
    async issue(names, validity = NOW) {
      const own = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
      const cert = await x509.X509CertificateGenerator.create({
        serialNumber: '02',
        subject: 'CN=upstream',
        issuer: root.subject,
        notBefore: validity.from,
        notAfter: validity.to,
        signingAlgorithm: ALGORITHM,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        extensions: [alternativeNames(names)],
      })
      return { cert: cert.toString('pem'), key: await privateKeyPem(own.privateKey) }
    },
  }
}

/** Vouched for by nobody but itself. */
export async function makeSelfSigned(names: readonly string[]): Promise<TestCertificate> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=upstream',
    notBefore: NOW.from,
    notAfter: NOW.to,
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [alternativeNames(names)],
  })
  return { cert: cert.toString('pem'), key: await privateKeyPem(keys.privateKey) }
}

function alternativeNames(names: readonly string[]): x509.SubjectAlternativeNameExtension {
  return new x509.SubjectAlternativeNameExtension(
    names.map((value) => ({ type: /^[\d.]+$|:/.test(value) ? ('ip' as const) : ('dns' as const), value })),
  )
}

async function privateKeyPem(key: CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')
}
