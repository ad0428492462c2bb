import { resolve } from 'node:path'
import type { Command } from 'commander'
import { checkCredentials } from '../config/check-credentials.ts'
import { checkFiles } from '../config/check-files.ts'
import { formatListen } from '../config/address.ts'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/paths.ts'
import { formatProblem, sortProblems, type ConfigProblem } from '../config/problem.ts'
import { systemLater } from '../lib/later.ts'
import type { Running } from '../serve.ts'
import type { Stores } from '../store/store.ts'
import { checkTheme } from './check-theme.ts'
import { refuseDebugging } from './debugging.ts'
import { followConfig } from './follow-config.ts'
import { lastResort } from './last-resort.ts'
import { configProblems, withVault, type OpenedVault } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, type Outcome } from './outcome.ts'
import { enterSandbox, grantsOf, refuseWideSandbox } from './sandbox.ts'
import { table } from './secret-show.ts'
import { paint } from './show.ts'
import { keepMark, refuseOlderStore } from './store-age.ts'
import type { Terminal } from './terminal.ts'
import type { Does, World } from './world.ts'

export function addStart(program: Command, does: Does): void {
  withCommonOptions(program.command('start'))
    .description(
      'Run the gateway until Ctrl-C or SIGTERM. A changed cloakroom.yaml is taken while it runs; SIGHUP reads it at once, and opens the log files anew.',
    )
    .option('--sandbox', 'only its own folders, no child processes, no addons: under Node’s permission model')
    .addHelpText(
      'after',
      '\nExamples:\n  cloakroom start\n  cloakroom start --sandbox\n  cloakroom start --config /etc/cloakroom/cloakroom.yaml\n\nIt does not start with a configuration, a key or a credential that `cloakroom check` would refuse: exit code 78.',
    )
    .action(does((world: World, options: StartOptions) => start(world, options)))
}

interface StartOptions extends CommonOptions {
  readonly sandbox?: boolean
}

async function start(world: World, options: StartOptions): Promise<Outcome> {
  const { node, argv, env } = world.terminal
  const open = refuseDebugging(node, env['NODE_OPTIONS']) ?? refuseWideSandbox(node)
  if (open !== null) return open
  node.disarmDebugger()
  const loaded = loadConfig(resolve(world.terminal.cwd, options.config))
  if (loaded.kind === 'problems') return configProblems(loaded.problems, options.config)
  const missing = [...checkFiles(loaded.config, loaded.locate), ...checkTheme(loaded.config, loaded.locate)]
  if (missing.length > 0) return configProblems(sortProblems([...missing, ...loaded.warnings]), options.config)
  if (options.sandbox === true && node.confined === null) return enterSandbox(loaded.config, node, argv)
  if (node.confined !== null) tellSandbox(world.terminal)
  return await withVault(world, options.config, async (opened) => {
    const older = await refuseOlderStore(opened)
    if (older !== null) return older
    const held = checkCredentials(loaded.config, loaded.locate, await opened.vault.list(), world.clock())
    const problems = sortProblems([...loaded.warnings, ...held])
    if (problems.some(({ severity }) => severity === 'error')) return configProblems(problems, options.config)
    return await run(world, options, { ...opened, config: loaded.config }, problems)
  })
}

function tellSandbox(terminal: Terminal): void {
  const { read, write } = grantsOf(terminal.node)
  const lines = [`reads   ${read.join(', ')}`, `writes  ${write.join(', ')}`, 'the network; no child processes, addons or workers']
  terminal.err(`In the sandbox:\n${lines.map((line) => `  ${line}\n`).join('')}`)
}

function filesOf({ rules }: Config): readonly string[] {
  return typeof rules === 'string' ? [] : rules.files
}

/** Ten seconds: what load balancers and systemd give a request to finish. */
const GRACE_MS = 10_000

async function run(world: World, options: CommonOptions, opened: OpenedVault, warnings: readonly ConfigProblem[]): Promise<Outcome> {
  const { config, stores, vault } = opened
  const { terminal } = world
  for (const warning of warnings) terminal.err(`${formatProblem(warning, options.config)}\n`)
  await opened.note({ kind: 'config.loaded', target: config.file, detail: { unsafe: warnings.map(({ key }) => key).join(' ') } })
  const { promise: stopAsked, resolve: askStop } = Promise.withResolvers<void>()
  const offStop = terminal.onStop(askStop)
  // Loaded here: no other command needs the proxy's libraries, and each would wait for them.
  const { serve } = await import('../serve.ts')
  let running: Running | null = null
  const offCrash = lastResort({ terminal, running: () => running, clock: world.clock, later: systemLater })
  running = await serve({
    config,
    stores,
    vault,
    clock: world.clock,
    random: world.random,
    later: systemLater,
    onNotice: (text) => terminal.err(`${text}\n`),
  })
  terminal.node.fitHeapToService()
  const following = followConfig({
    file: resolve(terminal.cwd, options.config),
    started: filesOf(config),
    running,
    vault,
    clock: world.clock,
    later: systemLater,
    onNotice: (text) => terminal.err(`${text}\n`),
  })
  const stopMarking = keepMark(opened, systemLater, (text) => terminal.err(`${text}\n`))
  const offHangup = terminal.onHangup(() => {
    running.reopenLogs()
    void following.reload()
  })
  try {
    if (options.json === true) {
      terminal.err(setupText(running))
      terminal.out(`${JSON.stringify({ origin: running.publicOrigin, port: running.port, adminPort: running.adminPort })}\n`)
    } else terminal.err(await ready(config, running, stores, terminal))
    await stopAsked
    // A second Ctrl-C: no more patience.
    terminal.onStop(() => terminal.exitNow(130))
    if (options.json !== true) terminal.err('Stopping: requests under way may finish.\n')
    await running.close(GRACE_MS)
  } finally {
    stopMarking()
    following.stop()
    offHangup()
    offStop()
    offCrash()
  }
  return options.json === true ? done('', { stopped: true }) : done('', null)
}

function accessText(access: Config['apis'][string]['access']): string {
  if (typeof access === 'string') return access
  if ('jwt' in access) return `jwt of ${access.jwt.issuer}`
  return 'fresh' in access ? 'fresh' : `role ${access.role}`
}

async function ready(config: Config, running: Running, stores: Stores, terminal: Terminal): Promise<string> {
  const rows = [
    ...Object.entries(config.apis).map(([name, api]) => [name, `${api.path}/…`, `→ ${api.upstream}`, accessText(api.access)]),
    ...(config.site === null ? [] : [['site', '/', `→ ${config.site.folder ?? config.site.devServer ?? ''}`, '']]),
    [
      'admin',
      '',
      formatListen({ host: config.admin.listen.host, port: running.adminPort }),
      config.admin.api ? '/healthz /metrics /admin' : '/healthz /metrics',
    ],
  ]
  const needsAccounts = Object.values(config.apis).some(({ access }) => access === 'login' || typeof access === 'object')
  const lonely = needsAccounts && (await stores.accounts.list()).length === 0
  const hint = lonely ? '\nNobody can sign in yet: cloakroom account add NAME\n' : ''
  return `\n${paint('bold', running.publicOrigin, terminal)} is open.\n\n${table(rows, '  ')}\n${hint}${setupText(running)}\nCtrl-C stops it.\n\n`
}

/** For whoever looks at this terminal, or may read the service's journal. */
function setupText({ setupCode }: Running): string {
  return setupCode === null ? '' : `\nNobody administers it yet. Within an hour this code makes the first owner, once: ${setupCode}\n`
}
