import { fromBase64url } from '../../src/encoding/base64url.ts'
import type { Bytes } from '../../src/encoding/bytes.ts'

/** RSA moduli of 2048 bits, made for these tests from random primes; the flaw of each is in its name. */

/** Two primes that differ by about 2^20. */
export const closePrimes = bytes(
  'tY5kOBEE4Ga18YreagM5413zIHG93Sr49QnmLh-L36qWJPHXSx-kga1gbJ4RHW0x_aMvwdwjBVtTmVgArNHcVYh5QREyGLToHPngid-Q3z9V-8_XkP6flgP7Z6WUTNQQnTmmDmDrMfD_ovLvxa1iWElOOPzJJNY-QnVrhEzk6U_Ki1jctfuOBLl-7kzgvPhP5Q5KwH1o0pPjlSyObcvcsV43zBdHb8DSC32Cn9wOpXmFnS9Cm_14KnI0aIUdIp9zBHNkMtVBXwwRpi0iGnnHag8Kbb59pzCBC0Gj3uRFuohdP2896qVH9GyNQASUL3pFcWiidD0JVRnwrpM0vGwTnQ',
)

/** Primes of the form k·M + 65537^a mod M, with M the product of the first 126 primes (CVE-2017-15361). */
export const roca = bytes(
  'm_7-xbXHJFzAn-Q8EJCeJzflDdARThE-MvepaobURupyu3Smhpz2f3ofqYB_26UxKjhzgkoHbmo4fxtkl3d-UAn4o9WOm6vgsHamK5Vp7VgEiVRyWAEL4O6yXTOU8TCSYnrEiVQrVtwBYt3bYbLR09GsGiu4wsN2Hbs_Cbvt2K-VSLw_MbhG5zKd_VDaoTu6Rd00CfGJiBBbhP3xhbkxH2kitNAR91aOOCBB4Q3zmnyEgTSk1ZwTMspRcK3ELNasT7AHUbo_HI7klAMmUSynpFKMpTxY3wskvURiQ6lstquHRQ8DUowAed-cTyZOcWPQB47AgALX0cWwydjr2CwCww',
)

/** Two moduli with one prime in common. */
export const shared: readonly [Bytes, Bytes] = [
  bytes(
    'yi-HBPWCrnz0DMn22a56Jm3kEmUbvzrdA5L1nOgK4WRdlDjdRpnSOf0jtWcFDd1QmJCGWNUdjekcUK9Qz06UYr8nIjlNquCofGernGZmOKJaACZyMK-C3vsxLtxAv4oYa9AbUUKw4oi82Ju1xKY-KlW1WYbn5dvZUqdLStvbePaMSaCNLWVqh-0rAHJbQ7ot0OM7roMRH0MJOiPUzaDFQH5DwHnK6Ln5w9wQmIumcVDcuqKGtoT25ZTZd5T1ugaNHu_9zZxQVi0-T3WIU9Sdps1-g-5O-ZmFd0BJYwDvq6wUVAiYF8afIWTH6ES-1DxEEnhIpghcVAngslVhSxKFRQ',
  ),
  bytes(
    '71NZRsRr_mFjz5WQXCDUQ7OLCmN6A5d-Lm78my4lbJPVSNrznRb8ifwvPqls-ei6YlB7DEEEwTLItRZKmvFhVFc-cwUi3Dp5GdoOX96jHvzcRHWG0KLCc5r3kVBqWUj5kAlOeGW312IkNvVIRVc_-x20vQQ7YXDmxq4-SUWq9eVknA5_BuANIEx-HRHEn1UUBWf1O8N4vTiHk4XikZlult_m0lR0CsCyCl6nxoOl9iToP2sKu2JG0YXv1K8izyMjir06Pp7vznu72s4hJ8vQtZVJmF-AwE5tSMFx0QxyaSDk9kOK08m1tCX5Enh508UzbGrVR2VFmocML8tDvy3y4w',
  ),
]

function bytes(text: string): Bytes {
  return fromBase64url(text) ?? new Uint8Array(0)
}
