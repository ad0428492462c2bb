import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { Provider, type Configuration } from 'oidc-provider'
import type { ConfigInput } from '../src/config/schema.ts'
import { systemClock } from '../src/lib/clock.ts'
import { call, type Called, readAnswer } from './call.ts'
import type { Grant } from '../src/store/provider-stores.ts'
import { type Kit, type KitOptions, startKit } from './kit.ts'

export const CLIENT = 'cloakroom'
export const CLIENT_SECRET = 'correct-horse-battery-staple-of-the-client'

/** Somebody whom the provider knows, with the claims of her ID token. */
export interface Someone {
  readonly sub: string
  readonly [claim: string]: unknown
}

export interface OwnProviderOptions {
  readonly configuration?: Configuration
  /** Changes to the client's registration. */
  readonly client?: Readonly<Record<string, unknown>>
}

/** A real OpenID Provider (`oidc-provider`) on loopback, at which whoever comes is signed in as `user` at once. */
export interface OwnProvider {
  readonly issuer: string
  user: Someone | null
  /** Answers 503 to everything. */
  down: boolean
  /** Holds the next request to this path back. */
  readonly hold: (path: string) => { readonly arrived: Promise<void>; open(): void }
  /** The refresh tokens that it gave. */
  readonly refreshTokens: () => readonly { destroy(): Promise<void> }[]
  /** Lets this many milliseconds go by, for what must not happen. */
  readonly nothing: (ms: number) => Promise<void>
  /** What came: method, path, form. */
  readonly seen: readonly {
    readonly method: string
    readonly path: string
    readonly form: URLSearchParams
    readonly fields: IncomingMessage['headers']
  }[]
  /** Of the seen, those of this path. */
  readonly asked: (path: string) => OwnProvider['seen']
  readonly provider: () => Provider
  /** Once it is known where the gateway is. */
  readonly open: (redirects: readonly string[], back?: string) => void
  readonly close: () => Promise<void>
}

export async function startOwnProvider(options: OwnProviderOptions = {}): Promise<OwnProvider> {
  let handler: ((request: IncomingMessage, response: ServerResponse) => void) | null = null
  let provider: Provider | null = null
  const seen: OwnProvider['seen'][number][] = []
  const refreshTokens: { destroy(): Promise<void> }[] = []
  let held: { readonly path: string; readonly arrive: () => void; readonly opened: Promise<void> } | null = null
  const server: Server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://op').pathname
    const note = { method: request.method ?? '', path, form: new URLSearchParams(), fields: request.headers }
    seen.push(note)
    if (own.down) {
      response.writeHead(503).end()
      return
    }
    // Looked at on its way in: a listener would make it flow before the provider reads it.
    const chunks: Buffer[] = []
    const push = request.push.bind(request)
    request.push = (chunk: Buffer | null, encoding?: BufferEncoding) => {
      if (chunk !== null) chunks.push(chunk)
      else for (const [name, value] of new URLSearchParams(Buffer.concat(chunks).toString())) note.form.append(name, value)
      return push(chunk, encoding)
    }
    const begin = (): void => void (path.startsWith('/interaction/') ? interact(request, response) : handler?.(request, response))
    const waiting = held?.path === path ? held : null
    if (waiting === null) return begin()
    held = null
    waiting.arrive()
    void waiting.opened.then(begin)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (provider === null) throw new Error('the provider is not open')
    const { prompt, params, grantId, session } = await provider.interactionDetails(request, response)
    if (own.user === null) {
      await provider.interactionFinished(request, response, { error: 'access_denied', error_description: '<script>alert(1)</script>' })
      return
    }
    if (prompt.name === 'login') {
      await provider.interactionFinished(
        request,
        response,
        { login: { accountId: own.user.sub, amr: ['pwd'] } },
        { mergeWithLastSubmission: false },
      )
      return
    }
    const found = grantId === undefined ? undefined : await provider.Grant.find(grantId)
    const grant = found ?? new provider.Grant({ accountId: session?.accountId ?? '', clientId: String(params['client_id']) })
    const { missingOIDCScope, missingOIDCClaims, missingResourceScopes } = prompt.details as {
      missingOIDCScope?: string[]
      missingOIDCClaims?: string[]
      missingResourceScopes?: Record<string, string[]>
    }
    if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(' '))
    if (missingOIDCClaims) grant.addOIDCClaims(missingOIDCClaims)
    for (const [indicator, scopes] of Object.entries(missingResourceScopes ?? {})) grant.addResourceScope(indicator, scopes.join(' '))
    await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true })
  }

  const own: OwnProvider = {
    issuer,
    user: { sub: 'subject-of-ada', preferred_username: 'ada at acme', email: 'ada@acme.example' },
    down: false,
    refreshTokens: () => refreshTokens,
    nothing: (ms) => pause(ms),
    hold(path) {
      const [arrived, opened] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      held = { path, arrive: arrived.resolve, opened: opened.promise }
      return { arrived: arrived.promise, open: opened.resolve }
    },
    seen,
    asked: (path) => seen.filter((request) => request.path === path),
    provider() {
      if (provider === null) throw new Error('the provider is not open')
      return provider
    },
    open(redirects, back) {
      const { configuration = {}, client = {} } = options
      provider = new Provider(issuer, {
        clients: [
          {
            client_id: CLIENT,
            client_secret: CLIENT_SECRET,
            redirect_uris: [...redirects],
            grant_types: ['authorization_code', 'refresh_token'],
            post_logout_redirect_uris: redirects.map((uri) => new URL('/auth/oidc/signed-out', uri).href),
            ...(back === undefined ? {} : { backchannel_logout_uri: back, backchannel_logout_session_required: true }),
            ...client,
          },
        ],
        scopes: ['openid', 'offline_access', 'profile', 'email'],
        claims: { openid: ['sub', 'groups', 'hd'], profile: ['preferred_username', 'name'], email: ['email', 'email_verified'] },
        conformIdTokenClaims: false,
        findAccount: (_ctx, id) => ({ accountId: id, claims: () => (own.user?.sub === id ? { ...own.user } : { sub: id }) }),
        interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
        cookies: { keys: ['a key for the tests'] },
        pkce: { required: () => true },
        ttl: {
          AccessToken: 60,
          AuthorizationCode: 60,
          IdToken: 3600,
          RefreshToken: 86_400,
          Grant: 86_400,
          Session: 86_400,
          Interaction: 600,
        },
        rotateRefreshToken: true,
        issueRefreshToken: () => true,
        ...configuration,
        features: {
          devInteractions: { enabled: false },
          pushedAuthorizationRequests: { enabled: false },
          revocation: { enabled: true },
          backchannelLogout: { enabled: true },
          ...configuration.features,
        },
      })
      provider.on('refresh_token.saved', (token) => refreshTokens.push(token))
      handler = provider.callback()
    },
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
  return own
}

