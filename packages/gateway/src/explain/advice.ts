import type { DecisionRecord } from '../decide/decision-record.ts'
import type { RuleEvidence } from '../decide/guard-judge.ts'
import { formatDuration } from '../config/units.ts'
import type { Policy } from '../decide/policy.ts'
import { findApi } from '../decide/route.ts'
import type { FailureCode } from '../errors.ts'

/** What would let this request through: the visitor's part or the owner's, in one sentence. Null where the code's page says it best. */
export function adviceOn(record: DecisionRecord, policy: Policy): string | null {
  const rule = decidingRule(record)
  if (rule !== null) return adviceOnRule(rule)
  const advise = ADVICE[record.code as FailureCode]
  return advise === undefined ? null : advise(record, policy)
}

/** The last rule that did something: the walk ends with it. */
export function decidingRule({ verdict, rules }: DecisionRecord): RuleEvidence | null {
  return verdict === 'refused' ? (rules.findLast(({ did }) => did.length > 0) ?? null) : null
}

function adviceOnRule({ rule, signals }: RuleEvidence): string {
  const over = signals.filter((reading) => reading.over)
  const [first] = over
  const exempt = `put the visitor on a list that a \`skip\` rule before ${rule} names`
  if (first === undefined) return `change what \`when\` of ${rule} asks for, set its \`mode\` to shadow, or ${exempt}`
  const wait = Math.max(...over.map(({ retryAfterMs }) => retryAfterMs))
  const raise = over.map(({ signal, count }) => `signals.${signal} to at least ${Math.ceil(count)}`).join(' and ')
  return `wait ${spoken(wait)}, raise ${raise}, or ${exempt}`
}

type Advise = (record: DecisionRecord, policy: Policy) => string

/** For refusals that no rule asked for. */
const ADVICE: Partial<Record<FailureCode, Advise>> = {
  not_found: ({ method, path }, policy) => {
    const api = findApi(policy.apis, path)
    if (api === null) return `no API lies at ${path}; where it is to be called, an API's \`path\` has to be a prefix of it`
    return `add a line to apis.${api.name}.allow: - ${method} ${path.slice(api.prefix.length) || '/'}`
  },
  method_not_allowed: ({ method, path }, policy) => {
    const api = findApi(policy.apis, path)
    return api === null
      ? `the website takes GET and HEAD only; ${method} belongs to an API`
      : `the path is allowed with other methods; add to apis.${api.name}.allow: - ${method} ${path.slice(api.prefix.length) || '/'}`
  },
  session_required: (_record, { basePath }) =>
    `the visitor signs in at ${basePath}/login; a session that he had ended (see \`who\`), or \`access\` of this API is too narrow`,
  visit_required: () => 'the visitor opens a page of the website first, or the website calls POST /auth/visit; cookies have to be allowed',
  role_required: ({ route }) =>
    `give the account the role that \`access\` of ${route ?? 'the API'} names: cloakroom account add NAME --role ROLE`,
  visit_exhausted: () => 'wait for a new visit, sign in, or raise visits.requests',
  cross_site: ({ fields }) => {
    const origin = fields.find(([name]) => name === 'origin')?.[1]
    return origin === undefined
      ? 'the call has to come from a page of this website: the browser says that it did not'
      : `if ${origin} is yours, add it to allowedOrigins`
  },
  csrf_header_missing: () => 'the client sends the field X-CSRF: 1 with everything but reads; browsers of today need not',
  destination_refused: () =>
    'the page loads this address with fetch; as an image, frame or script it is refused unless `destinations` of the API says so',
  misdirected: (_record, { publicHost }) =>
    `the Host field has to be ${publicHost}; behind a proxy, let it pass the visitor's Host on, or correct publicUrl`,
  plain_http: () =>
    'the call comes over HTTPS; behind a TLS-terminating proxy, name it in trustedProxies and let it send X-Forwarded-Proto',
  duplicate_cookie: () => 'the visitor deletes the cookies of this website; a sibling host may have planted one',
  banned: ({ steps }) => {
    const ban = steps.find((step) => step.startsWith('ban '))?.slice(4)
    return `wait, or let him in again: cloakroom ban lift ${ban ?? 'ID'}`
  },
  challenge_required: () => 'the browser solves the challenge; it needs JavaScript and cookies',
  credential_unavailable: () =>
    'look at `cloakroom secret list`: this API’s credential is disabled (`cloakroom secret enable NAME`), or no version of it can be used now',
  upstream_unreachable: () => 'the API does not answer: see the access log for the reason, then the API itself',
  upstream_timeout: () => 'the API took too long: see limits.headTimeout of this API',
}

function spoken(ms: number): string {
  return ms >= 1000 ? formatDuration(Math.ceil(ms / 1000) * 1000) : `${Math.ceil(ms)} ms`
}
