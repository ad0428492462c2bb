import type { GuardEvent } from '../decide/guard.ts'
import { canonicalTarget, type Instant, type RequestHead } from '../decide/head.ts'
import { type HeaderField, headersOf } from '../decide/headers.ts'
import { formatAddress, parseAddress } from '../decide/ip.ts'
import type { Policy } from '../decide/policy.ts'
import type { Visitor } from '../decide/session.ts'
import type { TestEntry } from './schema.ts'

/** One request, or event, of a test. */
export interface Step {
  readonly head: RequestHead
  readonly visitor: Visitor
  readonly event: GuardEvent | null
  /** What the API answers; null: whatever the gateway would say, else 200. */
  readonly status: number | null
  readonly expect: NonNullable<TestEntry['expect']> | null
}

export interface StepProblem {
  readonly problem: string
}

type Written = Readonly<Record<string, unknown>>
type Whom = NonNullable<TestEntry['as']>

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'WS'])
const KEYS: ReadonlySet<string> = new Set(['headers', 'status', 'event', 'account', 'reason'])

/** A test as a row of requests, each at its moment. `{n}` in a text counts the repetitions, from 1. */
export function stepsOf(test: TestEntry, policy: Policy, start: Instant): readonly Step[] | StepProblem {
  const steps: Step[] = []
  let at = start
  const whom = test.as ?? {}
  const add = (written: Written, who: Whom, expect: Step['expect'], n: number): string | null => {
    const step = stepOf(fill(written, n) as Written, fill(who, n) as Whom, policy, { at, id: `rehearsal-${steps.length}` }, expect)
    if (typeof step === 'string') return step
    steps.push(step)
    return null
  }
  let problem: string | null = null
  if (test.repeat !== undefined) {
    const { n: times, every = 0, request, expect = null } = test.repeat
    for (let n = 1; n <= times && problem === null; n += 1) {
      problem = add(request, whom, expect, n)
      at += every
    }
  }
  if (test.request !== undefined && problem === null) problem = add(test.request, whom, test.expect ?? null, 1)
  if (test.then !== undefined && problem === null) {
    at += test.then.after ?? 0
    problem = add(test.then.request, { ...whom, ...test.then.as }, test.then.expect, (test.repeat?.n ?? 0) + 1)
  }
  if (problem !== null) return { problem }
  return steps.some(({ expect }) => expect !== null) ? steps : { problem: 'it expects nothing: add `expect`' }
}

function stepOf(
  written: Written,
  whom: Whom,
  policy: Policy,
  moment: { readonly at: Instant; readonly id: string },
  expect: Step['expect'],
): Step | string {
  const { at, id } = moment
  const address = parseAddress(whom.ip ?? '198.51.100.7')
  if (address === null) return `${whom.ip ?? ''} is no address`
  const client = formatAddress(address)
  const strange = Object.keys(written).find((key) => !METHODS.has(key) && !KEYS.has(key))
  if (strange !== undefined)
    return `\`${strange}\` is no part of a request; write { GET: /path }, and headers, status, or { event: login.failed, account: NAME }`
  const method = Object.keys(written).find((key) => METHODS.has(key))
  const isEvent = typeof written['event'] === 'string'
  if ((method === undefined) === !isEvent) return 'a request is written { GET: /path }, an event { event: login.failed, account: NAME }'
  const target = canonicalTarget(method === undefined ? '/' : String(written[method]))
  if (target.kind === 'refused') return `${String(written[method ?? ''])} is no path: ${target.why}`
  const head: RequestHead = {
    id,
    at,
    client,
    scheme: policy.publicOrigin.startsWith('https:') ? 'https' : 'http',
    host: policy.publicHost,
    method: method ?? 'GET',
    path: target.path,
    query: target.query,
    headers: headersOf([...fieldsOf(written['headers']), ['sec-fetch-site', 'same-origin']]),
  }
  const event: GuardEvent | null = isEvent
    ? {
        type: String(written['event']),
        at,
        request: id,
        address: client,
        account: textOf(written['account']),
        reason: textOf(written['reason']),
      }
    : null
  return {
    head,
    visitor: visitorOf(whom, at, client),
    event,
    status: typeof written['status'] === 'number' ? written['status'] : null,
    expect,
  }
}

function visitorOf(
  { session, account, authenticated, roles = [], age = 600_000, mfa_age: mfaAge }: Whom,
  at: Instant,
  address: string,
): Visitor {
  if (!(authenticated ?? (session !== undefined || account !== undefined))) return { kind: 'stranger', stale: null, expired: null }
  const name = account ?? 'somebody'
  const began = at - age
  return {
    kind: 'known',
    session: {
      id: session ?? `session of ${name}`,
      account: name,
      name,
      generation: 0,
      factors: [{ kind: 'password', at: began }, ...(mfaAge === undefined ? [] : [{ kind: 'totp' as const, at: at - mfaAge }])],
      createdAt: began,
      authenticatedAt: began,
      seenAt: at,
      address,
      agent: '',
      traits: '',
      revoked: null,
    },
    roles,
    touch: false,
  }
}

function fieldsOf(value: unknown): readonly HeaderField[] {
  return typeof value === 'object' && value !== null ? Object.entries(value).map(([name, text]) => [name, String(text)] as const) : []
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** Every `{n}` in every text. */
function fill(value: unknown, n: number): unknown {
  if (typeof value === 'string') return value.replaceAll('{n}', String(n))
  if (Array.isArray(value)) return value.map((each) => fill(each, n))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.replaceAll('{n}', String(n)), fill(inner, n)]))
}
