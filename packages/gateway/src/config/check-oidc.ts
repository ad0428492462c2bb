import { isLoopbackHost } from './address.ts'
import type { Config, ProviderConfig } from './paths.ts'
import { warnUnsafe, type Report } from './report.ts'

/** The rules for `oidc`: providers that cannot be confused with each other, and to which a secret may be sent. */
export function checkOidc({ oidc, ownAccounts, apis }: Config, report: Report): void {
  const seen = new Map<string, string>()
  for (const [name, provider] of Object.entries(oidc)) {
    const { issuer, clientId } = provider
    checkIssuer(name, provider, report)
    checkCertificate(name, provider, report)
    for (const parameter of Object.keys(provider.parameters)) {
      if (!OWN.has(parameter.toLowerCase())) continue
      const fix = 'Delete it: each sign-in gets a value of its own.'
      report('oidc_parameter', ['oidc', name, 'parameters', parameter], `\`${parameter}\` is set by the gateway itself.`, fix)
    }
    const twin = seen.get(JSON.stringify([issuer, clientId]))
    if (twin !== undefined) {
      report('oidc_twin', ['oidc', name, 'clientId'], `\`${twin}\` is the same client of the same issuer.`, 'Delete one of the two.')
    }
    seen.set(JSON.stringify([issuer, clientId]), name)
    const scope = provider.scopes.indexOf('openid')
    if (scope >= 0) {
      const fix = 'Delete it; what remains may be asked for besides.'
      report('oidc_scope', ['oidc', name, 'scopes', scope], '`openid` is asked for in any case.', fix)
    }
    if (provider.unsafeAllowPrivateNetwork) warnUnsafe(['oidc', name, 'unsafeAllowPrivateNetwork'], report)
  }
  for (const [name, { visitorToken, access }] of Object.entries(apis)) {
    if (visitorToken === null) continue
    const at = ['apis', name, 'credential', 'oidc']
    if (!Object.hasOwn(oidc, visitorToken.provider)) {
      const fix = `Name one of \`oidc\`: ${Object.keys(oidc).join(', ') || 'there is none yet'}.`
      report('oidc_unknown', at, `There is no provider \`${visitorToken.provider}\`.`, fix)
    }
    if (access === 'public' || access === 'visitor') {
      report('oidc_access', ['apis', name, 'access'], 'Whoever is not signed in has no token.', 'Write `access: login`, or a role.')
    }
  }
  if (!ownAccounts && seen.size === 0) {
    const fix = 'Delete the line, or add a provider under `oidc`.'
    report('oidc_nobody', ['ownAccounts'], 'Nobody could sign in: own accounts are off, and there is no provider.', fix)
  }
}

/** What openid-client or we write into the request: RFC 6749, RFC 7636, RFC 9101, OpenID Connect Core. */
const OWN: ReadonlySet<string> = new Set(
  'client_id client_secret client_assertion client_assertion_type response_type response_mode redirect_uri scope state nonce code_challenge code_challenge_method request request_uri registration id_token_hint max_age acr_values resource'.split(
    ' ',
  ),
)

function checkIssuer(name: string, { issuer }: ProviderConfig, report: Report): void {
  const url = new URL(issuer)
  if (url.protocol === 'https:' || isLoopbackHost(url.hostname)) return
  report(
    'oidc_plain',
    ['oidc', name, 'issuer'],
    'This provider speaks plain http off this machine: whoever is on the way could sign in as anybody.',
    'Write its https:// issuer.',
  )
}

function checkCertificate(name: string, { clientAuth, certificate }: ProviderConfig, report: Report): void {
  if (clientAuth === 'tls_client_auth' && certificate === null) {
    const fix = 'Add `certificate` with the PEM file of the client’s certificate.'
    report('oidc_certificate', ['oidc', name, 'clientAuth'], 'There is no certificate to show.', fix)
  }
  if (clientAuth !== 'tls_client_auth' && certificate !== null) {
    const fix = 'Delete it, or write `clientAuth: tls_client_auth`.'
    report('oidc_certificate', ['oidc', name, 'certificate'], `\`${clientAuth}\` shows no certificate.`, fix)
  }
}
