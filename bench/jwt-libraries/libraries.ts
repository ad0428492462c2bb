/** How each library is called under probe: once as in the first example of its manual, once with everything pinned that it lets one pin. */

/** What the verifiers are given: the public key in two forms, a secret, and what is expected. */
export type Setting = {
  readonly pem: string
  readonly jwk: Record<string, unknown>
  readonly secret: string
  readonly iss: string
  readonly aud: string
}

export type Contestant = {
  readonly library: string
  readonly folder: string
  /** `plain`: the manual's first example. `pinned`: algorithm, issuer and audience as far as the library knows them. */
  readonly use: 'plain' | 'pinned'
  /** Family of the valid JWT. */
  readonly family: 'RS256' | 'HS256'
  readonly prepare: (setting: Setting) => Promise<(jwt: string) => unknown>
}

// The libraries are untyped or typed in their own ways; what is called here is what their manuals show.
// oxlint-disable-next-line typescript/no-explicit-any -- twenty-two packages of eleven APIs, loaded by name
async function load(folder: string): Promise<any> {
  const loaded = await import(folder)
  return 'default' in loaded && Object.keys(loaded).length <= 2 ? loaded.default : { ...loaded.default, ...loaded }
}

const jsonwebtoken = (folder: string): readonly Contestant[] => [
  {
    library: 'jsonwebtoken',
    folder,
    use: 'plain',
    family: 'RS256',
    prepare:
      async ({ pem }) =>
      async (jwt) =>
        (await load(folder)).verify(jwt, pem),
  },
  {
    library: 'jsonwebtoken',
    folder,
    use: 'plain',
    family: 'HS256',
    prepare:
      async ({ secret }) =>
      async (jwt) =>
        (await load(folder)).verify(jwt, secret),
  },
  {
    library: 'jsonwebtoken',
    folder,
    use: 'pinned',
    family: 'RS256',
    prepare:
      async ({ pem, iss, aud }) =>
      async (jwt) =>
        (await load(folder)).verify(jwt, pem, { algorithms: ['RS256'], issuer: iss, audience: aud }),
  },
]

const jose = (folder: string): readonly Contestant[] => [
  {
    library: 'jose',
    folder,
    use: 'plain',
    family: 'RS256',
    prepare: async ({ jwk }) => {
      const { jwtVerify, importJWK } = await load(folder)
      const key = await importJWK(jwk, 'RS256')
      return async (jwt) => jwtVerify(jwt, key)
    },
  },
  {
    library: 'jose',
    folder,
    use: 'pinned',
    family: 'RS256',
    prepare: async ({ jwk, iss, aud }) => {
      const { jwtVerify, importJWK } = await load(folder)
      const key = await importJWK(jwk, 'RS256')
      return async (jwt) =>
        jwtVerify(jwt, key, { algorithms: ['RS256'], issuer: iss, audience: aud, typ: 'at+jwt', requiredClaims: ['exp'] })
    },
  },
]

const fastJwt = (folder: string): readonly Contestant[] => [
  {
    library: 'fast-jwt',
    folder,
    use: 'plain',
    family: 'RS256',
    prepare: async ({ pem }) => {
      const verify = (await load(folder)).createVerifier({ key: pem })
      return async (jwt) => verify(jwt)
    },
  },
  {
    library: 'fast-jwt',
    folder,
    use: 'pinned',
    family: 'RS256',
    prepare: async ({ pem, iss, aud }) => {
      const verify = (await load(folder)).createVerifier({
        key: pem,
        algorithms: ['RS256'],
        allowedIss: iss,
        allowedAud: aud,
        requiredClaims: ['exp'],
      })
      return async (jwt) => verify(jwt)
    },
  },
]

const njwt = (folder: string): readonly Contestant[] => [
  {
    library: 'njwt',
    folder,
    use: 'plain',
    family: 'HS256',
    prepare:
      async ({ secret }) =>
      async (jwt) =>
        (await load(folder)).verify(jwt, secret),
  },
  {
    library: 'njwt',
    folder,
    use: 'pinned',
    family: 'RS256',
    prepare:
      async ({ pem }) =>
      async (jwt) =>
        (await load(folder)).verify(jwt, pem, 'RS256'),
  },
]

