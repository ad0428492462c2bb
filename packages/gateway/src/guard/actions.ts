import { DELIVERABLE, type Fallback, type GuardAction, type GuardActionKind, ANSWERS, type KeyPart } from '../decide/guard-action.ts'
import type { Phase } from '../decide/guard.ts'
import type { FactorKind } from '../decide/session.ts'
import { parseDuration } from '../config/units.ts'
import { nearest } from '../lib/nearest.ts'

/** One action that cannot be: where below `then` it stands. */
export interface ActionProblem {
  readonly path: readonly (string | number)[]
  readonly text: string
  readonly fix: string
}

export type ReadActions = { readonly actions: readonly GuardAction[]; readonly problems: readonly ActionProblem[] }

export interface ActionContext {
  readonly phase: Phase
  /** Signals that are fed `on: decision`. */
  readonly scored: readonly string[]
  /** Names under `decoys`. */
  readonly decoys: readonly string[]
  /** Those of them that have no place for a canary. */
  readonly unmarked: ReadonlySet<string>
}

type Written = Readonly<Record<string, unknown>>

/** `then:` of a rule, as actions. Refuses what could let a visitor through: a kind that cannot be delivered, an answer where none is possible. */
export function readActions(then: Written | readonly Written[], context: ActionContext): ReadActions {
  const problems: ActionProblem[] = []
  const actions: GuardAction[] = []
  const isList = Array.isArray(then)
  for (const [at, map] of (isList ? (then as readonly Written[]) : [then as Written]).entries()) {
    const path = isList ? [at] : []
    for (const [kind, value] of Object.entries(map)) {
      if (kind === 'else') continue
      const read = readAction(kind, value, map['else'], context)
      if (typeof read === 'string') problems.push({ path: [...path, kind], ...split(read) })
      else actions.push(read)
    }
  }
  const answers = actions.filter(({ kind }) => ANSWERS.has(kind))
  if (answers.length > 1)
    problems.push({
      path: [],
      text: `A visitor gets one answer, not ${answers.map(({ kind }) => kind).join(' and ')}.`,
      fix: 'Keep one of them; the others belong into rules of their own.',
    })
  return { actions, problems }
}

const NAMES = Object.keys(DELIVERABLE) as readonly GuardActionKind[]

