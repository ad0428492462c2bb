/** Who is signed in here, as `GET /auth/session` tells it. Times are ISO 8601. */
export type Session =
  | { readonly active: false }
  | {
      readonly active: true
      readonly account: string
      readonly roles: readonly string[]
      /** The session ends then at the latest. */
      readonly expiresAt: string
      /** The session ends then unless it is used before. */
      readonly idleExpiresAt: string
    }

export interface Change {
  readonly session: Session
  /** `ending`: it ends within `warnMs` unless somebody does something; `stay()` is that, and then comes `changed`. */
  readonly why: 'changed' | 'ending'
}

/** What an API's refusal says that wants a fresh proof of who this is. */
export interface StepUp {
  /** A page for it, and where a script posts the proof: `{ password }` or `{ code }`. */
  readonly stepUp: string
  /** Seconds. */
  readonly maxAge: number
}

/** What the gateway wants solved before a call passes: the counter for which the derived key begins with `keyPrefix`. */
interface Challenge {
  readonly parameters: {
    readonly nonce: string
    readonly salt: string
    readonly cost: number
    readonly keyLength: number
    readonly keyPrefix: string
  }
  readonly signature: string
  readonly clearAt: string
}

export interface ClientOptions {
  /** Of the gateway's own endpoints; `/auth` when left out. */
  readonly basePath?: string
  /** How long before the end of an idle session it is said; two minutes when left out. */
  readonly warnMs?: number
  /** Asks for the proof without leaving the page; true when it was given. Left out, the browser goes to the gateway's page and comes back here. */
  readonly onStepUp?: (wanted: StepUp) => Promise<boolean>
}

export interface Client {
  /** Asks the gateway; does not keep the session alive. Rejects when it does not answer. */
  session(): Promise<Session>
  /** Goes to the sign-in page, and comes back to `next` or here. */
  login(next?: string): void
  /** Signs out here, in all tabs of this browser, and where the session came from. */
  logout(next?: string): Promise<void>
  /** Told of every change, whichever tab made it. Returns how to stop that. */
  onChange(listener: (change: Change) => void): () => void
  /** Somebody is there: the session goes on. */
  stay(): Promise<Session>
  /**
   * `fetch`, that once solves a challenge and once asks for a fresh proof where the gateway wants one, then repeats the call; and that
   * notices when the session is over.
   */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>
  close(): void
}

/** Looks at a session that nobody touches at least so often: longer times overflow a browser's timer. */
const LONGEST_MS = 600_000

