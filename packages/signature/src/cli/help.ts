export const HELP = `cloakroom-signature: sign and verify requests (RFC 9421, profile cloakroom-v1)

  keygen --private FILE [--algorithm ed25519|ecdsa-p256-sha256|hmac-sha256] [--keyid NAME]
      Makes a key. The private half goes into a new file that only you can read, the public key set to the output.

  sign --key FILE --url URL [--method GET] [--field 'Name: value']... [--fields FILE] [--content FILE|-]
       [--cover-also NAME]... [--nonce TEXT] [--at SECONDS]
      Prints the field lines to add. With curl:
        cloakroom-signature sign --key gateway.jwk --url https://api.example.com/orders > signed.txt
        curl -H @signed.txt https://api.example.com/orders

  verify --keys FILE|URL --url URL [--method GET] [--field 'Name: value']... [--fields FILE] [--content FILE|-]
         [--cover-also NAME]... [--at SECONDS] [--core]
      Says whether an API with these keys would accept the request, and why not. Replays are not looked for.
      --core checks the signature alone: no profile, no age, no digest.

  window --root FILE --seconds 30 [--accept VALUE] [--at SECONDS]
      Prints the secret of this window, or says whether VALUE is one that counts now. FILE holds 32 bytes or more.

  Everywhere: --json for one JSON object on the output, --help.
  Exit codes: 0 done or accepted, 1 refused, 2 wrong usage, 78 a key or a file that cannot be used.`
