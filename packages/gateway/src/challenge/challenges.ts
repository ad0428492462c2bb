import { createHmac, hash, type KeyObject } from 'node:crypto'
import type { ChallengeView } from '@cloakroom/contract'
import { type Clearance, type Difficulty, type Holder, holderOf, withClearance } from '../decide/challenge.ts'
import { PASS_COOKIE, readCookie } from '../decide/cookies.ts'
import type { Instant, RequestHead } from '../decide/head.ts'
import { GateError } from '../errors.ts'
import { limited } from '../lib/limited.ts'
import type { Random } from '../lib/random.ts'
import type { ChallengesPart } from '../measure-parts.ts'
import { writeCookie } from '../session/cookie.ts'
import { createSealer } from '../session/sealed.ts'
import { ask } from '../store/ask.ts'
import type { NonceStore } from '../store/store.ts'
import { isSolved, makePuzzle, readPayload } from './puzzle.ts'

export interface ChallengeParts {
  readonly key: KeyObject
  readonly nonces: Pick<NonceStore, 'spend'>
  readonly random: Random
}

/** Time to solve one: a slow phone, a person who looks elsewhere. */
const SOLVE_MS = 5 * 60_000
/** How long a solved one counts on its route. */
const PASS_MS = 15 * 60_000
/** Solutions that are checked at once, and that wait: the thread pool also hashes passwords. */
const AT_ONCE = 2
const WAITING = 64

/**
 * Proof of work, made and checked by altcha-lib. Ours: what was asked is sealed inside the puzzle (for whom, for which route, until when),
 * each counts once, and what was cleared is a sealed cookie that opens nothing in another session, network or browser.
 */
export function createChallenges({ key, nonces, random }: ChallengeParts): ChallengesPart {
  const asked = createSealer({ key, random, purpose: 'challenge' })
  const passes = createSealer({ key, random, purpose: 'pass' })
  const secret = createHmac('sha256', key).update('puzzle').digest('base64url')
  const check = limited(AT_ONCE, WAITING, () => new GateError('busy', 'too many solutions wait to be checked', { retryAfterMs: 2_000 }))

  function cleared(head: RequestHead): readonly Clearance[] {
    const cookie = readCookie(head.headers, PASS_COOKIE)
    const pass = cookie.kind === 'one' ? readPass(passes.open(cookie.value, head.at)) : null
    return pass !== null && pass.holder === digest(holderOf(head)) ? pass.clearances : []
  }

  return {
    cleared,
    async make({ at, ...head }, route, difficulty, clearAt) {
      const { client, shown } = holderOf({ at, ...head })
      const expiresAt = at + SOLVE_MS
      const question: Asked = { id: random(12).toString('base64url'), route, difficulty, client: short(client), shown: short(shown) }
      const puzzle = await makePuzzle(difficulty, asked.seal(JSON.stringify(question), expiresAt), secret)
      return { ...puzzle, clearAt, difficulty, expiresAt: new Date(expiresAt).toISOString() } satisfies ChallengeView
    },
    async redeem(head, solution) {
      const read = readPayload(solution)
      const question = read === null ? null : readAsked(asked.open(read.seal, head.at))
      if (read === null || question === null) return { kind: 'refused', why: 'unreadable' }
      const holder = holderOf(head)
      if (!isFor(question, holder)) return { kind: 'refused', why: 'another_visitor' }
      const fault = await check.run(async () => {
        // Before the work is checked: each puzzle costs us one look, whatever comes with it, and two who send it at once are one.
        const isFirst = await ask(() => nonces.spend('challenge', question.id, head.at + SOLVE_MS))
        if (!isFirst) return 'used'
        return (await isSolved(read.payload, secret)) ? null : 'unsolved'
      })
      if (fault !== null) return { kind: 'refused', why: fault }
      const fresh: Clearance = { route: question.route, difficulty: question.difficulty, until: head.at + PASS_MS }
      const pass: Pass = { holder: digest(holder), clearances: withClearance(cleared(head), fresh, head.at) }
      const value = passes.seal(JSON.stringify(pass), fresh.until)
      return { kind: 'cleared', clearance: fresh, setCookie: writeCookie({ name: PASS_COOKIE, value, maxAgeMs: PASS_MS }) }
    },
  }
}

/** What is sealed into a puzzle. */
interface Asked {
  readonly id: string
  readonly route: string
  readonly difficulty: Difficulty
  readonly client: string
  readonly shown: string
}

interface Pass {
  readonly holder: string
  readonly clearances: readonly Clearance[]
}

/**
 * The same network and browser, and the same session or visit. One that was asked without either (a browser sends no cookie of ours when
 * another site's link leads here) may be solved with it: the pass then belongs to that one.
 */
function isFor(question: Asked, { client, shown }: Holder): boolean {
  return question.client === short(client) && (question.shown === short('') || question.shown === short(shown))
}

function digest({ client, shown }: Holder): string {
  return short(`${client.length} ${client} ${shown}`)
}

/** 132 bits. */
function short(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 22)
}

/** What was sealed is ours; what another version of ours sealed may have another shape. */
function readAsked(text: string | null): Asked | null {
  const value: unknown = text === null ? null : JSON.parse(text)
  return isRecord(value) &&
    ['id', 'route', 'client', 'shown'].every((name) => typeof value[name] === 'string') &&
    isDifficulty(value['difficulty'])
    ? (value as unknown as Asked)
    : null
}

function readPass(text: string | null): Pass | null {
  const value: unknown = text === null ? null : JSON.parse(text)
  if (!isRecord(value) || typeof value['holder'] !== 'string' || !Array.isArray(value['clearances'])) return null
  return value['clearances'].every(isClearance) ? (value as unknown as Pass) : null
}

function isClearance(value: unknown): value is Clearance {
  return isRecord(value) && typeof value['route'] === 'string' && isDifficulty(value['difficulty']) && isInstant(value['until'])
}

function isDifficulty(value: unknown): value is Difficulty {
  return value === 'easy' || value === 'medium' || value === 'hard'
}

function isInstant(value: unknown): value is Instant {
  return typeof value === 'number' && Number.isFinite(value)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
