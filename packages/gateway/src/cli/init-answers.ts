import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseHttpUrl } from '../config/address.ts'
import { API_NAME, CREDENTIAL_NAME } from '../config/schema-api.ts'
import { parsePlacement, type Placement } from '../decide/credential.ts'
import type { Asked } from './ask.ts'
import { askInteractively } from './init-questions.ts'
import { proposeName, type InitOptions, type Wishes } from './init-wishes.ts'
import { EXIT, failed, type Outcome } from './outcome.ts'
import { PLACEMENTS } from './secret-add.ts'
import type { World } from './world.ts'

/** Everything that the configuration says. The secret itself is asked for last, when all else has been found good. */
export interface Answers extends Wishes {
  /** Null when the API needs none. */
  readonly secret: { readonly name: string; readonly placement: Placement } | null
  readonly publicUrl: string | null
  readonly https: boolean
}

/** From questions where there is a terminal, else from flags. Writes nothing. */
export async function gatherAnswers({ terminal }: World, options: InitOptions): Promise<Asked<Answers>> {
  const refused = refuseOverwrite(terminal.cwd, options) ?? refuseFlags(options)
  if (refused !== null) return none(refused)
  const interactive = terminal.isInteractive && options.yes !== true
  const wishes = interactive ? await askInteractively(terminal, options) : wishesOf(options, terminal.cwd)
  if (wishes.kind === 'none') return wishes
  const { api, placement } = wishes.value
  const secret = placement === null ? null : { name: options.credential ?? proposeCredential(api), placement }
  return { kind: 'answer', value: { ...wishes.value, secret, publicUrl: options.publicUrl ?? null, https: options.https === true } }
}

/** Before any question: nobody answers for a command that then refuses. */
function refuseOverwrite(cwd: string, options: InitOptions): Outcome | null {
  if (!existsSync(resolve(cwd, options.config))) return null
  const fix = 'Add an API to it by hand, or name another file with --config.'
  return failed(EXIT.cannotCreate, `${options.config} exists already; it was not touched.`, fix)
}

/** Flags that were given and cannot be used, whatever else is answered. Values are not quoted: one might be the secret. */
function refuseFlags({ upstream, place, api, access, credential }: InitOptions): Outcome | null {
  if (upstream !== undefined && parseHttpUrl(upstream) === null) {
    const fix = 'Write it as in --upstream https://api.example.com/v1. The secret is asked for separately.'
    return failed(EXIT.usage, '--upstream is not an http or https URL without user, password and query.', fix)
  }
  if (place !== undefined && place !== 'none' && parsePlacement(place) === null) {
    return failed(EXIT.usage, '--place does not say where the secret goes.', `Write one of: ${PLACEMENTS}, or none.`)
  }
  if (api !== undefined && !API_NAME.test(api)) {
    const fix = 'Use at most 40 lower-case letters, digits and hyphens, beginning with a letter, as in shop.'
    return failed(EXIT.usage, '--api is not a name.', fix)
  }
  if (access !== undefined && !['public', 'visitor', 'login'].includes(access)) {
    return failed(EXIT.usage, '--access does not say who may call.', 'Write public, visitor or login.')
  }
  if (credential !== undefined && !CREDENTIAL_NAME.test(credential)) {
    const fix = 'Use at most 40 lower-case letters, digits and hyphens, as in shop-key. Never the secret itself.'
    return failed(EXIT.usage, '--credential is not a name for a credential.', fix)
  }
  return null
}

function wishesOf(options: InitOptions, cwd: string): Asked<Wishes> {
  const { upstream, place, access = 'login' } = options
  if (upstream === undefined) {
    return none(failed(EXIT.usage, '--upstream is missing: where is the API?', 'Add it, as in --upstream https://api.example.com/v1.'))
  }
  if (place === undefined) {
    return none(failed(EXIT.usage, '--place is missing: where does the API want its secret?', `Add one of: ${PLACEMENTS}, or none.`))
  }
  const placement = place === 'none' ? null : parsePlacement(place)
  const api = options.api ?? proposeName(upstream)
  const site = options.site ?? (existsSync(resolve(cwd, 'public')) ? './public' : null)
  const allow = options.allow ?? ['GET /**']
  return { kind: 'answer', value: { api, path: options.path ?? `/api/${api}`, upstream, placement, allow, access, site } }
}

/** An API's name has at most 40 characters, and so has a credential's. */
function proposeCredential(api: string): string {
  return `${api.slice(0, 36)}-key`
}

function none<T>(outcome: Outcome): Asked<T> {
  return { kind: 'none', outcome }
}
