import type { Rule } from '../rule.ts'
import { algNone } from './jwt-01-alg-none.ts'
import { algAllowList } from './jwt-02-alg-allow-list.ts'
import { keyConfusion } from './jwt-03-key-confusion.ts'
import { keyMismatch } from './jwt-04-key-mismatch.ts'
import { mixedAlgorithms } from './jwt-05-mixed-algorithms.ts'
import { shortHmacKey } from './jwt-06-short-hmac-key.ts'
import { guessableKey } from './jwt-07-guessable-key.ts'
import { rsaSize } from './jwt-08-rsa-size.ts'
import { weakRsa } from './jwt-09-weak-rsa.ts'
import { invalidCurve } from './jwt-10-invalid-curve.ts'
import { ecdsaShape } from './jwt-11-ecdsa-shape.ts'
import { legacyRsa } from './jwt-12-legacy-rsa.ts'
import { datedAlgorithm } from './jwt-13-dated-algorithm.ts'
import { brokenAlgorithm } from './jwt-14-broken-algorithm.ts'
import { noExpiry } from './jwt-15-no-expiry.ts'
import { expired } from './jwt-16-expired.ts'
import { lifetime } from './jwt-17-lifetime.ts'
import { fromTheFuture } from './jwt-18-from-the-future.ts'
import { numericDate } from './jwt-19-numeric-date.ts'
import { issuer } from './jwt-20-issuer.ts'
import { subject } from './jwt-21-subject.ts'
import { audience } from './jwt-22-audience.ts'
import { type } from './jwt-23-type.ts'
import { kindConfusion } from './jwt-24-kind-confusion.ts'
import { logoutShape } from './jwt-25-logout-shape.ts'
import { kidInjection } from './jwt-26-kid-injection.ts'
import { ambiguousKey } from './jwt-27-ambiguous-key.ts'
import { keyUrl } from './jwt-28-key-url.ts'
import { keyInHeader } from './jwt-29-key-in-header.ts'
import { privateKeyInHeader } from './jwt-30-private-key-in-header.ts'
import { critical } from './jwt-31-critical.ts'
import { unencodedPayload } from './jwt-32-unencoded-payload.ts'
import { nested } from './jwt-33-nested.ts'
import { encryptedNotSigned } from './jwt-34-encrypted-not-signed.ts'
import { pbes2Count } from './jwt-35-pbes2-count.ts'
import { compression } from './jwt-36-compression.ts'
import { notCompact } from './jwt-37-not-compact.ts'
import { trailingBits } from './jwt-38-trailing-bits.ts'
import { ambiguousJson } from './jwt-39-ambiguous-json.ts'
import { sensitiveContent } from './jwt-40-sensitive-content.ts'
import { internalDetails } from './jwt-41-internal-details.ts'
import { jti } from './jwt-42-jti.ts'
import { size } from './jwt-43-size.ts'
import { signatureMissing } from './jwt-44-signature-missing.ts'
import { altered } from './jwt-45-altered.ts'
import { errorOracle } from './jwt-46-error-oracle.ts'
import { keySetLeak } from './jwt-47-key-set-leak.ts'
import { certificate } from './jwt-48-certificate.ts'
import { scope } from './jwt-49-scope.ts'
import { unbound } from './jwt-50-unbound.ts'
import { proofNotRequired } from './jwt-51-proof-not-required.ts'
import { dpopProof } from './jwt-52-dpop-proof.ts'
import { unsafePlace } from './jwt-53-unsafe-place.ts'
import { keyAgreement } from './jwt-54-key-agreement.ts'
import { nonceReuse } from './jwt-55-nonce-reuse.ts'

/** Every rule, in order of its number. */
export const rules: readonly Rule[] = [
  algNone,
  algAllowList,
  keyConfusion,
  keyMismatch,
  mixedAlgorithms,
  shortHmacKey,
  guessableKey,
  rsaSize,
  weakRsa,
  invalidCurve,
  ecdsaShape,
  legacyRsa,
  datedAlgorithm,
  brokenAlgorithm,
  noExpiry,
  expired,
  lifetime,
  fromTheFuture,
  numericDate,
  issuer,
  subject,
  audience,
  type,
  kindConfusion,
  logoutShape,
  kidInjection,
  ambiguousKey,
  keyUrl,
  keyInHeader,
  privateKeyInHeader,
  critical,
  unencodedPayload,
  nested,
  encryptedNotSigned,
  pbes2Count,
  compression,
  notCompact,
  trailingBits,
  ambiguousJson,
  sensitiveContent,
  internalDetails,
  jti,
  size,
  signatureMissing,
  altered,
  errorOracle,
  keySetLeak,
  certificate,
  scope,
  unbound,
  proofNotRequired,
  dpopProof,
  unsafePlace,
  keyAgreement,
  nonceReuse,
]
