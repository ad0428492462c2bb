import type { Headers } from './headers.ts'

/** Where a request belongs in somebody's trace (W3C Trace Context 1). */
export interface TraceContext {
  /** In the form of version 00: `00-<trace>-<span>-<flags>`. */
  readonly parent: string
  readonly state: string | null
}

/** Two hex digits, not ff, then trace and span, not all zeros, then flags; a later version may add more behind them (§3.2, §3.3). */
const PARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
/** §3.3.1.1: members `key=value` with commas; values are printable ASCII. */
const STATE_MEMBER = /^[a-z0-9][a-z0-9_*/@-]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/
const MOST_MEMBERS = 32

/**
 * The fields of a peer whose word counts; null without any, or with ones that cannot be read. Of a stranger they must not be read at all: he
 * would choose what our traces, and those of the API, hang on, and whether they are kept.
 */
export function readTrace(headers: Headers): TraceContext | null {
  const lines = headers.all('traceparent')
  const found = lines.length === 1 ? PARENT.exec(lines[0] ?? '') : null
  if (found === null) return null
  const [, version, trace, span, flags, more] = found
  if (version === '00' && more !== undefined) return null
  // Of a later version only what version 00 has is understood, and said on (§3.2.4): of the flags the first bit.
  const known = version === '00' ? flags : (Number.parseInt(flags ?? '', 16) & 1).toString(16).padStart(2, '0')
  return { parent: `00-${trace}-${span}-${known}`, state: readState(headers) }
}

/** A state that breaks the form is dropped without the parent (§4.3). */
function readState(headers: Headers): string | null {
  const members = headers
    .all('tracestate')
    .flatMap((line) => line.split(','))
    .map((member) => member.trim())
    .filter((member) => member !== '')
  if (members.length === 0 || members.length > MOST_MEMBERS || !members.every((member) => STATE_MEMBER.test(member))) return null
  return members.join(',')
}
