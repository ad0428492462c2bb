import { auditEvent } from '../audit/event.ts'
import { checkCredentials, type HeldCredential } from '../config/check-credentials.ts'
import { checkFiles } from '../config/check-files.ts'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/paths.ts'
import { formatProblem, sortProblems, type ConfigProblem } from '../config/problem.ts'
import { watchFile } from '../config/watch-file.ts'
import type { Clock } from '../lib/clock.ts'
import type { Later } from '../lib/later.ts'
import type { Running } from '../serve.ts'
import { checkTheme } from './check-theme.ts'

export interface FollowOptions {
  /** Absolute path of cloakroom.yaml. */
  readonly file: string
  /** Further files that the configuration in force was read from. */
  readonly started: readonly string[]
  readonly running: Pick<Running, 'take' | 'audit'>
  readonly vault: { list(): Promise<readonly HeldCredential[]> }
  readonly clock: Clock
  readonly later: Later
  readonly onNotice: (text: string) => void
}

/** A running gateway follows its file: what is good is in force for the next request, what is not changes nothing and is said. */
export interface Following {
  /** Reads the file now. While another reading is under way, one more follows it. */
  reload(): Promise<void>
  stop(): void
}

export function followConfig({ file, started, running, vault, clock, later, onNotice }: FollowOptions): Following {
  let underWay: Promise<void> | null = null
  /** A reading is asked for; never again once it is stopped. */
  let again = false
  let stopped = false

  function reload(): Promise<void> {
    again = !stopped
    underWay ??= readAll().finally(() => {
      underWay = null
    })
    return underWay
  }

  /** One after the other: two readings of a file that changes in between could otherwise end in the wrong order. */
  async function readAll(): Promise<void> {
    while (again) {
      again = false
      try {
        await readOnce()
      } catch (cause) {
        // The store did not answer, or a file went away after it was checked: nothing was put in force.
        reject([], cause instanceof Error ? cause.message : String(cause))
      }
    }
  }

  async function readOnce(): Promise<void> {
    const read = await readConfig(file, vault, clock())
    if (stopped) return
    followAlso(read.files)
    if (read.kind === 'problems') {
      reject(read.problems, null)
      return
    }
    const taken = running.take(read.config)
    const restart = taken.restart.join(', ')
    if (taken.kind === 'impossible') {
      reject(taken.problems, `It does not fit the values that only a restart can change: ${restart}.`)
      return
    }
    for (const warning of read.warnings) onNotice(formatProblem(warning, file))
    const waits = restart === '' ? '' : ` Needs a restart: ${restart}.`
    onNotice(`${file} was read again and is in force.${waits}`)
    const unsafe = read.warnings.map(({ key }) => key).join(' ')
    running.audit.note(auditEvent({ kind: 'config.loaded', at: clock(), target: file, detail: { unsafe, restart } }))
  }

  function reject(problems: readonly ConfigProblem[], why: string | null): void {
    const lines = [...problems.map((problem) => formatProblem(problem, file)), ...(why === null ? [] : [why])]
    onNotice(`${lines.join('\n')}\n${file} was not taken: the configuration in force stays.`)
    const codes = [...new Set(problems.map(({ code }) => code))]
    running.audit.note(
      auditEvent({
        kind: 'config.rejected',
        at: clock(),
        target: file,
        result: 'refused',
        reason: codes[0] ?? 'unusable',
        detail: { codes: codes.join(' ') },
      }),
    )
  }

  const follow = (path: string): (() => void) =>
    watchFile(path, {
      later,
      onChange: () => void reload(),
      onBlind: (folder) => onNotice(`${folder} cannot be watched: send SIGHUP after a change.`),
    })
  const unwatch = follow(file)
  /** guard.yaml, its lists and databases, as the last reading named them. */
  const named = new Map<string, () => void>()
  followAlso(started)

  function followAlso(files: readonly string[]): void {
    for (const [path, stop] of named) if (!files.includes(path) && named.delete(path)) stop()
    for (const path of files) if (!named.has(path)) named.set(path, follow(path))
  }

  return {
    reload,
    stop() {
      stopped = true
      again = false
      unwatch()
      followAlso([])
    },
  }
}

type ReadConfig =
  | { readonly kind: 'config'; readonly config: Config; readonly warnings: readonly ConfigProblem[]; readonly files: readonly string[] }
  | { readonly kind: 'problems'; readonly problems: readonly ConfigProblem[]; readonly files: readonly string[] }

/** All that `cloakroom start` checks, with the vault that is open already. */
async function readConfig(file: string, vault: FollowOptions['vault'], at: number): Promise<ReadConfig> {
  const loaded = loadConfig(file)
  if (loaded.kind === 'problems') return { ...loaded, files: loaded.files ?? [] }
  const { config, locate } = loaded
  const held = checkCredentials(config, locate, await vault.list(), at)
  const problems = sortProblems([...loaded.warnings, ...checkFiles(config, locate), ...checkTheme(config, locate), ...held])
  const fatal = problems.some(({ severity }) => severity === 'error')
  const files = typeof config.rules === 'string' ? [] : config.rules.files
  return fatal ? { kind: 'problems', problems, files } : { kind: 'config', config, warnings: problems, files }
}
