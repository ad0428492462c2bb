/** The text of `--help`. */
export const help = `jwt-check: examines JSON Web Tokens, key sets and verifiers. It works offline.

Usage
  jwt-check [options] [FILE | JWT | -]...        examine JWTs and key sets (default: standard input)
  jwt-check scan [options] FILE...               look for JWTs in HAR files, storage dumps, pages, scripts, logs
  jwt-check probe [options] URL --jwt-file FILE  attack your own verifier with forged variants of a valid JWT
  jwt-check rules [--json]                       list the 55 rules
  jwt-check explain JWT-07                       say what a rule looks for, why, and what to do

What is examined
  --keys [ISSUER=]FILE     public keys (JWK or JWK Set) to verify with, and to examine; may be repeated
  --secret-file FILE       HMAC secret to verify with, as raw bytes or JWK; kept secret, examined for strength
  --profile NAME|FILE      any, id-token, access-token, dpop, logout, dbsc, or a JSON file of your own
                           (default: by the JWT's own type)
  --issuer URL             the only issuer that is right        --audience NAME   the audience that must be named
  --algorithms A,B         the verifier's allow-list            --now TIME        clock: seconds or ISO 8601
  --method, --url, --access-token-file FILE                     what a DPoP proof belongs to
  --no-guess               do not try to guess HMAC secrets     --guess-ms N      time per JWT for it (5000)
  --hint WORD              a word to try first, such as your product's name; may be repeated

What comes out
  --json                   JSON                                 --sarif           SARIF 2.1.0 for code scanning
  --only, --ignore IDS     rules to run or to leave out         --fail-on LEVEL   error, warning, info, never
  --no-color               no colour (NO_COLOR works too)       --max-bytes N     largest input (16777216)

Probe
  --jwt-file FILE          a valid JWT (never sent anywhere but to URL; - reads standard input)
  --keys FILE              the verifier's public keys, for key confusion and encryption attacks
  --signing-key FILE       private key or secret (JWK) of a TEST issuer, for expired, misaddressed and other signed variants
  --header 'Name: {jwt}'   how the JWT is sent (default 'Authorization: Bearer {jwt}')
  --timeout-ms N           patience per request (5000)
  --i-own-this-host        allow a URL that is not on this machine

Exit codes
  0 nothing at or above --fail-on   1 findings   2 usage   3 input unreadable or too large   4 probe without conclusion

A JWT on the command line ends up in the shell's history and the process list: prefer a file or standard input.
`
