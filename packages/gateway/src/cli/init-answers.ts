import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseHttpUrl } from '../config/address.ts'
import { API_NAME, CREDENTIAL_NAME } from '../config/schema-api.ts'
import { parsePlacement, type Placement } from '../decide/credential.ts'
import { askHidden, type Asked } from './ask.ts'
import { askInteractively } from './init-questions.ts'
import { proposeName, type InitOptions, type Wishes } from './init-wishes.ts'
import { EXIT, failed, type Outcome } from './outcome.ts'
import { PLACEMENTS } from './secret-add.ts'
import type { World } from './world.ts'

export interface Answers extends Wishes {
  /** Null when the API needs none. The value is zeroed when it is sealed. */
  readonly secret: { readonly name: string; readonly value: Buffer; readonly placement: Placement } | null
  readonly publicUrl: string | null
  readonly https: boolean
}

/** From questions where there is a terminal, else from flags and standard input. Writes nothing. */
export async function gatherAnswers(world: World, options: InitOptions): Promise<Asked<Answers>> {
  const { terminal } = world
  const interactive = terminal.isInteractive && options.yes !== true
  const inTheWay = refuseOverwrite(terminal.cwd, options)
  if (inTheWay !== null) return none(inTheWay)
  const wishes = interactive ? await askInteractively(terminal, options) : wishesOf(options, terminal.cwd)
  if (wishes.kind === 'none') return wishes
  const { api, placement, upstream } = wishes.value
  const name = options.credential ?? `${api}-key`
  if (!CREDENTIAL_NAME.test(name))
    return none(
      failed(
        EXIT.usage,
        '--credential is not a name for a credential.',
        'Use at most 40 lower-case letters, digits and hyphens, as in shop-key. Never the secret itself.',
      ),
    )
  const rest = { publicUrl: options.publicUrl ?? null, https: options.https === true }
  if (placement === null) return { kind: 'answer', value: { ...wishes.value, ...rest, secret: null } }
  const asked = await askHidden(terminal, `The secret that ${new URL(upstream).host} wants`, options.secretFile ?? null)
  if (asked.kind === 'none') return asked
  return { kind: 'answer', value: { ...wishes.value, ...rest, secret: { name, value: asked.value, placement } } }
}

/** Before any question: nobody types a secret for a command that then refuses. */
function refuseOverwrite(cwd: string, options: InitOptions): Outcome | null {
  if (!existsSync(resolve(cwd, options.config))) return null
  return failed(
    EXIT.cannotCreate,
    `${options.config} exists already; it was not touched.`,
    'Add an API to it by hand, or name another file with --config.',
  )
}

function wishesOf(options: InitOptions, cwd: string): Asked<Wishes> {
  const { upstream, place, access = 'login' } = options
  if (upstream === undefined)
    return none(failed(EXIT.usage, '--upstream is missing: where is the API?', 'Add it, as in --upstream https://api.example.com/v1.'))
  if (parseHttpUrl(upstream) === null)
    return none(
      failed(
        EXIT.usage,
        '--upstream is not an http or https URL without user, password and query.',
        'Write it as in --upstream https://api.example.com/v1. The secret is asked for separately.',
      ),
    )
  if (place === undefined)
    return none(failed(EXIT.usage, '--place is missing: where does the API want its secret?', `Add one of: ${PLACEMENTS}, or none.`))
  const placement = place === 'none' ? null : parsePlacement(place)
  if (placement === null && place !== 'none')
    return none(failed(EXIT.usage, '--place does not say where the secret goes.', `Write one of: ${PLACEMENTS}, or none.`))
  const api = options.api ?? proposeName(upstream)
  if (!API_NAME.test(api))
    return none(
      failed(
        EXIT.usage,
        '--api is not a name.',
        'Use at most 40 lower-case letters, digits and hyphens, beginning with a letter, as in shop.',
      ),
    )
  if (!['public', 'visitor', 'login'].includes(access))
    return none(failed(EXIT.usage, '--access does not say who may call.', 'Write public, visitor or login.'))
  const site = options.site ?? (existsSync(resolve(cwd, 'public')) ? './public' : null)
  return {
    kind: 'answer',
    value: { api, path: options.path ?? `/api/${api}`, upstream, placement, allow: options.allow ?? ['GET /**'], access, site },
  }
}

function none<T>(outcome: Outcome): Asked<T> {
  return { kind: 'none', outcome }
}
