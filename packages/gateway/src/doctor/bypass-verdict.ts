import type { Heard } from './ask.ts'
import { note, ok, problem, warning, type Finding } from './finding.ts'
import type { Subject } from './subject.ts'

/** One attempt to call the API as somebody else would. */
export interface Tried {
  readonly what: 'nothing' | 'wrong' | 'before' | 'over' | 'secret' | 'unsigned' | 'replayed' | 'old' | 'other-path' | 'other-address'
  readonly heard: Heard
}

/** The gateway's own answer and those to the attempts → what the owner should know. Pure. */
export function judgeBypass(
  subject: Pick<Subject, 'area' | 'target' | 'signing' | 'credential' | 'otherAddress'>,
  gateway: Heard,
  tried: readonly Tried[],
): readonly Finding[] {
  const { area, target } = subject
  if (gateway.kind === 'nothing')
    return [problem(area, `The API does not answer (${gateway.code}).`, 'Is it running, and reachable from this machine?')]
  if (isRefusal(gateway.status)) {
    const fix =
      subject.signing === null
        ? 'Is the secret still good at its issuer?'
        : 'Does it have the public key, its own host name, and the right time?'
    return [problem(area, `The API refuses the gateway itself (${gateway.status}).`, fix)]
  }
  const found: Finding[] = [ok(area, `The API takes the gateway’s own request for ${target} (${gateway.status}).`)]
  if (gateway.status >= 400)
    found.push(
      note(area, `What it answers there (${gateway.status}) proves little.`, 'Name a path that it answers with 200: --path /orders'),
    )
  for (const { what, heard } of tried) found.push(judge(what, heard, gateway.status, subject))
  if (subject.otherAddress === null)
    found.push(note(area, 'This machine has one address: from another one nothing was tried.', 'Run the doctor on another machine, too.'))
  return found
}

/** What an API says to somebody whom it does not know; a challenge counts, whatever comes after it. */
function isRefusal(status: number): boolean {
  return status === 401 || status === 403 || status === 407
}

type About = Readonly<Record<Tried['what'], { readonly how: string; readonly open: string; readonly fix: string; readonly mild?: true }>>

const SIGN = 'Install the middleware of @cloakroom/signature in it, and set `sign` here: docs/only-the-gateway.md'
const ASK_KEY = 'Let it check the credential on every path, before anything else.'

const ABOUT: About = {
  nothing: { how: 'without any credential', open: 'answers anybody, without any credential', fix: SIGN },
  before: {
    how: 'with the version before',
    open: 'still takes the version before',
    fix: 'End it at its issuer when nobody uses it any more: cloakroom secret list says when it was used last.',
    mild: true,
  },
  over: {
    how: 'with the secret of a window that is over',
    open: 'takes the secret of a window that is over',
    fix: 'Let it compare with the windows before, now and after alone: docs/only-the-gateway.md',
  },
  old: {
    how: 'with a signature of ten minutes ago',
    open: 'takes a signature of ten minutes ago',
    fix: 'Let its verifier refuse signatures older than a minute; @cloakroom/signature does.',
  },
  wrong: { how: 'with a credential that is not the real one', open: 'takes a credential that is not the real one', fix: ASK_KEY },
  secret: {
    how: 'with the secret alone',
    open: 'takes whoever has the secret: if it ever leaks, everybody',
    fix: SIGN,
    mild: true,
  },
  unsigned: { how: 'with the secret and no signature', open: 'takes the secret without a signature', fix: SIGN },
  replayed: {
    how: 'with a signed request that was sent before',
    open: 'takes a signed request twice',
    fix: 'Give its verifier a nonce store that all its processes share.',
  },
  'other-path': {
    how: 'with the signature of another request',
    open: 'takes a signature that was made for another request',
    fix: 'Let it verify the signature over what it received; @cloakroom/signature does.',
  },
  'other-address': { how: 'from another address', open: 'can be called from another address', fix: SIGN },
}

function judge(what: Tried['what'], heard: Heard, own: number, { area }: Pick<Subject, 'area'>): Finding {
  const { how, open, fix, mild } = ABOUT[what]
  if (heard.kind === 'nothing') return ok(area, `It cannot be reached ${how} (${heard.code}).`)
  if (isRefusal(heard.status)) return ok(area, `It refuses a call ${how} (${heard.status}).`)
  const text = `The API ${open} (${heard.status}).`
  if (heard.status === own) return mild === true ? warning(area, text, fix) : problem(area, text, fix)
  return warning(
    area,
    `A call ${how} is answered with ${heard.status}: neither as the gateway’s own (${own}) nor refused.`,
    'Have a look at what it says.',
  )
}
