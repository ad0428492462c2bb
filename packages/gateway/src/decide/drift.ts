import type { RequestHead } from './head.ts'
import type { Headers } from './headers.ts'
import { networkOf, siteOf } from './ip.ts'
import type { Session } from './session.ts'

/** What differs between who signed in and who asks now. A cookie that was stolen shows in several of them at once; a traveller in one. */
export interface Drift {
  readonly network: boolean
  readonly agent: boolean
  readonly language: boolean
  readonly hints: boolean
}

/** What is kept of a browser beside its User-Agent: its first language and its client hints, without versions. */
export function traitsOf(headers: Headers): string {
  return `${languageOf(headers)}|${hintsOf(headers) ?? ''}`.slice(0, LONGEST_TRAITS)
}

export function driftOf(session: Session, { client, headers }: RequestHead): Drift {
  const [language = '', hints = ''] = session.traits.split('|')
  const now = hintsOf(headers)
  return {
    // Of a session whose address was shortened only this much can be said.
    network: networkOf(session.address) !== networkOf(client) && session.address !== siteOf(client),
    agent: agentFamily(session.agent) !== agentFamily(headers.get('user-agent') ?? ''),
    language: session.traits !== '' && language !== languageOf(headers),
    // Browsers leave them out of handshakes and of plain HTTP: nothing said is no other browser.
    hints: hints !== '' && now !== null && hints !== now,
  }
}

export function driftCount({ network, agent, language, hints }: Drift): number {
  return Number(network) + Number(agent) + Number(language) + Number(hints)
}

/** Browser and system, without versions: an update is no other browser. `Firefox on Windows`; what is neither keeps its first product. */
export function agentFamily(agent: string): string {
  const browser = BROWSERS.find(([, sign]) => sign.test(agent))?.[0] ?? /^[^\s/]*/.exec(agent)?.[0] ?? ''
  const system = SYSTEMS.find(([, sign]) => sign.test(agent))?.[0] ?? ''
  return system === '' ? browser : `${browser} on ${system}`
}

/** In this order: each of them also names some of those below. */
const BROWSERS: readonly (readonly [name: string, sign: RegExp])[] = [
  ['Edge', /\bEdg(?:e|A|iOS)?\//],
  ['Opera', /\bOPR\//],
  ['Samsung', /\bSamsungBrowser\//],
  ['Firefox', /\b(?:Firefox|FxiOS)\//],
  ['Chrome', /\b(?:Chrome|CriOS|Chromium|HeadlessChrome)\//],
  ['Safari', /\bVersion\/\S+ (?:Mobile\/\S+ )?Safari\//],
]
const SYSTEMS: readonly (readonly [name: string, sign: RegExp])[] = [
  ['iOS', /\b(?:iPhone|iPad|iPod)\b/],
  ['Android', /\bAndroid\b/],
  ['Windows', /\bWindows\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['macOS', /\bMacintosh\b/],
  ['Linux', /\bLinux\b/],
]

/** `de-CH,de;q=0.9` → `de-ch`. */
function languageOf(headers: Headers): string {
  return (
    /^[a-z0-9-]*/i
      .exec(headers.get('accept-language')?.trim() ?? '')?.[0]
      .toLowerCase()
      .slice(0, 16) ?? ''
  )
}

/** Platform and brands; the brand that browsers make up to keep servers from looking for exact lists (`Not)A;Brand`) is left out. */
function hintsOf(headers: Headers): string | null {
  const brands = headers.get('sec-ch-ua')
  const platform = headers.get('sec-ch-ua-platform')
  if (brands === null && platform === null) return null
  const names = [...(brands ?? '').matchAll(/"([^"]*)"\s*;\s*v=/g)]
    .map(([, name = '']) => name)
    .filter((name) => !/not.?a.?brand/i.test(name.replaceAll(/[^a-z]/gi, '')))
  return `${(platform ?? '').replaceAll('"', '')} ${names.toSorted().join(',')}`.replaceAll('|', ' ').slice(0, LONGEST_TRAITS / 2)
}

const LONGEST_TRAITS = 256
