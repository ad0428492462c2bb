import type { Attack } from './attack.ts'
import { expired, fromTheFuture, noExpiry, oddDates, otherKinds, wrongAudience, wrongIssuer, wrongType } from './attacks-claims.ts'
import { compressionBomb, encryptedNotSigned, hugeIterationCount, nestedUnsigned, shortTag } from './attacks-encryption.ts'
import { boundWithoutProof, criticalHeader, duplicateMembers, keyUrls, kidInjection, unencodedPayload } from './attacks-header.ts'
import {
  bothFamilies,
  embeddedKey,
  keyUnderSecondAlgorithm,
  misspelledAlgorithm,
  noneInAnyCase,
  psychicSignature,
  publicKeyAsSecret,
} from './attacks-signature.ts'
import { alteredClaims, brokenSignature, deepJson, guessedSecret, looseForm, replay, strayBits } from './attacks-tampering.ts'

/** Every attack, the harmless first and those that may exhaust the verifier last. */
export const attacks: readonly Attack[] = [
  noneInAnyCase,
  misspelledAlgorithm,
  publicKeyAsSecret,
  keyUnderSecondAlgorithm,
  bothFamilies,
  guessedSecret,
  psychicSignature,
  brokenSignature,
  alteredClaims,
  embeddedKey,
  looseForm,
  strayBits,
  noExpiry,
  expired,
  fromTheFuture,
  oddDates,
  wrongIssuer,
  wrongAudience,
  wrongType,
  otherKinds,
  duplicateMembers,
  criticalHeader,
  unencodedPayload,
  boundWithoutProof,
  encryptedNotSigned,
  nestedUnsigned,
  shortTag,
  replay,
  kidInjection,
  keyUrls,
  deepJson,
  compressionBomb,
  hugeIterationCount,
]
