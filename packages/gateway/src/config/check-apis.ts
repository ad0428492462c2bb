import { parsePlacement } from '../decide/credential.ts'
import { isOwnCookieName } from '../decide/cookies.ts'
import { canonicalTarget, isSafe } from '../decide/head.ts'
import { isFieldName } from '../decide/headers.ts'
import { mayCarry } from '../decide/outbound.ts'
import { isBelow } from '../decide/route.ts'
import { isLoopbackHost } from './address.ts'
import { parseAllow } from './allow.ts'
import { publicOriginOf } from './compile.ts'
import type { ApiConfig, Config } from './paths.ts'
import { warnUnsafe, type Report } from './report.ts'
import { CREDENTIAL_NAME } from './schema-api.ts'

/** The rules for `apis`: prefixes that cannot be confused, lines that can match, upstreams that a secret may be sent to. */
export function checkApis(config: Config, report: Report): void {
  const seen: { readonly name: string; readonly path: string }[] = []
  for (const [name, api] of Object.entries(config.apis)) {
    checkPath(name, api, config, seen, report)
    checkAllow(name, api, report)
    checkActionTokens(name, api, report)
    checkUpstream(name, api, config, report)
    checkFields(name, api, report)
    for (const flag of ['unsafeAllowPlainHttp', 'unsafeAllowPrivateNetwork', 'unsafeAllowPublicWrites'] as const) {
      if (api[flag]) warnUnsafe(['apis', name, flag], report)
    }
    seen.push({ name, path: api.path })
  }
}

function checkPath(
  name: string,
  { path }: ApiConfig,
  { basePath }: Config,
  seen: readonly { readonly name: string; readonly path: string }[],
  report: Report,
): void {
  const at = ['apis', name, 'path']
  const target = canonicalTarget(path)
  const usable = target.kind === 'target' && target.path === path && !path.endsWith('/') && !/[?*]/.test(path)
  if (!usable)
    return report(
      'api_path',
      at,
      'This is not a prefix of plain segments.',
      'Write it as in /api/shop: a slash before each segment, none at the end, no *, %, ? or dots.',
    )
  if (isBelow(path, basePath) || isBelow(basePath, path)) {
    return report(
      'api_own_path',
      at,
      `This prefix and the gateway’s own endpoints (${basePath}) cover the same paths.`,
      'Choose another prefix, as in /api/shop, or move `basePath`.',
    )
  }
  const twin = seen.find((other) => isBelow(path, other.path) || isBelow(other.path, path))
  if (twin !== undefined)
    report(
      'api_overlap',
      at,
      `This prefix and the one of \`${twin.name}\` cover the same paths.`,
      'Give each API a prefix that does not begin with another’s.',
    )
}

function checkAllow(name: string, api: ApiConfig, report: Report): void {
  for (const [at, text] of api.allow.entries()) {
    const path = ['apis', name, 'allow', at]
    const line = parseAllow(text)
    if (line.kind === 'refused') {
      report(line.code, path, line.text, line.fix)
    } else if (api.access === 'public' && !api.unsafeAllowPublicWrites && (line.method === '*' || !isSafe(line.method))) {
      const what = line.method === '*' ? 'any method' : line.method
      report(
        'public_write',
        path,
        `With \`access: public\` everybody could call ${what} here.`,
        'Set `access: visitor` or `login`, or `unsafeAllowPublicWrites: true` if that is meant.',
      )
    }
  }
}

