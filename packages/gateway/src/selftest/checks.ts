import { OWN_PAGE, send, type Received, type Sent } from './send.ts'
import type { Arrived, Subject, SubjectApi } from './subject.ts'

/** One defence. */
export interface Check {
  /** Rows of docs/asvs-map.json. */
  readonly rows: readonly string[]
  readonly what: string
  /** What went wrong; null: it holds. `untried`: this configuration gives nothing to try it on. */
  readonly run: (subject: Subject) => Promise<string | null | typeof UNTRIED>
}

export const UNTRIED = Symbol('untried')

type Fields = NonNullable<Sent['headers']>

/** In this order: the last ones break something. */
export const CHECKS: readonly Check[] = [
  {
    rows: ['SES-05'],
    what: 'who is not signed in, or shows a cookie that nobody was given, reaches no API',
    run: (subject) =>
      onEach(subject, closed, async (api) => {
        const forged = `__Host-Http-session=${'A'.repeat(43)}`
        for (const headers of [[], [['cookie', forged]]] satisfies Fields[]) {
          const reached = await reaches(subject, { target: api.target, headers: [...OWN_PAGE, ...headers] })
          if (reached) return `${api.name} was called without a session`
        }
        return null
      }),
  },
  {
    rows: ['VLT-06', 'VLT-07'],
    what: 'who is signed in reaches the API with its secret, and gets nothing of it back, even from an API that echoes it',
    run: async (subject) => {
      const cookie = await cookieOf(subject)
      return await onEach(subject, open, async (api) => {
        const before = subject.arrived.length
        const { status, text } = await call(subject, api, [['cookie', cookie]])
        const got = subject.arrived.slice(before)
        if (got.length === 0) return `${api.name} was not reached: ${status}`
        if (api.secret === null) return null
        if (!got.some((request) => holds(request, api.secret ?? ''))) return `${api.name} was called without its secret`
        return spellings(api.secret).some((spelling) => text.includes(spelling)) ? `${api.name}: its secret came back in the answer` : null
      })
    },
  },
  {
    rows: ['HDR-01', 'VLT-10'],
    what: 'credentials and addresses that a visitor makes up do not arrive at an API',
    run: async (subject) => {
      const cookie = await cookieOf(subject)
      const made: Fields = [
        ['authorization', 'Bearer made-up-by-a-visitor'],
        ['x-forwarded-for', '203.0.113.99'],
        ['cloakroom-context', 'made-up-by-a-visitor'],
        ['cookie', `${cookie}; stray=made-up-by-a-visitor`],
      ]
      return await onEach(subject, open, async (api) => {
        const before = subject.arrived.length
        await call(subject, api, made)
        const text = JSON.stringify(subject.arrived.slice(before))
        return /made-up-by-a-visitor|203\.0\.113\.99/.test(text) || text.includes(cookie.split('=')[1] ?? '')
          ? `${api.name} got them`
          : null
      })
    },
  },
  {
    rows: ['CSRF-01'],
    what: 'a page of another site calls nothing with the visitor’s session',
    run: async (subject) => {
      const cookie = await cookieOf(subject)
      const foreign: Fields = [
        ['origin', 'https://other-site.example'],
        ['sec-fetch-site', 'cross-site'],
        ['sec-fetch-mode', 'no-cors'],
        ['cookie', cookie],
      ]
      return await onEach(subject, open, async (api) =>
        (await reaches(subject, { target: api.target, headers: foreign })) ? `${api.name} was called` : null,
      )
    },
  },
  {
    rows: ['HTTP-01', 'HTTP-03', 'HTTP-17'],
    what: 'what no line of `allow` names reaches no API, however the path is written',
    run: async (subject) => {
      const headers: Fields = [...OWN_PAGE, ['cookie', await cookieOf(subject)]]
      return await onEach(subject, anyApi, async (api) => {
        const tries: readonly (readonly [string, string])[] = [
          ['TRACE', api.target],
          ['CLOAKROOM-SELF-TEST', api.target],
          ...['/../x', '/..%2fx', '/%2e%2e/x', '/.%2e/x', '//x', '/%00', '\\..\\x', '/x;/../y'].map(
            (tail) => ['GET', `${api.target}${tail}`] as const,
          ),
        ]
        for (const [method, target] of tries)
          if (await reaches(subject, { method, target, headers })) return `${api.name}: ${method} ${target} arrived`
        return null
      })
    },
  },
  {
    rows: ['HTTP-04'],
    what: 'a request that two servers could read in two ways is refused, and the one that hides in it is never seen',
    run: async (subject) => {
      const headers: Fields = [...OWN_PAGE, ['cookie', await cookieOf(subject)]]
      return await onEach(subject, anyApi, async ({ name, target }) => {
        const hidden = `GET ${target} HTTP/1.1\r\nhost: ${subject.host}\r\nsec-fetch-site: same-origin\r\n\r\n`
        const forms: readonly Fields[] = [
          [
            ['content-length', '4'],
            ['transfer-encoding', 'chunked'],
          ],
          [['transfer-encoding', 'chunked, identity']],
          [['content-length', '+5']],
        ]
        for (const form of forms)
          if (await reaches(subject, { target, headers: [...headers, ...form], body: `0\r\n\r\n${hidden}` }))
            return `${name}: ${form.map((field) => field.join(': ')).join(', ')} arrived`
        return null
      })
    },
  },
  {
    rows: ['HTTP-08'],
    what: 'under another name than its own the gateway answers nothing',
    run: async (subject) => {
      const cookie = await cookieOf(subject)
      return await onEach(subject, open, async ({ name, target }) =>
        (await reaches(subject, { target, host: 'other-site.example', headers: [...OWN_PAGE, ['cookie', cookie]] }))
          ? `${name} was called`
          : null,
      )
    },
  },
  {
    rows: ['COO-01', 'COO-02'],
    what: 'the session cookie is out of reach of scripts, of plain HTTP and of other hosts',
    run: async (subject) => {
      const { setCookie } = await subject.signIn()
      const wanted = [/^__Host-/, /; Secure(?:;|$)/, /; HttpOnly(?:;|$)/, /; SameSite=(?:Strict|Lax)(?:;|$)/, /; Path=\/(?:;|$)/]
      const missing = wanted.filter((pattern) => !pattern.test(setCookie)).map(({ source }) => source)
      if (/; Domain=/i.test(setCookie)) missing.push('no Domain')
      return missing.length === 0 ? null : `it lacks ${missing.join(', ')}`
    },
  },
  {
    rows: ['REV-01'],
    what: 'a session that is ended opens nothing from the next request on',
    run: (subject) =>
      onEach(
        subject,
        ({ admits }) => admits === 'session',
        async (api) => {
          const { setCookie, end } = await subject.signIn()
          const cookie = pairOf(setCookie)
          const before = subject.arrived.length
          await call(subject, api, [['cookie', cookie]])
          if (subject.arrived.length === before) return `${api.name} was not reached before`
          await end()
          return (await reaches(subject, { target: api.target, headers: [...OWN_PAGE, ['cookie', cookie]] }))
            ? `${api.name} was called`
            : null
        },
      ),
  },
  {
    rows: ['ADM-01'],
    what: 'nothing of the Admin API is on the public port, and on its own it opens to nobody who has not signed in there',
    run: async (subject) => {
      for (const target of ['/admin/sessions', '/admin/openapi.json', '/metrics', '/healthz']) {
        const { status, text } = await send(subject.port, { target, host: subject.host, headers: [['accept', 'application/json']] })
        if (status === 200 && /^content-type: (?:application\/json|text\/plain)/im.test(text)) return `${target} answers on the public port`
      }
      const own = `127.0.0.1:${subject.adminPort}`
      const headers: Fields = [['cookie', await cookieOf(subject)]]
      for (const sent of [
        { target: '/admin/sessions', host: own, headers },
        { target: '/admin/secrets', host: own, headers },
        { target: '/admin/panic', method: 'POST', host: own, headers: [...headers, ['x-csrf', '1'], ['content-length', '0']] },
        { target: '/metrics', host: 'other-site.example' },
      ] satisfies Sent[]) {
        const { status } = await send(subject.adminPort, sent)
        if (status < 400) return `${sent.target} answered ${status}`
      }
      return null
    },
  },
  {
    rows: ['VLT-01', 'LOG-03'],
    what: 'no file holds a secret of an API, or a cookie that is worth something',
    run: async (subject) => {
      const cookie = await cookieOf(subject)
      const secrets = subject.apis.flatMap(({ secret }) => (secret === null ? [] : spellings(secret)))
      for (const api of subject.apis) await call(subject, api, [['cookie', cookie]])
      for (const [name, content] of subject.files())
        for (const value of [...secrets, cookie.slice(cookie.indexOf('=') + 1)]) if (content.includes(value)) return `${name} holds one`
      return null
    },
  },
  {
    rows: ['LOG-05'],
    what: 'an entry of the audit trail that somebody altered is found',
    run: async (subject) => {
      const before = await subject.badEntry(false)
      if (before !== null) return `entry ${before} does not fit, and nobody has touched it`
      return (await subject.badEntry(true)) === null ? 'the trail counts as whole with an altered entry in it' : null
    },
  },
  {
    rows: ['RATE-11'],
    what: 'while nobody can say who is signed in, nobody gets through',
    run: async (subject) => {
      const cookie = await cookieOf(subject)
      subject.breakStore()
      return await onEach(subject, closed, async (api) =>
        (await reaches(subject, { target: api.target, headers: [...OWN_PAGE, ['cookie', cookie]] })) ? `${api.name} was called` : null,
      )
    },
  },
]