/** A gateway whose visitors sign in at a real provider, `acme`. */
export interface OidcKit extends Kit {
  readonly op: OwnProvider
  readonly browse: () => Browser
  /** As they lie in the store. */
  readonly grantRows: () => Promise<readonly Grant[]>
}

export interface OidcKitOptions extends Omit<KitOptions, 'config' | 'startAt'>, OwnProviderOptions {
  readonly acme?: Partial<NonNullable<ConfigInput['oidc']>[string]>
  readonly config?: KitOptions['config']
  /** What the vault holds for the client; its secret when left out. */
  readonly credential?: string
}

export async function startOidcKit(options: OidcKitOptions = {}): Promise<OidcKit> {
  const op = await startOwnProvider(options)
  const acme = { issuer: op.issuer, label: 'Acme', clientId: CLIENT, credential: 'acme-client', admit: 'anybody' as const, ...options.acme }
  const kit = await startKit({
    ...options,
    startAt: systemClock(),
    config: { ...options.config, oidc: { acme, ...options.config?.oidc } },
    secrets: [{ name: 'acme-client', value: options.credential ?? CLIENT_SECRET, origins: [op.issuer] }, ...(options.secrets ?? [])],
  })
  op.open([`${kit.origin}/auth/oidc/callback/acme`], `${kit.origin}/auth/oidc/backchannel-logout`)
  return {
    ...kit,
    op,
    browse: () => new Browser(kit),
    async grantRows() {
      const db = new DatabaseSync(join(kit.folder, 'data', 'hot.sqlite'), { readOnly: true })
      const ids = db.prepare('SELECT id FROM provider_grant ORDER BY id').all()
      db.close()
      const rows = await Promise.all(ids.map(async ({ id }) => await kit.stores.grants.find(String(id))))
      return rows.filter((row) => row !== null)
    },
    async close() {
      await kit.close()
      await op.close()
    },
  }
}

export interface Page {
  readonly url: URL
  readonly status: number
  readonly text: string
  readonly fields: Called
}

/** As much of a browser as a sign-in needs: cookies per origin with SameSite, redirects, refreshes, and the fields that tell where a request comes from. */
export class Browser {
  readonly #cookies = new Map<string, Map<string, { value: string; strict: boolean }>>()
  readonly kit: Pick<Kit, 'origin'>
  /** Every address that was in the address bar or in a redirect. */
  readonly visited: string[] = []
  /** A path that it does not go to: it stops there. */
  stopBefore: string | null = null
  onAnswer: (page: Page) => void = () => undefined

  constructor(kit: Pick<Kit, 'origin'>) {
    this.kit = kit
  }