/** The action, or what is wrong and the fix, separated by a line break. */
function readAction(kind: string, value: unknown, beside: unknown, context: ActionContext): GuardAction | string {
  const { phase, scored } = context
  if (!isKind(kind)) {
    const meant = nearest(kind, NAMES)
    return `\`${kind}\` is no action.\n${meant === null ? `Write one of: ${NAMES.join(', ')}.` : `Did you mean \`${meant}\`?`}`
  }
  if (!DELIVERABLE[kind])
    return `\`${kind}\` cannot be delivered by this gateway: the visitor would go on unhindered.\nUse block, throttle or revoke.`
  if (phase !== 'request' && (ANSWERS.has(kind) || kind === 'delay' || kind === 'skip'))
    return `\`${kind}\` comes too late in the ${phase} phase.\nHere a rule can ${NAMES.filter((name) => !ANSWERS.has(name) && name !== 'delay' && name !== 'skip').join(', ')}.`
  switch (kind) {
    case 'skip':
      if (value === 'all') return { kind, kinds: null }
      return isTexts(value) && value.every(isKind)
        ? { kind, kinds: value }
        : 'This names no actions.\nWrite a list of actions, as in [ban, challenge], or `all`.'
    case 'score':
      return readScore(value, scored)
    case 'tag':
      return isLabel(value) ? { kind, tag: value } : 'A tag is a short name.\nWrite letters, digits and hyphens, as in odd-client.'
    case 'log': {
      const level = value === true || value === null ? 'info' : isMap(value) ? (value['level'] ?? 'info') : value
      return level === 'info' || level === 'warn' || level === 'critical'
        ? { kind, level }
        : 'This is no level.\nWrite info, warn or critical.'
    }
    case 'throttle': {
      const given = isMap(value) ? (value['retry_after'] ?? 'auto') : (value ?? 'auto')
      if (given === 'auto' || given === true) return { kind, retryAfterMs: null }
      const ms = durationOf(given)
      return ms === null ? 'This is no time.\nWrite `auto` or a duration, as in 30s.' : { kind, retryAfterMs: ms }
    }
    case 'delay': {
      const ms = durationOf(isMap(value) ? value['for'] : value)
      return ms === null || ms > MOST_HELD_MS ? 'A request is held for at most 10s.\nWrite a duration, as in 2s.' : { kind, ms }
    }
    case 'block': {
      const status = isMap(value) ? value['status'] : (value ?? 403)
      return status === 403 || status === 404
        ? { kind, status }
        : 'This is no status to block with.\nWrite 403 (refused) or 404 (as if there were nothing).'
    }
    case 'revoke':
      return value === 'session' || value === 'account'
        ? { kind, what: value }
        : 'This says not what to end.\nWrite `session`, or `account` for all its sessions.'
    case 'challenge': {
      const difficulty = isMap(value) ? (value['pow'] ?? 'medium') : value
      const otherwise = fallback(value, beside)
      if (difficulty !== 'easy' && difficulty !== 'medium' && difficulty !== 'hard')
        return 'This is no difficulty.\nWrite { pow: easy }, { pow: medium } or { pow: hard }.'
      return otherwise === null ? NO_FALLBACK : { kind, difficulty, otherwise }
    }
    case 'step_up': {
      if (!isMap(value)) return 'This says not how.\nWrite { factors: [passkey, totp], max_age: 5m, else: { block: 403 } }.'
      const [factors, maxAgeMs, otherwise] = [value['factors'] ?? [], durationOf(value['max_age'] ?? '5m'), fallback(value, beside)]
      if (!isTexts(factors) || !factors.every((factor) => FACTORS.includes(factor)) || maxAgeMs === null)
        return 'This says not which factors, or how fresh.\nWrite { factors: [passkey, totp], max_age: 5m, else: { block: 403 } }.'
      return otherwise === null ? NO_FALLBACK : { kind, factors, maxAgeMs, otherwise }
    }
    case 'decoy':
      return readDecoy(value, beside, context)
    case 'tarpit': {
      const ms = durationOf(isMap(value) ? value['for'] : value)
      const otherwise = fallback(value, beside)
      if (ms === null || ms > MOST_TARPIT_MS) return 'A tarpit holds for at most 5m.\nWrite { for: 60s, else: { block: 403 } }.'
      return otherwise === null ? NO_FALLBACK : { kind, ms, otherwise }
    }
    case 'ban':
      return readBan(value)
    case 'disable_credential':
      return readDisable(value, beside, phase)
    case 'notify':
      return isLabel(value) ? { kind, channel: value } : 'This names no channel.\nWrite its name, as in `security`.'
  }
}

const FACTORS: readonly string[] = ['password', 'totp', 'passkey', 'recovery-code'] satisfies readonly FactorKind[]
const MOST_HELD_MS = 10_000
const MOST_TARPIT_MS = 300_000
const NO_FALLBACK =
  'This says not what happens when it cannot be delivered: the visitor would go on unhindered.\nAdd `else: { block: 403 }`.'

function readScore(value: unknown, scored: readonly string[]): GuardAction | string {
  const points = isMap(value) ? value['points'] : value
  const signal = isMap(value) ? value['signal'] : scored.length === 1 ? scored[0] : undefined
  if (typeof points !== 'number' || !Number.isFinite(points)) return 'These are no points.\nWrite a number, as in +4.'
  if (typeof signal !== 'string' || !scored.includes(signal))
    return `It is not clear which signal gets the points.\n${scored.length === 0 ? 'Add a signal with `on: decision`.' : `Write { signal: ${scored[0] ?? ''}, points: ${points} }.`}`
  return { kind: 'score', signal, points }
}

function readDecoy(value: unknown, beside: unknown, { decoys, unmarked }: ActionContext): GuardAction | string {
  if (!isMap(value)) return 'This says not what to show.\nWrite { profile: NAME, else: { block: 404 } }.'
  const { profile, seed = 'actor', latency = 'like_upstream', watermark = true, signed_in: signedIn = false } = value
  const otherwise = fallback(value, beside)
  if (!isLabel(profile)) return 'A decoy needs a profile.\nWrite { profile: NAME, else: { block: 404 } }.'
  if (!decoys.includes(profile)) {
    const meant = nearest(profile, decoys)
    return `There is no decoy \`${profile}\`.\n${
      meant === null ? `Add it under \`decoys\`, as in decoys: { ${profile}: { sample: ./FILE.json } }.` : `Did you mean \`${meant}\`?`
    }`
  }
  if (
    !isKeyPart(seed) ||
    (latency !== 'like_upstream' && latency !== 'none') ||
    typeof watermark !== 'boolean' ||
    typeof signedIn !== 'boolean'
  )
    return '`seed` is a key as in signals, `latency` like_upstream or none, `watermark` and `signed_in` true or false.\nLeave out what you do not want to change.'
  if (watermark && unmarked.has(profile))
    return `Nothing in \`${profile}\` could be known again: it has no identifier, key or address of mail of 16 characters or more.\nAdd one to the sample, such as "id": "7d1f3a52-90c4-4b1e-8a67-0f2f6f1f9c11", or write \`watermark: false\`.`
  return otherwise === null ? NO_FALLBACK : { kind: 'decoy', profile, seed, latency, watermark, signedIn, otherwise }
}