const closed = ({ admits }: SubjectApi): boolean => admits !== 'everyone'
const open = ({ admits }: SubjectApi): boolean => admits !== 'other'
const anyApi = (): boolean => true

async function onEach(
  { apis }: Subject,
  fits: (api: SubjectApi) => boolean,
  run: (api: SubjectApi) => Promise<string | null>,
): Promise<string | null | typeof UNTRIED> {
  const fitting = apis.filter(fits)
  for (const api of fitting) {
    const wrong = await run(api)
    if (wrong !== null) return wrong
  }
  return fitting.length === 0 ? UNTRIED : null
}

/** Did anything arrive at an API because of it? */
async function reaches(subject: Subject, sent: Omit<Sent, 'host'> & { readonly host?: string }): Promise<boolean> {
  const before = subject.arrived.length
  await send(subject.port, { host: subject.host, ...sent })
  return subject.arrived.length > before
}

function call(subject: Subject, { target }: SubjectApi, headers: Fields): Promise<Received> {
  return send(subject.port, { target, host: subject.host, headers: [...OWN_PAGE, ...headers] })
}

async function cookieOf(subject: Subject): Promise<string> {
  return pairOf((await subject.signIn()).setCookie)
}

function pairOf(setCookie: string): string {
  return setCookie.split(';', 1)[0] ?? ''
}

function holds({ url, fields }: Arrived, secret: string): boolean {
  const basics = fields.map(([, value]) => Buffer.from(value.replace(/^Basic /, ''), 'base64').toString('latin1'))
  return [decodeURIComponent(url), ...fields.map(([, value]) => value), ...basics].some((text) => text.includes(secret))
}

/** As it is, in base64 behind a user's name of whatever length, and escaped. */
function spellings(secret: string): readonly string[] {
  const bases = [0, 1, 2].map((pad) =>
    Buffer.from('u'.repeat(pad) + secret)
      .toString('base64')
      .slice(4, -4),
  )
  return [secret, encodeURIComponent(secret), ...bases]
}