function checkActionTokens(name: string, api: ApiConfig, report: Report): void {
  const lines = api.allow.map((text) => text.trim())
  for (const text of Object.keys(api.actionTokens)) {
    const at = ['apis', name, 'actionTokens', text]
    if (!lines.includes(text)) {
      report(
        'action_token_line',
        at,
        'This is no line of `allow`.',
        `Write one of them to the letter: ${lines.map((line) => `\`${line}\``).join(', ')}.`,
      )
    } else if (text.startsWith('WS ')) {
      report(
        'action_token_line',
        at,
        'A browser cannot send such a token with a WebSocket handshake.',
        'Delete the line: the page’s origin is checked instead.',
      )
    } else if (api.access === 'public') {
      report(
        'action_token_line',
        at,
        'With `access: public` nobody has a session that a token could belong to.',
        'Set `access: visitor` or `login`, or delete the line.',
      )
    }
  }
}

function checkUpstream(name: string, api: ApiConfig, config: Config, report: Report): void {
  const url = new URL(api.upstream)
  const at = ['apis', name, 'upstream']
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname) && !api.unsafeAllowPlainHttp) {
    report(
      'upstream_plain',
      at,
      'The secret would travel without TLS to another machine.',
      'Use https://, or set `unsafeAllowPlainHttp: true` if the network between is yours.',
    )
  }
  if (url.origin === publicOriginOf(config)) {
    report(
      'upstream_own',
      at,
      'The upstream is this gateway’s own public origin: a call would go in circles.',
      'Write where the API itself is.',
    )
  }
  const base = canonicalTarget(url.pathname)
  if (base.kind === 'refused')
    report(
      'api_path',
      at,
      `The upstream’s path can be read in more than one way: it holds ${base.why}.`,
      'Write a base path of plain segments, as in https://api.example.com/v1.',
    )
  if (api.clientCertificate !== null && url.protocol === 'http:') {
    report(
      'certificate_unused',
      ['apis', name, 'clientCertificate'],
      'Without TLS no certificate is ever shown.',
      'Use https:// in `upstream`, or delete `clientCertificate`.',
    )
  }
  if (api.assertion !== null) checkAssertion(name, api.assertion, report)
  if (api.sign !== null && !CREDENTIAL_NAME.test(api.sign.key)) {
    report(
      'credential_name',
      ['apis', name, 'sign', 'key'],
      'This is not the name of a key.',
      'Write the name under which `cloakroom signing-key add` stored it: lower-case letters, digits, hyphens. Never the key itself.',
    )
  }
  if (api.sign !== null && api.sign.maxBody > api.limits.requestBody) {
    report(
      'sign_body',
      ['apis', name, 'sign', 'maxBody'],
      'A body of this size never gets as far as the signature: `limits.requestBody` is smaller.',
      'Write at most as much as `limits.requestBody`, or raise that.',
    )
  }
  if (api.credential !== null && !CREDENTIAL_NAME.test(api.credential)) {
    report(
      'credential_name',
      ['apis', name, 'credential'],
      'This is not a credential’s name.',
      'Write the name under which `cloakroom secret add` stored it: lower-case letters, digits, hyphens. Never the secret itself.',
    )
  }
}

function checkAssertion(name: string, { key, as }: NonNullable<ApiConfig['assertion']>, report: Report): void {
  if (!CREDENTIAL_NAME.test(key)) {
    report(
      'credential_name',
      ['apis', name, 'assertion', 'key'],
      'This is not the name of a key.',
      'Write the name under which `cloakroom signing-key add` stored it: lower-case letters, digits, hyphens. Never the key itself.',
    )
  }
  const placement = parsePlacement(as)
  if (placement?.kind === 'bearer' || (placement?.kind === 'header' && placement.prefix === '')) return
  report(
    'assertion_place',
    ['apis', name, 'assertion', 'as'],
    'This does not say where the assertion stands.',
    'Write `bearer`, or `header:NAME` with the field that the API reads, as in header:x-assertion.',
  )
}

function checkFields(name: string, api: ApiConfig, report: Report): void {
  for (const [at, field] of api.carry.entries()) {
    if (isFieldName(field) && mayCarry(field)) continue
    report(
      'carry_refused',
      ['apis', name, 'carry', at],
      'This field cannot be carried: it holds credentials, frames the message, or is written by the gateway.',
      'Delete it; what remains may be named, as in idempotency-key.',
    )
  }
  for (const [at, cookie] of api.cookies.entries()) {
    if (isFieldName(cookie) && !isOwnCookieName(cookie)) continue
    report(
      'cookie_refused',
      ['apis', name, 'cookies', at],
      'A cookie of this name may not come from an API: the prefix is the gateway’s own.',
      'Name the API’s own cookie, without __Host-, __Secure- or __Http-.',
    )
  }
}