  /** Presses the button of the sign-in page; goes wherever that leads. */
  async signIn(more: Readonly<Record<string, string>> = {}): Promise<Page> {
    return await this.submit('/auth/oidc/start', { provider: 'acme', next: '/', ...more })
  }

  async submit(path: string, form: Readonly<Record<string, string>>): Promise<Page> {
    const body = new URLSearchParams(form).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return await this.go(new URL(path, this.kit.origin).href, this.kit.origin, { method: 'POST', body, headers })
  }

  /** As a script of the website does. */
  async fetch(
    path: string,
    init: { readonly method?: string; readonly body?: string; readonly headers?: Record<string, string> } = {},
  ): Promise<Page> {
    const own = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }
    return await this.#send(new URL(path, this.kit.origin), this.kit.origin, { ...init, headers: { ...own, ...init.headers } })
  }

  /** A navigation that `from` began, with all that follows it. */
  async go(
    address: string,
    from: string | null,
    init: { method?: string; body?: string; headers?: Record<string, string> } = {},
  ): Promise<Page> {
    let [url, initiator, sent] = [new URL(address), from, init]
    for (let hop = 0; hop < 20; hop++) {
      this.visited.push(url.href)
      if (this.stopBefore !== null && url.pathname.startsWith(this.stopBefore)) return NOWHERE(url)
      const page = await this.#send(url, initiator, { ...sent, headers: { ...navigation(url, initiator), ...sent.headers } })
      const location = page.fields.header('location')
      const refresh = /<meta http-equiv="refresh" content="0;url=([^"]*)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&')
      if (location !== null && page.status >= 300 && page.status < 400) url = new URL(location, url)
      else if (refresh !== undefined) [url, initiator] = [new URL(refresh, url), url.origin]
      else return page
      // Only a refresh begins a new navigation: a redirect is still that of the site which began it.
      sent = {}
    }
    throw new Error(`too many hops: ${this.visited.slice(-20).join('\n')}`)
  }

  cookie(name: string, origin = this.kit.origin): string | null {
    return this.#cookies.get(origin)?.get(name)?.value ?? null
  }

  /** For a call that this browser does not make itself. */
  cookieLine(origin = this.kit.origin): string {
    return [...(this.#cookies.get(origin) ?? [])].map(([name, { value }]) => `${name}=${value}`).join('; ')
  }

  cookieNames(origin = this.kit.origin): readonly string[] {
    return [...(this.#cookies.get(origin)?.keys() ?? [])]
  }

  setCookie(name: string, value: string, strict: 'strict' | null = null): void {
    this.#jar(this.kit.origin).set(name, { value, strict: strict !== null })
  }

  #jar(origin: string): Map<string, { value: string; strict: boolean }> {
    const jar = this.#cookies.get(origin) ?? new Map<string, { value: string; strict: boolean }>()
    this.#cookies.set(origin, jar)
    return jar
  }

  async #send(
    url: URL,
    initiator: string | null,
    init: { method?: string; body?: string; headers?: Record<string, string> },
  ): Promise<Page> {
    const sameSite = initiator === null || initiator === url.origin
    const cookies = [...this.#jar(url.origin)]
      .filter(([, { strict }]) => sameSite || !strict)
      .map(([name, { value }]) => `${name}=${value}`)
    const { method = 'GET', body } = init
    const answer = await call(Number(url.port), method, url.pathname + url.search, {
      host: url.host,
      from: 'none',
      headers: Object.entries(init.headers ?? {}),
      ...(cookies.length === 0 ? {} : { cookie: cookies.join('; ') }),
      ...(body === undefined ? {} : { body }),
    })
    for (const line of answer.all('set-cookie')) {
      const [pair = '', ...attributes] = line.split(/; */)
      const at = pair.indexOf('=')
      const gone = attributes.some((attribute) => /^max-age=0$/i.test(attribute) || /^expires=.*1970/i.test(attribute))
      const strict = attributes.some((attribute) => /^samesite=strict$/i.test(attribute))
      if (gone) this.#jar(url.origin).delete(pair.slice(0, at))
      else this.#jar(url.origin).set(pair.slice(0, at), { value: pair.slice(at + 1), strict })
    }
    const page = { url, status: answer.status, text: answer.text, fields: answer }
    this.onAnswer(page)
    return page
  }
}

const NOWHERE = (url: URL): Page => ({ url, status: 0, text: '', fields: readAnswer(Buffer.from('HTTP/1.1 0\r\n\r\n')) })

function navigation(url: URL, initiator: string | null): Record<string, string> {
  const site = initiator === null ? 'none' : initiator === url.origin ? 'same-origin' : 'cross-site'
  return { 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', accept: 'text/html' }
}
