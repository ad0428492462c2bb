import { createHash, createSecretKey } from 'node:crypto'
import { Readable } from 'node:stream'
import type { AuditEvent } from '@cloakroom/contract'
import { builtIn } from '../src/account/mail/built-in.ts'
import type { SendLetter } from '../src/account/mail/letters.ts'
import { ownEvents } from '../src/account/own-data.ts'
import { createIdentities } from '../src/account/identities.ts'
import { createDevices } from '../src/account/devices.ts'
import { ownKeys } from '../src/account/own-keys.ts'
import { createSignIn } from '../src/account/sign-in.ts'
import { createPasswords, deriveArgon2id, type Derive } from '../src/account/password.ts'
import type { Cost } from '../src/account/phc.ts'
import type { Answer, RequestBody } from '../src/answer.ts'
import { COMMAND, sessionLabels } from '../src/audit/event.ts'
import { demandsSecondFactor } from '../src/decide/freshness.ts'
import type { Policy } from '../src/decide/policy.ts'
import { createEndpoints } from '../src/http/endpoints.ts'
import type { EndpointParts } from '../src/http/endpoint.ts'
import type { EndpointsPart } from '../src/parts.ts'
import { readTheme, type ThemeWishes } from '../src/http/pages/theme.ts'
import { systemLater } from '../src/lib/later.ts'
import { systemRandom } from '../src/lib/random.ts'
import { createActionTokens } from '../src/session/action-tokens.ts'
import { createGrants } from '../src/session/grants.ts'
import { createSealer } from '../src/session/sealed.ts'
import { createSessions } from '../src/session/sessions.ts'
import { createSignOuts } from '../src/account/oidc/sign-outs.ts'
import { createTransactions } from '../src/session/transactions.ts'
import { createVisits } from '../src/session/visit.ts'
import { createChallenges } from '../src/challenge/challenges.ts'
import { memoryStores } from '../src/store/memory.ts'
import type { Stores } from '../src/store/store.ts'
import { makeHead, makePolicy } from './fixtures.ts'

export const PASSWORD = 'correct horse battery staple'
export const NAME = 'ada'
/** Cheap on purpose: what is tested here is not how long argon2id takes. */
export const TEST_COST: Cost = { memory: 64, passes: 1, lanes: 1 }

export interface Kit {
  readonly stores: Stores
  readonly parts: EndpointParts
  readonly events: readonly AuditEvent[]
  readonly failures: readonly unknown[]
  /** How often argon2id ran. */
  readonly derived: () => number
  readonly now: () => number
  readonly pass: (ms: number) => void
  /** As a script of the own page sends it, or a form of it. */
  readonly send: (request: Sent) => Promise<Said>
  /** Without the fields that a browser adds. */
  readonly sendBare: (request: Sent) => Promise<Said>
  readonly addAccount: (name?: string, password?: string) => Promise<void>
  readonly policy: Policy
  readonly endpoints: EndpointsPart
}

export interface Sent {
  readonly method?: string
  readonly path: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
  readonly form?: Readonly<Record<string, string>>
  readonly body?: string
  /** Sent in chunks: nobody knows beforehand how long it is. */
  readonly isChunked?: boolean
  readonly client?: string
  readonly cookies?: Jar
}

export interface Said {
  readonly status: number
  readonly text: string
  readonly json: () => Record<string, unknown>
  readonly header: (name: string) => string | null
  readonly setCookies: readonly string[]
  readonly answer: Answer
}

/** What a browser would keep. */
export class Jar {
  readonly #kept = new Map<string, string>()

  take(lines: readonly string[]): void {
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split('; ')
      const at = pair.indexOf('=')
      if (attributes.includes('Max-Age=0')) this.#kept.delete(pair.slice(0, at))
      else this.#kept.set(pair.slice(0, at), pair.slice(at + 1))
    }
  }

  value(name: string): string | null {
    return this.#kept.get(name) ?? null
  }

  set(name: string, value: string): void {
    this.#kept.set(name, value)
  }

  get line(): string {
    return [...this.#kept].map(([name, value]) => `${name}=${value}`).join('; ')
  }
}

