import { resolve } from 'node:path'
import type { Command } from 'commander'
import { isLoopbackHost, parseOrigin } from '../config/address.ts'
import type { EventParts } from '../audit/event.ts'
import { CREDENTIAL_NAME } from '../config/schema-api.ts'
import { parsePlacement } from '../decide/credential.ts'
import type { VaultOutcome, VaultRefusal } from '../vault/outcome.ts'
import { askHidden } from './ask.ts'
import { withVault, type OpenedVault } from './open.ts'
import { collect, withCommonOptions, type CommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import { formatCredential } from './secret-show.ts'
import { badWindow, generatedRoot, readWindow, refuseGenerate } from './secret-window.ts'
import { readMoment } from './secret-times.ts'
import type { Does, World } from './world.ts'

export const PLACEMENTS = 'bearer, header:NAME, header:NAME=PREFIX, query:NAME, basic or basic:USER'

interface AddOptions extends CommonOptions {
  readonly origin: readonly string[]
  readonly place: string
  readonly secretFile?: string
  readonly notBefore?: string
  readonly notAfter?: string
  readonly window?: string
  readonly generate?: string
}

export function addSecretAdd(secret: Command, does: Does): void {
  withCommonOptions(secret.command('add'))
    .description('Seal a secret in the vault, together with where it may be sent and how.')
    .argument('<name>', 'its name in `credential:`; lower-case letters, digits, hyphens')
    .requiredOption('--origin <origin>', 'where it may be sent, as in https://api.example.com; may be given several times', collect)
    .requiredOption('--place <how>', PLACEMENTS)
    .option('--secret-file <file>', 'read it from a file instead of the prompt or standard input')
    .option('--window <time>', 'send another secret every so often, derived from this one, as in 30s; for an API that compares a string')
    .option('--generate <file>', 'with --window: make the secret, and write it to this new file for the API, once')
    .option('--not-before <when>', 'from when on it is used: a date, or a time from now as in 2h')
    .option('--not-after <when>', 'when it ends: a date as in 2027-03-31, or a time from now as in 90d')
    .addHelpText(
      'after',
      `
Examples:
  cloakroom secret add shop-key --origin https://api.example.com --place bearer < secret.txt
  cloakroom secret add maps-key --origin https://maps.example.com --place query:key
  cloakroom secret add crm-key --origin https://crm.example.com --place header:x-api-key --window 30s --generate root.txt
  cloakroom secret add crm-login --origin https://crm.example.com --place basic:service --not-after 90d

Without < or --secret-file it asks, and shows nothing of what you type.`,
    )
    .action(does((world: World, name: string, options: AddOptions) => secretAdd(world, name, options)))
}

async function secretAdd(world: World, name: string, options: AddOptions): Promise<Outcome> {
  const placement = parsePlacement(options.place)
  if (placement === null) return failed(EXIT.usage, '--place does not say where the secret goes.', `Write one of: ${PLACEMENTS}.`)
  const wrongName = refuseName(name)
  if (wrongName !== null) return wrongName
  for (const origin of options.origin) {
    const read = parseOrigin(origin)
    if (read === null)
      return failed(EXIT.usage, '--origin is not an origin.', 'Write scheme and host alone, as in --origin https://api.example.com.')
    const url = new URL(read)
    if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
      world.terminal.err(
        `warning: ${read} is plain http: the secret would travel readable. The API needs \`unsafeAllowPlainHttp: true\`, too.\n`,
      )
    }
  }
  const now = world.clock()
  const notBefore = options.notBefore === undefined ? null : readMoment(options.notBefore, now)
  const notAfter = options.notAfter === undefined ? null : readMoment(options.notAfter, now)
  const unread = (options.notBefore !== undefined && notBefore === null) || (options.notAfter !== undefined && notAfter === null)
  if (unread) return badMoment()
  const kind = readWindow(options.window)
  if (kind === null) return badWindow()
  const unfit = refuseGenerate(world.terminal, kind, options.generate, options.secretFile)
  if (unfit !== null) return unfit
  return await withVault(world, options.config, async (opened) => {
    const file = options.secretFile === undefined ? null : resolve(world.terminal.cwd, options.secretFile)
    const asked =
      options.generate === undefined
        ? await askHidden(world.terminal, `The secret of ${name}`, file)
        : generatedRoot(world, options.generate)
    if (asked.kind === 'none') return asked.outcome
    const outcome = await opened.vault.add(name, { kind, value: asked.value, placement, origins: options.origin, notBefore, notAfter }, now)
    return await told(outcome, opened, world, 'secret.added', `${name} is in the vault.`)
  })
}

export function badMoment(): Outcome {
  return failed(
    EXIT.usage,
    'A time cannot be read.',
    'Write a date as in 2027-03-31, a time with zone as in 2027-03-31T12:00Z, or a time from now as in 90d.',
  )
}

/** Null when the name can be used. The name is not quoted: it might be the secret. */
export function refuseName(name: string): Outcome | null {
  if (CREDENTIAL_NAME.test(name)) return null
  return failed(
    EXIT.usage,
    'This is not a name for a credential.',
    'Use at most 40 lower-case letters, digits and hyphens, beginning with a letter, as in shop-key. The secret itself is asked for, or piped in.',
  )
}

/** Shows what came of a change, and writes it into the audit trail. */
export async function told(
  outcome: VaultOutcome,
  opened: OpenedVault,
  world: World,
  kind: 'secret.added' | 'secret.rotated' | 'secret.revoked' | 'key.added' | 'key.rotated' | 'key.revoked',
  text: string,
  detail: EventParts['detail'] = {},
): Promise<Outcome> {
  if (outcome.kind === 'refused') return refusedByVault(outcome)
  const { credential, notes } = outcome
  await opened.note({
    kind,
    target: credential.name,
    detail: { version: credential.versions[0]?.version ?? 0, origins: credential.origins.join(' '), ...detail },
  })
  for (const note of notes) world.terminal.err(`note: ${note.text}\n`)
  return done(`${text}\n\n${formatCredential(credential)}`, credential)
}

/** The vault's words: first what is wrong, then what to do. */
export function refusedByVault({ text }: VaultRefusal): Outcome {
  const [problem = text, ...rest] = text.split(/(?<=[.?]) (?=[A-Z])/)
  return failed(EXIT.failed, problem, rest.length > 0 ? rest.join(' ') : 'Nothing was changed.')
}
