import { parsePlacement } from '../decide/credential.ts'
import type { Access, Api, Policy, SecondFactor } from '../decide/policy.ts'
import type { Guard } from '../decide/guard.ts'
import { parseRange } from '../decide/ip.ts'
import type { Provider } from '../decide/provider.ts'
import type { Route } from '../decide/route.ts'
import { parseAllow } from './allow.ts'
import type { ApiConfig, Config, ProviderConfig } from './paths.ts'

/** A checked configuration as the core reads it. `port` is the one that `listen` got, when it asked the system for any. */
export function compilePolicy(config: Config, port: number = config.listen.port): Policy {
  const publicOrigin = publicOriginOf(config, port)
  const apis = Object.entries(config.apis).map(([name, api]) => compileApi(name, api))
  return {
    publicOrigin,
    publicHost: new URL(publicOrigin).host,
    basePath: config.basePath,
    routes: apis.flatMap((api) => compileRoutes(api, config.apis[api.name])),
    apis,
    site: config.site === null ? null : { access: compileAccess(config.site.access) },
    ownAccounts: config.ownAccounts,
    providers: Object.entries(config.oidc).map(([name, provider]) => compileProvider(name, provider)),
    sessions: {
      idleMs: config.sessions.idle,
      absoluteMs: config.sessions.absolute,
      perAccount: config.sessions.perAccount,
      onLimit: config.sessions.onLimit,
    },
    secondFactor: compileSecondFactor(config),
    resumesIdle: config.sessions.resume === 'password',
    actionTickMs: config.sessions.actionTick,
    visits: {
      lifetimeMs: config.visits.lifetime,
      requests: config.visits.requests,
      perAddressHour: config.visits.perAddressHour,
      perCustomerHour: config.visits.perCustomerHour,
    },
    allowedOrigins: config.allowedOrigins,
    trustedProxies: config.trustedProxies.map((text) => parseRange(text)).filter((range) => range !== null),
    webSockets: { most: config.limits.webSockets, perVisitor: config.limits.webSocketsPerVisitor },
    assertionKeys: [...new Set(apis.flatMap(({ assertion }) => (assertion === null ? [] : [assertion.key])))],
    signingKeys: [...new Set(apis.flatMap(({ sign }) => (sign === null ? [] : [sign.key])))],
    waits: { partMs: config.limits.storeTimeout, requestMs: config.limits.bodyTimeout },
    guard: guardOf(config),
  }
}

/** The origin that the browser sees, without a trailing slash and without a default port. */
export function publicOriginOf(config: Config, port: number = config.listen.port): string {
  if (config.publicUrl !== null) return new URL(config.publicUrl).origin
  return new URL(`${config.tls === null ? 'http' : 'https'}://localhost:${port}`).origin
}

function guardOf({ rules }: Config): Guard | null {
  if (rules === 'off') return null
  return rules === 'unread' ? REFUSE_ALL : rules.guard
}

/** Rules that nobody read cannot be kept: whoever serves requests with such a configuration lets nobody through. */
const REFUSE_ALL: Guard = {
  signals: [],
  neverBanned: null,
  rules: [
    {
      id: 'rules-were-not-read',
      mode: { kind: 'enforce' },
      phase: 'request',
      when: { text: 'true', reads: [], holds: () => true, trace: () => [] },
      scope: { routes: null, apis: null, methods: null },
      actions: [{ kind: 'block', status: 403 }],
      onUnknown: 'act',
      storeDown: 'refuse',
      owner: null,
      reviewBy: null,
      since: null,
      limits: { methods: null, neverIf: null, sessionShare: null },
    },
  ],
}

function compileApi(name: string, api: ApiConfig): Api {
  const upstream = new URL(api.upstream)
  return {
    name,
    prefix: api.path,
    upstreamOrigin: upstream.origin,
    upstreamPath: upstream.pathname.replace(/\/$/, ''),
    credential: api.credential,
    visitorToken: api.visitorToken,
    sign: api.sign,
    assertion: compileAssertion(api),
    carry: api.carry.map((field) => field.toLowerCase()),
    cookies: api.cookies,
    linksTo: api.linksTo,
    destinations: api.destinations,
    access: compileAccess(api.access),
    onLeak: api.onLeak,
    deleteBody: api.deleteBody,
    privateNetwork: api.unsafeAllowPrivateNetwork,
    activeContent: api.activeContent,
    limits: {
      requestBytes: api.limits.requestBody,
      responseBytes: api.limits.responseBody,
      connectMs: api.limits.connectTimeout,
      headMs: api.limits.headTimeout,
      idleMs: api.limits.idleTimeout,
      connections: api.limits.connections,
      messageBytes: api.limits.message,
    },
  }
}

function compileAssertion({ assertion }: ApiConfig): Api['assertion'] {
  if (assertion === null) return null
  const { key, audience, lifetime, context } = assertion
  const placement = parsePlacement(assertion.as)
  // check.ts refuses the file before; the field of the default is nobody else's.
  const usable = placement?.kind === 'bearer' || placement?.kind === 'header'
  return { key, audience, lifetimeMs: lifetime, context, placement: usable ? placement : OWN_FIELD }
}

const OWN_FIELD = { kind: 'header', name: 'cloakroom-assertion', prefix: '' } as const

function compileRoutes(api: Api, config: ApiConfig | undefined): readonly Route[] {
  return (config?.allow ?? []).flatMap((text): readonly Route[] => {
    const line = parseAllow(text)
    // check.ts refuses the file before; a line that cannot be read allows nothing.
    if (line.kind !== 'line') return []
    const actionToken = config?.actionTokens[text.trim()] ?? 'none'
    return [{ kind: 'api', id: `${api.name}: ${text.trim()}`, api, method: line.method, pattern: line.pattern, actionToken }]
  })
}

function compileSecondFactor({ secondFactor }: Config): SecondFactor {
  return typeof secondFactor === 'string' ? { kind: secondFactor } : { kind: 'roles', roles: secondFactor.roles }
}

function compileAccess(access: ApiConfig['access']): Access {
  if (typeof access === 'string') return { kind: access }
  if ('jwt' in access) {
    const { longest, ...rest } = access.jwt
    return { kind: 'jwt', demand: { ...rest, longestMs: longest } }
  }
  if ('fresh' in access) return { kind: 'fresh', withinMs: access.fresh, role: access.role ?? null }
  return { kind: 'role', role: access.role }
}

function compileProvider(name: string, provider: ProviderConfig): Provider {
  const { issuer, clientId, clientAuth, credential, scopes, algorithm, parameters, nameClaim, roles, acr, demandPkce } = provider
  return {
    name,
    label: provider.label ?? name,
    issuer,
    clientId,
    clientAuth,
    credential,
    scopes,
    algorithm,
    parameters,
    nameClaim,
    admit: compileAdmit(provider.admit),
    roles,
    acr,
    maxAgeMs: provider.maxAge,
    demandPkce,
    endSession: provider.endSession,
    frontChannelLogout: provider.frontChannelLogout,
    privateNetwork: provider.unsafeAllowPrivateNetwork,
  }
}

function compileAdmit(admit: ProviderConfig['admit']): Provider['admit'] {
  if (typeof admit === 'string') return { kind: admit }
  return { kind: 'claims', demands: Object.fromEntries(Object.entries(admit).map(([claim, values]) => [claim, [values].flat()])) }
}
