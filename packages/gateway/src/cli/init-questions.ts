import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { isLoopbackHost, parseHttpUrl } from '../config/address.ts'
import { parseAllow } from '../config/allow.ts'
import { API_NAME } from '../config/schema-api.ts'
import { canonicalTarget } from '../decide/head.ts'
import { parsePlacement, type Placement } from '../decide/credential.ts'
import { askChoice, askText, type Asked, type Option, prompts } from './ask.ts'
import { proposeName, type InitOptions, type Wishes } from './init-wishes.ts'
import type { Terminal } from './terminal.ts'

type Place = 'bearer' | 'header' | 'query' | 'basic' | 'none'

const PLACES: readonly Option<Place>[] = [
  { value: 'bearer', label: 'Authorization: Bearer …', hint: 'most APIs' },
  { value: 'header', label: 'a header of its own', hint: 'as in X-API-Key: …' },
  { value: 'query', label: 'a query parameter', hint: 'as in ?key=…' },
  { value: 'basic', label: 'user and password', hint: 'HTTP Basic' },
  { value: 'none', label: 'it needs no secret', hint: '' },
]

const ACCESS: readonly Option<'login' | 'visitor' | 'public'>[] = [
  { value: 'login', label: 'whoever has signed in', hint: 'accounts are added afterwards' },
  { value: 'visitor', label: 'whoever has opened the website', hint: 'anonymous, with a limit on calls' },
  { value: 'public', label: 'everybody', hint: 'reading only' },
]

/** The questions of `init`, in an order in which each answer proposes the next. Flags that were given are not asked again. */
export async function askInteractively(terminal: Terminal, options: InitOptions): Promise<Asked<Wishes>> {
  const { intro } = await prompts()
  intro('cloakroom: the website never sees the API’s secret', { output: terminal.stderr })
  const typed = await given(options.upstream, () => askText(terminal, 'Where is the API? (its URL)', 'https://', wrongUpstream))
  if (typed.kind === 'none') return typed
  const upstream = { kind: 'answer', value: pasted(typed.value) } as const
  const api = await given(options.api, () =>
    askText(terminal, 'A short name for it', proposeName(upstream.value), (value) =>
      API_NAME.test(value) ? null : 'Lower-case letters, digits, hyphens.',
    ),
  )
  if (api.kind === 'none') return api
  const path = await given(options.path, () => askText(terminal, 'Where shall the website call it?', `/api/${api.value}`, wrongPath))
  if (path.kind === 'none') return path
  const placement = await askPlacement(terminal, options.place)
  if (placement.kind === 'none') return placement
  const allow = options.allow === undefined ? await askAllow(terminal) : ({ kind: 'answer', value: options.allow } as const)
  if (allow.kind === 'none') return allow
  const access = await given<string>(options.access, () => askChoice(terminal, 'Who may call it?', ACCESS))
  if (access.kind === 'none') return access
  const proposal = ['public', 'dist', 'www'].find((name) => existsSync(resolve(terminal.cwd, name)))
  const site = await given(options.site, () =>
    askText(
      terminal,
      'The website: its folder, or a dev server’s URL (empty: served elsewhere)',
      proposal === undefined ? '' : `./${proposal}`,
      () => null,
    ),
  )
  if (site.kind === 'none') return site
  return {
    kind: 'answer',
    value: {
      api: api.value,
      path: path.value,
      upstream: upstream.value,
      placement: placement.value,
      allow: allow.value,
      access: access.value,
      site: site.value.trim() === '' ? null : site.value.trim(),
    },
  }
}

async function askPlacement(terminal: Terminal, flag: string | undefined): Promise<Asked<Placement | null>> {
  if (flag === 'none') return { kind: 'answer', value: null }
  const fromFlag = flag === undefined ? null : parsePlacement(flag)
  if (fromFlag !== null) return { kind: 'answer', value: fromFlag }
  const chosen = await askChoice(terminal, 'How does it want its secret?', PLACES)
  if (chosen.kind === 'none') return chosen
  const question = {
    header: 'The header’s name',
    query: 'The parameter’s name',
    basic: 'The user name (empty: the secret is user:password)',
    bearer: null,
    none: null,
  }[chosen.value]
  if (question === null) return { kind: 'answer', value: chosen.value === 'none' ? null : { kind: 'bearer' } }
  const spell = (name: string): string => (name.trim() === '' && chosen.value === 'basic' ? 'basic' : `${chosen.value}:${name.trim()}`)
  const name = await askText(terminal, question, chosen.value === 'header' ? 'X-API-Key' : chosen.value === 'query' ? 'key' : '', (value) =>
    parsePlacement(spell(value)) === null ? 'This name cannot be used.' : null,
  )
  return name.kind === 'none' ? name : { kind: 'answer', value: parsePlacement(spell(name.value)) }
}

async function askAllow(terminal: Terminal): Promise<Asked<readonly string[]>> {
  const wrong = (value: string): string | null => {
    const refused = split(value)
      .map(parseAllow)
      .find((line) => line.kind === 'refused')
    return split(value).length === 0 ? 'Nothing would pass.' : refused?.kind === 'refused' ? `${refused.text} ${refused.fix}` : null
  }
  const said = await askText(terminal, 'What may the website do? (method and path, several with commas)', 'GET /**', wrong)
  return said.kind === 'none' ? said : { kind: 'answer', value: split(said.value) }
}

function split(value: string): readonly string[] {
  return value
    .split(',')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

/** A URL that was pasted whole behind the proposed `https://` would else be one of a machine named `https`. */
function pasted(url: string): string {
  return url.trim().replace(/^https?:\/\/(?=https?:\/\/)/i, '')
}

function wrongUpstream(value: string): string | null {
  const url = parseHttpUrl(pasted(value))
  if (url === null) return 'Write an http or https URL without user, password and query.'
  return url.protocol === 'http:' && !isLoopbackHost(url.hostname)
    ? 'Over plain http the secret could be read on the way: use https.'
    : null
}

function wrongPath(value: string): string | null {
  const target = canonicalTarget(value)
  return target.kind === 'target' && target.path === value && value.length > 1 && !value.endsWith('/')
    ? null
    : 'Write a prefix of plain segments, as in /api/shop.'
}

async function given<T extends string>(flag: T | undefined, ask: () => Promise<Asked<T>>): Promise<Asked<T>> {
  return flag === undefined ? await ask() : { kind: 'answer', value: flag }
}