/** The gateway's own endpoints on the memory stores, at https://shop.example, with a clock that stands until it is told to go. */
export function makeKit(
  change: {
    readonly policy?: Partial<Policy>
    readonly theme?: Partial<ThemeWishes>
    readonly stores?: Partial<Stores>
    readonly cost?: Cost
    /** Takes letters to people. */
    readonly mail?: SendLetter
  } = {},
): Kit {
  const stores: Stores = { ...memoryStores(), ...change.stores }
  const policy = makePolicy(change.policy)
  let at = 1_700_000_000_000
  let derivations = 0
  const derive: Derive = (...input) => {
    derivations += 1
    return deriveArgon2id(...input)
  }
  const events: AuditEvent[] = []
  const failures: unknown[] = []
  const audit = {
    note: (event: AuditEvent) => void events.push(event),
    commit: async (event: AuditEvent) => void events.push(event),
  }
  const passwords = createPasswords({ pepper: key('pepper'), random: systemRandom, derive, cost: change.cost ?? TEST_COST })
  const label = sessionLabels(key('labels'))
  const sessions = createSessions({ store: stores.sessions, audit, random: systemRandom, label, limits: () => policy.sessions })
  const shared = { store: stores.accounts, counters: stores.counters, passwords, audit, random: systemRandom }
  const signIn = createSignIn({
    ...shared,
    sessions,
    ownWords: () => [policy.publicHost],
    factorStore: stores.factors,
    nonces: stores.nonces,
    keys: ownKeys(key, systemRandom),
    site: () => ({ origin: policy.publicOrigin, name: 'Shop' }),
    demandsSecondFactor: (roles) => demandsSecondFactor(policy.secondFactor, roles),
    people:
      change.mail === undefined
        ? null
        : {
            send: change.mail,
            templates: builtIn,
            later: (run) => systemLater(run, 0),
            resets: stores.resets,
            site: () => ({ name: 'Shop', origin: policy.publicOrigin, basePath: policy.basePath }),
            onFailure: (cause) => void failures.push(cause),
          },
  })
  const { accounts } = signIn
  const reading = readTheme({ name: 'Shop', colour: null, logo: null, ...change.theme })
  if (reading.kind === 'problems') throw new Error(reading.problems.map(({ why }) => why).join(' '))
  const parts: EndpointParts = {
    ...signIn,
    random: systemRandom,
    devices: createDevices(createSealer({ key: key('devices'), random: systemRandom, purpose: 'device' }), systemRandom),
    sessions,
    providers: {
      byName: new Map(),
      transactions: createTransactions(key('sign-ins'), systemRandom),
      identities: createIdentities({ accounts: stores.accounts, store: stores.identities, audit, random: systemRandom }),
      grants: createGrants({ store: stores.grants, key: key('grants'), random: systemRandom }),
      signOuts: createSignOuts(stores.denials),
      nonces: stores.nonces,
      later: systemLater,
    },
    challenges: createChallenges({ key: key('challenges'), nonces: stores.nonces, random: systemRandom }),
    visits: createVisits({ key: key('visits'), random: systemRandom, lifetimeMs: () => policy.visits.lifetimeMs }),
    actionTokens: createActionTokens({
      key: key('actions'),
      random: systemRandom,
      nonces: stores.nonces,
      tickMs: () => policy.actionTickMs,
    }),
    counters: stores.counters,
    keys: { published: () => Promise.resolve({ keys: [] }) },
    audit,
    ownEvents: (account) => ownEvents(stores.audit, account),
    observer: { access: () => undefined, failure: (_head, cause) => void failures.push(cause) },
    theme: reading.theme,
    label,
  }
  const endpoints = createEndpoints(parts)
  async function sendBare(sent: Sent): Promise<Said> {
    const { method = 'GET', path, query = '', client = '198.51.100.7' } = sent
    const { headers, body } = messageOf(sent)
    const said = hear(await endpoints.answer(makeHead({ method, path, query, client, at, headers }), body, policy))
    sent.cookies?.take(said.setCookies)
    return said
  }
  return {
    stores,
    parts,
    events,
    failures,
    policy,
    endpoints,
    derived: () => derivations,
    now: () => at,
    pass(ms) {
      at += ms
    },
    async addAccount(name = NAME, password = PASSWORD) {
      const outcome = await accounts.add({ name, password, roles: ['staff'] }, { at, actor: COMMAND })
      if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome))
    },
    send: (sent) =>
      sendBare({
        ...sent,
        headers: { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': sent.form === undefined ? 'cors' : 'navigate', ...sent.headers },
      }),
    sendBare,
  }
}

function messageOf({ headers = {}, json, form, body, cookies, isChunked = false }: Sent): {
  headers: Record<string, string>
  body: RequestBody | null
} {
  const text = json !== undefined ? JSON.stringify(json) : form !== undefined ? new URLSearchParams(form).toString() : body
  const type = json !== undefined ? 'application/json' : form !== undefined ? 'application/x-www-form-urlencoded' : null
  return {
    headers: {
      ...(type === null ? {} : { 'content-type': type }),
      ...(cookies === undefined || cookies.line === '' ? {} : { cookie: cookies.line }),
      ...headers,
    },
    body: text === undefined ? null : { stream: Readable.from([Buffer.from(text)]), length: isChunked ? null : Buffer.byteLength(text) },
  }
}

function hear(answer: Answer): Said {
  const body = answer.body
  if (body !== null && !(body instanceof Uint8Array)) throw new Error('the own endpoints stream nothing')
  const text = body === null ? '' : Buffer.from(body).toString()
  return {
    status: answer.status,
    text,
    json: () => JSON.parse(text) as Record<string, unknown>,
    header: (name) => answer.headers.find(([own]) => own === name)?.[1] ?? null,
    setCookies: answer.headers.filter(([name]) => name === 'set-cookie').map(([, value]) => value),
    answer,
  }
}

function key(purpose: string): ReturnType<typeof createSecretKey> {
  return createSecretKey(createHash('sha256').update(purpose).digest())
}