export function createClient({ basePath = '/auth', warnMs = 120_000, onStepUp }: ClientOptions = {}): Client {
  const listeners = new Set<(change: Change) => void>()
  const tabs = new BroadcastChannel(`cloakroom ${basePath}`)
  let known: Session | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let warned = ''

  /** Only that something changed: each tab asks the gateway itself, so that no page can make another believe anything. */
  function announce(): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel is of one origin, and takes none
    tabs.postMessage(0)
  }

  function tell(why: Change['why'], session: Session): void {
    for (const listener of listeners) listener({ why, session })
  }

  function learn(session: Session, here: boolean): Session {
    const before = known
    known = session
    let goesOn = false
    clearTimeout(timer)
    if (session.active) {
      const ends = Math.min(Date.parse(session.idleExpiresAt), Date.parse(session.expiresAt))
      const left = ends - Date.now()
      // The end itself is asked for a little later, so that the gateway's clock has reached it, too.
      const wait = left > warnMs ? left - warnMs : left + 1000
      timer = setTimeout(look, Math.min(Math.max(wait, 1000), LONGEST_MS))
      if (left <= warnMs && warned !== session.idleExpiresAt) {
        warned = session.idleExpiresAt
        tell('ending', session)
      }
      // Somebody stayed: whoever was warned is told that it goes on.
      goesOn = left > warnMs && warned !== ''
      if (goesOn) warned = ''
    }
    if (!goesOn && before !== null && (before.active ? before.account : null) === (session.active ? session.account : null)) return session
    if (before !== null || session.active) tell('changed', session)
    if (here && before !== null) announce()
    return session
  }

  async function ask(passive: boolean, here = true): Promise<Session> {
    const answer = await fetch(`${basePath}/session${passive ? '?passive=1' : ''}`, { cache: 'no-store' })
    if (!answer.ok) throw new Error(`cloakroom: ${answer.status}`)
    return learn((await answer.json()) as Session, here)
  }

  function look(): void {
    // A gateway that does not answer has ended nothing: the next look tells.
    ask(true, false).catch(() => {
      timer = setTimeout(look, 10_000)
    })
  }

  const seen = (): void => {
    if (document.visibilityState === 'visible') look()
  }
  tabs.addEventListener('message', look)
  document.addEventListener('visibilitychange', seen)

  const here = (): string => location.pathname + location.search
  const leadTo = (page: string, next: string): void => location.assign(`${page}?next=${encodeURIComponent(next)}`)

  async function stepUp(answer: Response): Promise<boolean> {
    const wanted = (await answer.clone().json()) as StepUp
    if (onStepUp !== undefined) return await onStepUp(wanted)
    leadTo(wanted.stepUp, here())
    return false
  }

  let clearing = Promise.resolve(false)

  /** One at a time: each leaves a cookie, and the next one needs what is in it. */
  function clear(answer: Response, signal: AbortSignal): Promise<boolean> {
    clearing = clearing
      .catch(() => false)
      .then(async () => {
        const { challenge } = (await answer.clone().json()) as { readonly challenge: Challenge }
        const body = JSON.stringify({ solution: await solve(challenge, signal) })
        const headers = { 'content-type': 'application/json', 'x-csrf': '1' }
        return (await fetch(challenge.clearAt, { method: 'POST', headers, body, signal })).ok
      })
    return clearing
  }

  /** By code of the refusal: what lets the call pass when it is repeated. */
  const helps = new Map<string, (answer: Response, signal: AbortSignal) => Promise<boolean>>([
    ['challenge_required', clear],
    ['step_up_required', stepUp],
    // The browser has the newer cookie by now.
    ['session_replaced', async () => true],
  ])

  return {
    session: () => ask(true),
    stay: () => ask(false),
    login: (next = here()) => leadTo(`${basePath}/login`, next),
    async logout(next) {
      const query = next === undefined ? '' : `?next=${encodeURIComponent(next)}`
      const answer = await fetch(`${basePath}/logout${query}`, { method: 'POST', headers: { 'x-csrf': '1' } })
      if (!answer.ok) throw new Error(`cloakroom: ${answer.status}`)
      learn({ active: false }, false)
      announce()
      // Where the session came from a provider, the browser signs out there, too.
      if (answer.status === 200) location.assign(((await answer.json()) as { location: string }).location)
      else if (next !== undefined) location.assign(next)
    },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async fetch(input, init) {
      const request = new Request(input, init)
      const tried = new Set<string>()
      for (;;) {
        const answer = await fetch(request.clone())
        const code = answer.headers.get('cloakroom-error')
        const help = code === null || tried.has(code) ? undefined : helps.get(code)
        if (help === undefined || !(await help(answer, request.signal))) {
          if (answer.status === 401 && code !== 'step_up_required' && code !== null) look()
          return answer
        }
        // A fresh proof begins a new session, which has solved nothing yet.
        if (code === 'step_up_required') tried.clear()
        tried.add(code ?? '')
      }
    },
    close() {
      clearTimeout(timer)
      tabs.close()
      listeners.clear()
      document.removeEventListener('visibilitychange', seen)
    },
  }
}

/** Web Crypto works beside the page's own thread; several tries run at once. */
async function solve({ parameters, signature }: Challenge, signal: AbortSignal): Promise<string> {
  const { cost, keyLength, keyPrefix } = parameters
  const [nonce, salt] = [bytesOf(parameters.nonce), bytesOf(parameters.salt)]
  let next = 0
  let solution: object | null = null
  const lane = async (): Promise<void> => {
    while (solution === null) {
      signal.throwIfAborted()
      const counter = next++
      const password = new Uint8Array([...nonce, counter >>> 24, counter >>> 16, counter >>> 8, counter])
      const key = await crypto.subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits'])
      const bits = await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations: cost }, key, keyLength * 8)
      const derivedKey = Array.from(new Uint8Array(bits), (byte) => byte.toString(16).padStart(2, '0')).join('')
      if (derivedKey.startsWith(keyPrefix)) solution ??= { counter, derivedKey, time: 0 }
    }
  }
  await Promise.all(Array.from({ length: Math.min(8, navigator.hardwareConcurrency || 2) }, lane))
  const text = btoa(JSON.stringify({ challenge: { parameters, signature }, solution }))
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16))
}
