import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { compilePolicy } from '../config/compile.ts'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/paths.ts'
import { examineApi } from '../doctor/api.ts'
import { note, ok, problem, type Finding } from '../doctor/finding.ts'
import { examineCertificate, examineCookies, examineDisk } from '../doctor/machine.ts'
import { createExchange } from '../forward/exchange.ts'
import { createForward } from '../forward/forward.ts'
import { formatFindings } from '../doctor/report.ts'
import { examineSlots } from '../doctor/slots.ts'
import { checkIntegrity } from '../store/sqlite/integrity.ts'
import type { KeyProvider } from '../vault/keys/provider.ts'
import { passphraseKey } from '../vault/keys/passphrase.ts'
import { askHidden, askYes } from './ask.ts'
import { isLoopbackHost } from '../config/address.ts'
import { configProblems, keyOf, passphraseAsker, withVault, type OpenedVault } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import { readRecoveryPassphrase } from './recovery.ts'
import type { Does, World } from './world.ts'

interface DoctorOptions extends CommonOptions {
  readonly yes?: boolean
  readonly probe: boolean
  readonly path?: string
  readonly recoveryFile?: string
}

export function addDoctor(program: Command, does: Does): void {
  withCommonOptions(program.command('doctor'))
    .description(
      'Examine the whole installation: keys, store, certificates, clocks, upstreams; and try to call each API round the gateway.',
    )
    .option('--path <path>', 'what to ask each API for, below its `path`, as in /orders; else the first GET line of `allow`')
    .option('--recovery-file <file>', 'the recovery passphrase, to see that it still opens the vault; asked for at a terminal')
    .option('--no-probe', 'send nothing to any API')
    .option('-y, --yes', 'send to APIs on other machines without asking')
    .addHelpText(
      'after',
      `
Examples:
  cloakroom doctor
  cloakroom doctor --path /orders --yes
  cloakroom doctor --no-probe --json

It sends at most ten GET requests to each API that is in the configuration, and to nothing else; off this machine only if you say so.
Exit code 0 when there is no problem, 1 when there is one, 78 when cloakroom.yaml cannot be used.`,
    )
    .action(does((world: World, options: DoctorOptions) => doctor(world, options)))
}

async function doctor(world: World, options: DoctorOptions): Promise<Outcome> {
  const loaded = loadConfig(resolve(world.terminal.cwd, options.config))
  if (loaded.kind === 'problems') return configProblems(loaded.problems, options.config)
  if (options.path !== undefined && !/^\/[\x21-\x7e]*$/.test(options.path))
    return failed(EXIT.usage, '--path is not a path.', 'Write it as in --path /orders.')
  const { config } = loaded
  // First, and without opening them: what is damaged may not open at all.
  const stores = storesOf(config)
  if (stores.some(({ level }) => level === 'problem')) return told(stores)
  return await withVault(world, options.config, async (opened) => {
    const now = world.clock()
    const findings: Finding[] = [
      ...(await slotsOf(world, opened, options)),
      ...stores,
      ...(await examineCertificate(config, now)),
      examineCookies(compilePolicy(config).publicOrigin),
      ...(await apisOf(world, opened, config, options)),
    ]
    return told(findings)
  })
}

function told(findings: readonly Finding[]): Outcome {
  const isBad = findings.some(({ level }) => level === 'problem')
  return done(formatFindings(findings), { findings }, isBad ? EXIT.failed : EXIT.ok)
}

function storesOf({ store }: Config): readonly Finding[] {
  if (!existsSync(store))
    return [problem('store', `There is no store in ${store} yet.`, 'Make one with `cloakroom init`, or correct `store`.')]
  const whole = checkIntegrity(store).map(({ file, damage }) =>
    damage === null ? ok('store', `${file} is whole.`) : problem('store', `${file}: ${damage}.`, 'Stop the gateway, and restore a backup.'),
  )
  return [...whole, examineDisk(store)]
}

async function slotsOf(world: World, { config, stores }: OpenedVault, options: DoctorOptions): Promise<readonly Finding[]> {
  const meta = await stores.vault.readMeta()
  const main = keyOf(config, world.terminal, passphraseAsker(world.terminal, 'The vault’s passphrase').ask)
  return await examineSlots(await stores.vault.slots(), meta?.vaultId ?? '', main, await recoveryOf(world, options))
}

/** Null when nobody can be asked, or does not want to say. */
async function recoveryOf({ terminal }: World, { recoveryFile, json }: DoctorOptions): Promise<KeyProvider | null> {
  if (recoveryFile === undefined && (json === true || !terminal.isInteractive)) return null
  const asked = await askHidden(terminal, 'The recovery passphrase (Enter: do not try it)', recoveryFile ?? null)
  if (asked.kind === 'none' || asked.value.length === 0) return null
  const phrase = readRecoveryPassphrase(asked.value.toString('utf8'))
  return passphraseKey(() => Promise.resolve(phrase))
}

async function apisOf(world: World, opened: OpenedVault, config: Config, options: DoctorOptions): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const forward = createForward({ clock: world.clock })
  opened.vault.connect(createExchange(forward))
  for (const api of compilePolicy(config).apis) {
    const settings = config.apis[api.name]
    if (settings === undefined) continue
    const { hostname, origin } = new URL(api.upstreamOrigin)
    const mayProbe = options.probe && (isLoopbackHost(hostname) || options.yes === true || (await maySend(world, options, origin)))
    const ca = settings.upstreamCa === null ? null : readFileSync(settings.upstreamCa, 'utf8')
    const { clientCertificate, allow } = settings
    const examined = { api, clientCertificate, allow, path: options.path ?? null, ca, vault: opened.vault, now: world.clock }
    findings.push(...(await examineApi(examined, mayProbe)))
    if (!mayProbe) findings.push(note(`api ${api.name}`, `Nothing was sent to ${origin}.`, 'To try it: cloakroom doctor --yes'))
  }
  await forward.close()
  return findings
}

async function maySend({ terminal }: World, { json }: DoctorOptions, origin: string): Promise<boolean> {
  if (!terminal.isInteractive || json === true) return false
  const asked = await askYes(terminal, `Send up to ten GET requests to ${origin}?`)
  return asked.kind === 'answer' && asked.value
}
