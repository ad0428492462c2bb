import { note, ok, problem, type Finding } from './finding.ts'

/** What the API's verifier bears: five seconds ahead, and a signature lives for sixty. */
const AHEAD_MS = 5000
const BEHIND_MS = 50_000

/** Is this machine's clock near the API's? `Date` has no fractions, and came from somewhere: two seconds are noise. */
export function examineClock(area: string, date: string | null, now: number): Finding {
  const theirs = date === null ? Number.NaN : Date.parse(date)
  if (Number.isNaN(theirs)) return note(area, 'The API does not say what time it has.')
  const ahead = now - theirs
  const text = `This clock and the API’s are ${Math.abs(Math.round(ahead / 1000))} s apart.`
  const isOff = ahead > AHEAD_MS + 2000 || ahead < -BEHIND_MS
  return isOff ? problem(area, text, 'Let both keep time with NTP: signatures and one-time codes depend on it.') : ok(area, text)
}