const jwtSimple = (folder: string): readonly Contestant[] => [
  {
    library: 'jwt-simple',
    folder,
    use: 'plain',
    family: 'RS256',
    prepare:
      async ({ pem }) =>
      async (jwt) =>
        (await load(folder)).decode(jwt, pem),
  },
  {
    library: 'jwt-simple',
    folder,
    use: 'pinned',
    family: 'RS256',
    prepare:
      async ({ pem }) =>
      async (jwt) =>
        (await load(folder)).decode(jwt, pem, false, 'RS256'),
  },
]

const nodeJose = (folder: string): readonly Contestant[] => [
  {
    library: 'node-jose',
    folder,
    use: 'plain',
    family: 'RS256',
    prepare: async ({ jwk }) => {
      const { JWK, JWS } = await load(folder)
      const key = await JWK.asKey(jwk)
      return async (jwt) => JWS.createVerify(key).verify(jwt)
    },
  },
]

const jws = (folder: string): readonly Contestant[] => [
  {
    library: 'jws',
    folder,
    use: folder === 'jws-2' ? 'plain' : 'pinned',
    family: 'RS256',
    prepare:
      async ({ pem }) =>
      async (jwt) =>
        (await load(folder)).verify(jwt, ...(folder === 'jws-2' ? [pem] : ['RS256', pem])) === true ? true : null,
  },
]

export const contestants: readonly Contestant[] = [
  ...jsonwebtoken('jsonwebtoken'),
  ...jsonwebtoken('jsonwebtoken-8'),
  ...jsonwebtoken('jsonwebtoken-4'),
  ...jose('jose'),
  ...jose('jose-4'),
  {
    library: 'jose',
    folder: 'jose-2',
    use: 'plain',
    family: 'RS256',
    prepare: async ({ jwk }) => {
      const { JWT, JWK } = await load('jose-2')
      const key = JWK.asKey(jwk)
      return async (jwt) => JWT.verify(jwt, key)
    },
  },
  ...fastJwt('fast-jwt'),
  ...fastJwt('fast-jwt-5'),
  ...fastJwt('fast-jwt-3'),
  ...njwt('njwt'),
  ...njwt('njwt-1'),
  ...jwtSimple('jwt-simple'),
  ...jwtSimple('jwt-simple-0.3.0').slice(0, 1),
  ...nodeJose('node-jose'),
  ...nodeJose('node-jose-0.9'),
  ...jws('jws'),
  ...jws('jws-2'),
  {
    library: 'hono/jwt',
    folder: 'hono',
    use: 'pinned',
    family: 'RS256',
    prepare: async ({ jwk, iss, aud }) => {
      const { verify } = await load('hono/jwt')
      return async (jwt) => verify(jwt, jwk, { alg: 'RS256', iss, aud, typ: 'at+jwt' })
    },
  },
  {
    library: '@tsndr/cloudflare-worker-jwt',
    folder: '@tsndr/cloudflare-worker-jwt',
    use: 'pinned',
    family: 'RS256',
    prepare: async ({ jwk }) => {
      const { verify } = await load('@tsndr/cloudflare-worker-jwt')
      return async (jwt) => (await verify(jwt, jwk, { algorithm: 'RS256' })) ?? null
    },
  },
  {
    library: 'jsrsasign',
    folder: 'jsrsasign',
    use: 'pinned',
    family: 'RS256',
    prepare: async ({ pem, iss, aud }) => {
      const { KJUR, KEYUTIL } = await load('jsrsasign')
      const key = KEYUTIL.getKey(pem)
      return async (jwt) => KJUR.jws.JWS.verifyJWT(jwt, key, { alg: ['RS256'], iss: [iss], aud: [aud] })
    },
  },
  {
    library: 'aws-jwt-verify',
    folder: 'aws-jwt-verify',
    use: 'pinned',
    family: 'RS256',
    prepare: async ({ jwk, iss, aud }) => {
      const { JwtRsaVerifier } = await load('aws-jwt-verify')
      const verifier = JwtRsaVerifier.create({ issuer: iss, audience: aud, jwksUri: 'https://127.0.0.1:9/jwks' })
      verifier.cacheJwks({ keys: [{ ...jwk, kid: 'one', use: 'sig', alg: 'RS256' }] })
      return async (jwt) => verifier.verify(jwt)
    },
  },
  {
    library: 'jwt-decode (no verifier)',
    folder: 'jwt-decode',
    use: 'plain',
    family: 'RS256',
    prepare: async () => {
      const { jwtDecode } = await load('jwt-decode')
      return async (jwt) => jwtDecode(jwt)
    },
  },
]
