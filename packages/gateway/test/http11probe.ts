import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { converse, type RawAnswer, type Step } from './raw.ts'

/** The collection's format; its README stands beside it. It is read where it is, and never copied into this repository. */
export interface Probe {
  readonly id: string
  readonly desc: string
  readonly level: 'Must' | 'Should' | 'OughtTo' | 'May' | 'NotApplicable'
  readonly rfc: string | null
  readonly scored: boolean
  readonly v: Readonly<Record<string, Verdict>>
  readonly b64?: string
  readonly steps?: readonly { readonly parts: readonly { readonly b64: string; readonly delayMs: number }[] }[]
}

export type Verdict = 'Pass' | 'Warn' | 'Fail' | 'Error'

export interface Judged {
  readonly probe: Probe
  /** `STATUS`, `STATUS+close`, `closed`, `timeout`; one for each step. */
  readonly outcome: string
  readonly verdict: Verdict
}

const FILE = new URL('../../../../shared/corpora/http11probe.json', import.meta.url)

/** Null when the collection is not there. */
export function readProbes(): readonly Probe[] | null {
  try {
    return JSON.parse(readFileSync(fileURLToPath(FILE), 'utf8')) as Probe[]
  } catch {
    return null
  }
}

/** All probes against one server, a few at a time. */
export async function runProbes(port: number, probes: readonly Probe[]): Promise<readonly Judged[]> {
  const judged: Judged[] = []
  const left = probes.values()
  const work = async (): Promise<void> => {
    for (const probe of left) judged.push(await runProbe(port, probe))
  }
  await Promise.all(Array.from({ length: 12 }, work))
  return judged.sort((one, other) => (one.probe.id < other.probe.id ? -1 : 1))
}

const QUIET_MS = 700

async function runProbe(port: number, probe: Probe): Promise<Judged> {
  const steps = stepsOf(probe, `localhost:${port}`)
  const said = await converse(port, steps, QUIET_MS)
  const outcome =
    probe.steps === undefined
      ? single(said.answers[0], said.closed)
      : steps
          .map((_step, at) => {
            const before = at === 0 ? 0 : (said.reached[at - 1] ?? 0)
            const reached = said.reached[at]
            if (reached === undefined) return '-'
            const answer = reached > before ? said.answers[before] : undefined
            const last = at === said.reached.length - 1 && at < steps.length - 1
            if (answer === undefined) return said.closed ? 'closed' : 'timeout'
            // A refusal is expected to close; whether a good answer does is what some probes are about.
            return last && said.closed && answer.status < 400 ? `${answer.status}+close` : String(answer.status)
          })
          .join(',')
  return { probe, outcome, verdict: special(probe, said.answers[0], said.closed, said.rest) ?? probe.v[outcome] ?? 'Fail' }
}

function single(answer: RawAnswer | undefined, closed: boolean): string {
  if (answer !== undefined) return String(answer.status)
  return closed ? 'closed' : 'timeout'
}

function stepsOf(probe: Probe, host: string): readonly Step[] {
  const parts = probe.steps?.map((step) => step.parts) ?? [[{ b64: probe.b64 ?? '', delayMs: 0 }]]
  const head = probe.id === 'COMP-HEAD-NO-BODY'
  // One message that may hold two: what counts is whether the second is answered, so that there is nothing to send in between.
  const entries = Object.keys(probe.v)[0]?.split(',').length ?? 1
  const silent = Array.from({ length: Math.max(0, entries - parts.length) }, () => ({ head, pieces: [] }))
  const spoken = parts.map((pieces) => ({ head, pieces: pieces.map(({ b64, delayMs }) => ({ bytes: prepared(b64, host), delayMs })) }))
  return [...spoken, ...silent]
}

/** A script that sends a POST to the gateway says `X-CSRF: 1`, or it gets 403 for that alone. The field is put behind the first Host. */
function prepared(b64: string, host: string): Buffer {
  const text = Buffer.from(b64, 'base64').toString('latin1').replaceAll('@@HOST@@', host)
  if (!/^(?:\r\n)?POST /.test(text)) return Buffer.from(text, 'latin1')
  return Buffer.from(text.replace(`Host: ${host}\r\n`, `Host: ${host}\r\nX-CSRF: 1\r\n`), 'latin1')
}

/** Where the verdict needs more than the status: the body that must come back, a field that must be there, bytes that must not. */
function special(probe: Probe, answer: RawAnswer | undefined, closed: boolean, rest: Buffer): Verdict | null {
  const field = (name: string): boolean => answer?.headers.some(([own]) => own === name) ?? false
  const fine = answer !== undefined && answer.status >= 200 && answer.status < 300
  switch (probe.id) {
    case 'COMP-POST-CL-BODY':
    case 'COMP-CHUNKED-BODY':
    case 'COMP-CHUNKED-TRAILER-VALID':
      return fine ? (answer.body.toString() === 'hello' ? 'Pass' : 'Fail') : null
    case 'COMP-CHUNKED-EXTENSION':
      return fine && answer.body.toString() !== 'hello' ? 'Fail' : null
    case 'COMP-CHUNKED-MULTI':
      return fine ? (answer.body.toString() === 'hello world' ? 'Pass' : 'Fail') : null
    case 'COMP-CHUNKED-HEX-UPPERCASE':
      return fine ? (answer.body.toString() === 'helloworld' ? 'Pass' : 'Fail') : null
    case 'COMP-HEAD-NO-BODY':
      return answer !== undefined && rest.length === 0 ? 'Pass' : 'Fail'
    case 'COMP-405-ALLOW':
      return answer?.status === 405 ? (field('allow') ? 'Pass' : 'Fail') : null
    case 'COMP-OPTIONS-ALLOW':
      return fine && field('allow') ? 'Pass' : null
    case 'COMP-HTTP10-DEFAULT-CLOSE':
      return fine && closed ? 'Pass' : null
    case 'COMP-CONNECTION-CLOSE':
      return fine && closed ? 'Pass' : 'Fail'
    case 'COMP-DATE-HEADER':
    case 'COMP-DATE-FORMAT':
      return fine && field('date') ? 'Pass' : 'Fail'
    case 'COMP-CONTENT-TYPE':
      return fine && (field('content-type') || answer.status === 204) ? 'Pass' : null
    default:
      return null
  }
}

export interface Figures {
  readonly level: string
  readonly pass: number
  readonly warn: number
  readonly fail: number
}

/** Scored probes by level, and all of them. */
export function figuresOf(judged: readonly Judged[]): readonly Figures[] {
  const scored = judged.filter(({ probe }) => probe.scored)
  const count = (level: string | null, ...verdicts: Verdict[]): number =>
    scored.filter((one) => (level === null || one.probe.level === level) && verdicts.includes(one.verdict)).length
  const row = (level: string | null): Figures => ({
    level: level ?? 'all',
    pass: count(level, 'Pass'),
    warn: count(level, 'Warn'),
    fail: count(level, 'Fail', 'Error'),
  })
  return [...['Must', 'Should', 'OughtTo', 'May', 'NotApplicable'].map(row), row(null)]
}
