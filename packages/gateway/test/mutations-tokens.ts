import { m, type Mutation } from './mutation.ts'

/** What holds where somebody else issues the tokens: providers, issuers of JWTs, and the secret that changes with the clock. */
export const TOKEN_MUTATIONS: readonly Mutation[] = [
  m('captured-secret-used-later', 'vault/window.ts', 'Math.floor(at / 1000)), ', '0), '),
  m('captured-secret-used-later', 'vault/opener.ts', 'Math.min(until, now.until)', 'until'),
  m(
    'captured-secret-used-later',
    'vault/opener.ts',
    '{ of, placement, origins, value: now.value }',
    '{ placement, origins, value: Buffer.from(value) }',
  ),
  m('jwt-forged', 'session/bearers.ts', "if (!(await isSigned(jwt, key, alg))) return refused('the signature is wrong')", ''),
  m('jwt-forged', 'session/bearers.ts', "if (read.kind !== 'signed' || read.faults.length > 0 || ", "if (read.kind !== 'signed' || "),
  m('jwt-forged', 'session/bearers.ts', 'if (wrongHeader !== null) return refused(wrongHeader)', ''),
  m('jwt-forged', 'session/bearers.ts', "if (iss !== demand.issuer) return 'of another issuer'", ''),
  m(
    'jwt-forged',
    'session/bearers.ts',
    "if (!(Array.isArray(aud) ? aud : [aud]).includes(demand.audience)) return 'for another audience'",
    '',
  ),
  m('jwt-forged', 'session/bearers.ts', "if (at >= expiresAt + SKEW_MS) return 'expired'", ''),
  m('jwt-forged', 'session/bearers.ts', 'fits(key, alg) && (kid === undefined || key.kid === kid)', 'fits(key, alg)'),
  m('jwt-forged', 'session/bearers.ts', "if (use !== undefined && use !== 'access') return 'made for something else'", ''),
  m('logout-token-forged', 'account/oidc/logout-tokens.ts', 'algorithms: [settings.algorithm], ', ''),
  {
    // What the token says of its issuer chooses whose keys are tried, and is compared once more.
    ...m('logout-token-forged', 'decide/logout-token.ts', "if (iss !== issuer) return 'issuer'", ''),
    also: [['http/oidc-logout-api.ts', '    if (provider.settings.issuer !== issuer) continue\n', '']],
  },
  m('logout-token-forged', 'decide/logout-token.ts', "if (!audiences.includes(clientId)) return 'audience'", ''),
  m('logout-token-forged', 'decide/logout-token.ts', "if (Object.hasOwn(claims, 'nonce')) return 'nonce'", ''),
  m('logout-token-forged', 'decide/logout-token.ts', "if (!isEvent(events)) return 'events'", ''),
  m('logout-token-forged', 'decide/logout-token.ts', "if ((exp - iat) * SECOND_MS > LONGEST_LIFE_MS) return 'lives_too_long'", ''),
  m('logout-token-forged', 'http/oidc-logout-api.ts', "    return await refused(call, provider, 'replayed')\n", '    void provider\n'),
  m('logout-token-forged', 'http/oidc-logout-api.ts', "|| sid === undefined || sid === ''", '|| sid === undefined'),
  m('provider-answers-wrongly', 'account/oidc/client.ts', 'execute = [library.enableNonRepudiationChecks, ', 'execute = ['),
  m(
    'provider-answers-wrongly',
    'account/oidc/client.ts',
    "if (sent.method === 'POST' && !sealedFor.includes(new URL(url).origin)) {",
    "if (sent.method === 'POST' && sealedFor.length > 1e9) {",
  ),
  m(
    'provider-answers-wrongly',
    'account/oidc/client.ts',
    "(methods === undefined ? provider.demandPkce : !methods.includes('S256'))",
    '(methods === undefined && provider.demandPkce)',
  ),
  m('provider-answers-wrongly', 'account/oidc/client.ts', 'methods === undefined ? provider.demandPkce', 'methods === undefined ? false'),
  m(
    'provider-answers-wrongly',
    'account/oidc/redeem.ts',
    "return ['access_token', 'id_token', 'token_type', 'response'].some((name) => query.has(name)) ? null : query",
    'return query',
  ),
  m(
    'provider-answers-wrongly',
    'http/oidc-api.ts',
    'transaction === null || transaction.provider !== provider.settings.name',
    'transaction === null',
  ),
  m(
    'provider-answers-wrongly',
    'decide/id-token.ts',
    "if (azp === undefined ? audiences.length > 1 : azp !== demands.clientId) return 'authorized_party'",
    '',
  ),
  {
    // The library demands it, too.
    ...m('provider-answers-wrongly', 'account/oidc/redeem.ts', '      expectedNonce: asked.nonce,\n', ''),
    also: [['decide/id-token.ts', "if (demands.nonce !== null && nonce !== demands.nonce) return 'nonce'", '']],
  },
]
