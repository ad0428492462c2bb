import type { AuditKind } from '../../packages/contract/src/audit-event.ts'
import { ENROL_MS } from '../../packages/gateway/src/account/enrolment.ts'
import { MOST_FACTORS } from '../../packages/gateway/src/account/factors.ts'
import { LOGIN_MS } from '../../packages/gateway/src/account/login-cookie.ts'
import { LINK_MS } from '../../packages/gateway/src/account/reset-links.ts'
import { CODE_MS } from '../../packages/gateway/src/account/totp.ts'
import { FRESH_MS as ADMIN_FRESH_MS } from '../../packages/gateway/src/admin/begin-session.ts'
import { STRANGERS } from '../../packages/gateway/src/admin/dispatch.ts'
import { INVITED_MS } from '../../packages/gateway/src/admin/invitation.ts'
import { LIMITS } from '../../packages/gateway/src/admin/open.ts'
import { MOST_BYTES } from '../../packages/gateway/src/admin/read-request.ts'
import { SETUP_MS } from '../../packages/gateway/src/admin/setup-code.ts'
import { WARN_MS } from '../../packages/gateway/src/audit/expiry-warnings.ts'
import { TEXTS } from '../../packages/gateway/src/audit/notifier.ts'
import { type AuditCategory, KINDS_OF } from '../../packages/gateway/src/audit/retention.ts'
import { formatDuration } from '../../packages/gateway/src/config/units.ts'
import { REMEMBER_BANS_MS } from '../../packages/gateway/src/decide/ban.ts'
import type { Limit } from '../../packages/gateway/src/decide/counters.ts'
import { LOCK_AFTER, LOCK_FOR_GOOD_AFTER, LOCK_MS } from '../../packages/gateway/src/decide/login.ts'
import { CODE_RUNGS, DEVICE, FORGOT, RESET_RUNGS, RUNGS, SPRAY } from '../../packages/gateway/src/decide/login-throttle.ts'
import { SKEW_MS, TOUCH_MS } from '../../packages/gateway/src/decide/session.ts'
import { MOST_AHEAD, STALL_MS } from '../../packages/gateway/src/door/node.ts'
import { REQUESTS_PER_CONNECTION } from '../../packages/gateway/src/door/server.ts'
import { HANDSHAKE_MS } from '../../packages/gateway/src/door/tls.ts'
import { FRESH_MS } from '../../packages/gateway/src/http/factor-subject.ts'
import { ONCE_MS } from '../../packages/gateway/src/session/action-tokens.ts'
import { JWT_SKEW_MS } from '../../packages/gateway/src/session/deny-jwts.ts'
import { LOOK_MS } from '../../packages/gateway/src/session/streams.ts'
import { SIGN_IN_MS } from '../../packages/gateway/src/session/transactions.ts'
import { LEASE_MS } from '../../packages/gateway/src/vault/leases.ts'
import { configurationKeys } from './configuration.ts'
import { EVENT_TEXTS } from './events.ts'

/** What an auditor asks for, on one page: each time, each limit, each rate, each event, and how secrets are replaced. */
export function limitsPage(): string {
  return `<!-- Made by scripts/generate-reference.ts from the schema, the constants and the kinds of events in packages/gateway/src. -->

# Times, limits, and what is written down

## Times and limits that can be set

Keys of cloakroom.yaml that hold a time, a size or a number, with their defaults; the others are in [configuration.md](configuration.md).

| key | default | meaning |
|---|---|---|
${configurationKeys()
  .filter(
    ({ key, fallback, kind }) =>
      /^`\d+(?:ms|[smhd]|B|KiB|MiB|GiB)?`$/.test(fallback) || kind === 'number' || /\blimits\.\w+$|\.maxAge$/.test(key),
  )
  .map(({ key, fallback, meaning }) => `| \`${key}\` | ${fallback} | ${meaning} |`)
  .join('\n')}