function readDisable(value: unknown, beside: unknown, phase: Phase): GuardAction | string {
  const name = isMap(value) ? (value['name'] ?? 'route') : value
  const byStrangers = isMap(value) ? (value['by_strangers'] ?? false) : false
  const otherwise = fallback(value, beside)
  if (!isLabel(name)) return 'This names no credential.\nWrite its name in the vault, or `route` for the one of the route.'
  if (typeof byStrangers !== 'boolean') return '`by_strangers` is true or false.\nLeave it out, and only who is signed in can cause it.'
  if (phase === 'event' && name === 'route') return 'An event has no route.\nWrite the name of the credential in the vault.'
  if (phase === 'event' && !byStrangers)
    return 'Anybody can cause an event, and would thereby close the API for all.\nIf that is what you want, write `by_strangers: true`.'
  if (otherwise === null && phase === 'request') return NO_FALLBACK
  return {
    kind: 'disable_credential',
    credential: name === 'route' ? null : name,
    byStrangers,
    otherwise: otherwise ?? { kind: 'block', status: 403 },
  }
}

/** `10m`, or `10m * 2^min(prior_bans, 8)`: doubled with each ban before, at most so often. */
function readBan(value: unknown): GuardAction | string {
  if (!isMap(value)) return 'This says not whom, and for how long.\nWrite { key: ip.net, for: 10m }.'
  const parts = Array.isArray(value['key']) ? value['key'] : [value['key']]
  const key = parts.map((part) => (typeof part === 'string' ? part.replace(/\.(?:id|name)$/, '') : part))
  const found = /^(\d+\s*[a-z]+)(?:\s*\*\s*2\s*\^\s*min\(\s*prior_bans\s*,\s*(\d{1,2})\s*\))?$/.exec(String(value['for']).trim())
  const forMs = found?.[1] === undefined ? null : parseDuration(found[1])
  const scope = value['scope'] ?? null
  if (!key.every(isBanKey)) return 'This is no key of a ban.\nWrite ip.net, account, session, visit, actor or a list of them.'
  if (forMs === null) return 'This is no length of a ban.\nWrite a duration, as in 10m, or "10m * 2^min(prior_bans, 8)".'
  if (scope !== null && !isTexts(scope))
    return 'This is no scope of a ban.\nWrite a list of route ids, as in [login], or leave it out for everything.'
  return { kind: 'ban', key, forMs, doublings: Number(found?.[2] ?? 0), scope }
}

/** Whom a ban can be looked up by, at every request, in memory. */
function isBanKey(part: unknown): part is KeyPart {
  return typeof part === 'string' && ['ip.net', 'account', 'session', 'visit', 'actor'].includes(part)
}

function fallback(value: unknown, beside: unknown): Fallback | null {
  const written = (isMap(value) ? value['else'] : undefined) ?? beside
  const status = isMap(written) ? written['block'] : undefined
  return status === 403 || status === 404 ? { kind: 'block', status } : null
}

const KEY_PARTS: readonly string[] = [
  'ip.addr',
  'ip.net',
  'ip.site',
  'visit',
  'session',
  'account',
  'route',
  'api',
  'actor',
] satisfies readonly KeyPart[]

function isKeyPart(value: unknown): value is KeyPart {
  return typeof value === 'string' && KEY_PARTS.includes(value)
}

function isKind(kind: string): kind is GuardActionKind {
  return Object.hasOwn(DELIVERABLE, kind)
}

function isMap(value: unknown): value is Written {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}

function isLabel(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(value)
}

function durationOf(value: unknown): number | null {
  return typeof value === 'string' ? parseDuration(value) : null
}

function split(text: string): { readonly text: string; readonly fix: string } {
  const [said = '', fix = ''] = text.split('\n')
  return { text: said, fix }
}