Sessions beyond \`sessions.perAccount\` end the oldest, are refused, or end all others, as \`sessions.onLimit\` says.

## Times and limits that are fixed

| what | value |
|---|---|
${FIXED.map(([what, value]) => `| ${what} | ${typeof value === 'number' ? formatDuration(value) : value} |`).join('\n')}

## Rates

A counter that is full refuses until something is earned back; \`Retry-After\` says when. Rules of your own: [guard.md](../guard.md).

| what is counted | limits |
|---|---|
${RATES.map(([what, limits]) => `| ${what} | ${limits.map(rate).join('; ')} |`).join('\n')}
| visits begun by one network, calls in one visit | \`visits.perAddressHour\`, \`visits.requests\` |
| calls with a machine key | as the key says |

## What is written down

| where | what | how long |
|---|---|---|
| audit trail: \`durable.sqlite\`, \`audit.jsonl\`, \`audit.sinks\` | the events below ([audit.md](../audit.md)) | \`audit.retention\`, at most \`audit.most\` entries |
| access log | a line for each request: time, identifier, address, method, host, path, query without values, browser, route, status, milliseconds, code and steps of a refusal | your log rotation |
| decisions | refused requests, for \`cloakroom explain\`; passed ones where \`decisions.replay.actors\` says so | \`decisions.keep\`, \`decisions.replay.keep\` |
| uses of secrets | which secret went out how often, by route and account, a day | \`decisions.keep\` |
| metrics, traces | figures, nothing of a person ([metrics.md](metrics.md), [traces.md](../traces.md)) | your collector |

No body, no cookie, no secret, no password, no code and no value of a query that is not on a list is in any of them. What is about people: [privacy.md](../privacy.md).

### Events

Each has: kind, time (UTC, milliseconds), request, actor with account and session label, address, target, result, reason, rule, detail. An owner is told of those
with *told*, where \`notify\` is set.

| kind | what it says | kept for | |
|---|---|---|---|
${Object.entries(EVENT_TEXTS)
  .map(
    ([kind, says]) =>
      `| \`${kind}\` | ${says} | \`${categoryOf(kind as AuditKind)}\` | ${TEXTS[kind as AuditKind] === undefined ? '' : 'told'} |`,
  )
  .join('\n')}

## Replacing secrets

An owner is warned ${formatDuration(WARN_MS)} before something ends. How often is yours to say; these are the ways, each without a gap:

| what | how |
|---|---|
| an API’s secret, a client secret, a client certificate | \`cloakroom secret rotate\`, or \`POST /admin/secrets/{name}/rotate\`; the value before stays as a spare for \`overlap\` (24h) |
| a key that signs | \`cloakroom signing-key rotate\`; published 24h before its first use, the one before stays for 1h |
| the key that opens the vault, and what everything is sealed under | \`cloakroom secret rekey\`, with \`--new-key\` |
| a program’s key | \`cloakroom machine-key add\`, then \`revoke\` |
| the gateway’s certificate | replace the files; they are taken while it runs |
| a password, recovery codes, a second factor | by its owner; \`cloakroom account force-reset\` demands it |

Which versions were used when, and whether the old one can go: \`cloakroom secret list\`.
`
}

const FIXED: readonly (readonly [string, number | string])[] = [
  ['a proof counts as fresh: changing factors, ending sessions, download of one’s data', FRESH_MS],
  ['a sign-in waits for its second factor', LOGIN_MS],
  ['a sign-in at a provider waits to come back', SIGN_IN_MS],
  ['an authenticator app waits for its first code', ENROL_MS],
  ['a one-time code counts', CODE_MS],
  ['a link to a new password counts', LINK_MS],
  ['an action token that is good once counts', ONCE_MS],
  ['second factors of an account', String(MOST_FACTORS)],
  [
    'wrong passwords in a row that lock it',
    `${LOCK_AFTER} for ${formatDuration(LOCK_MS)}; ${LOCK_FOR_GOOD_AFTER} until its owner lifts it`,
  ],
  ['a session’s last use is written down at most every', TOUCH_MS],
  ['clocks of gateways on one store may differ by', SKEW_MS],
  ['a JWT’s times may be off by', JWT_SKEW_MS],
  ['open streams are looked at every', LOOK_MS],
  ['plaintext of a secret stays in memory after its use for', LEASE_MS],
  ['a ban is remembered after its end for', REMEMBER_BANS_MS],
  ['requests on one connection', String(REQUESTS_PER_CONNECTION)],
  ['requests sent ahead on one connection', String(MOST_AHEAD)],
  ['a visitor may stop reading an answer for', STALL_MS],
  ['a TLS handshake', HANDSHAKE_MS],
  [
    'administrators: a session without use, at all, at once',
    `${formatDuration(LIMITS.idleMs)}, ${formatDuration(LIMITS.absoluteMs)}, ${LIMITS.perAccount}`,
  ],
  ['administrators: a second factor counts as fresh', ADMIN_FRESH_MS],
  ['administrators: the first owner’s code, an invitation', `${formatDuration(SETUP_MS)}, ${formatDuration(INVITED_MS)}`],
  ['administrators: the body of a request', `${MOST_BYTES / 1024} KiB`],
]

const RATES: readonly (readonly [string, readonly Limit[]])[] = [
  ['wrong passwords of one account from one network', RUNGS],
  ['wrong passwords of one account from a browser that signed in before', [DEVICE]],
  ['wrong codes of one account', CODE_RUNGS],
  ['attempts to sign in from one network, whatever the account', [SPRAY]],
  ['links to a new password for one account', RESET_RUNGS],
  ['links to a new password asked for by one network', [FORGOT]],
  ['requests to the Admin API by whoever is not signed in', [STRANGERS]],
]

function rate({ burst, max, perMs }: Limit): string {
  return `${burst} at once, then ${max} in ${formatDuration(perMs)}`
}

function categoryOf(kind: AuditKind): AuditCategory {
  for (const category of ['refusals', 'signIns', 'operation'] as const) if (KINDS_OF[category].includes(kind)) return category
  return 'changes'
}
