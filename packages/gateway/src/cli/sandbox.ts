import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'
import { certificateFiles, type Config } from '../config/paths.ts'
import { EXIT, failed, type Outcome } from './outcome.ts'
import type { NodeProcess } from './node-process.ts'

/** The folders and files of one installation; everything else is closed. */
export interface Sandbox {
  readonly read: readonly string[]
  readonly write: readonly string[]
}

export function sandboxOf(config: Config): Sandbox {
  const { key } = config.vault
  const keys = 'file' in key ? [key.file] : 'passphrase' in key && key.passphrase !== 'prompt' ? [key.passphrase.file] : []
  const named = [
    config.folder,
    ...keys,
    config.site?.folder ?? null,
    config.theme.logo,
    // Renewal replaces the files, which shows in their folders.
    ...(config.tls === null ? [] : [dirname(config.tls.cert), dirname(config.tls.key)]),
    ...Object.values(config.apis).flatMap((api) => [
      api.upstreamCa,
      certificateFiles(api)?.cert ?? null,
      certificateFiles(api)?.key ?? null,
    ]),
  ]
  const { mark } = config.vault
  const write = real([config.store, ...[config.log.file, mark].filter((path) => path !== null)])
  return { read: real([...codeFolders(), ...named.filter((path) => path !== null), ...write]), write }
}

/** Starts this command anew under Node's permission model; returns only when that cannot be done. */
export function enterSandbox(config: Config, node: NodeProcess, argv: readonly string[]): Outcome {
  if ('exec' in config.vault.key)
    return failed(
      EXIT.configuration,
      'The sandbox allows no child processes, and `vault.key.exec` is one.',
      'Use a key file or `passphrase: { file: … }`, or start without --sandbox and confine the process from outside (docs/deploy.md).',
    )
  // Not the link in a bin folder that it may have been started by: that one lies outside of what is granted.
  const args = [...sandboxArgs(sandboxOf(config), node), realpathSync(node.script), ...argv]
  node.become(args)
  return failed(
    EXIT.unavailable,
    'This system cannot replace a process by another.',
    `Start it in the sandbox yourself: ${[node.execPath, ...args].map(quoted).join(' ')}`,
  )
}

function sandboxArgs({ read, write }: Sandbox, { execArgv, major }: Pick<NodeProcess, 'execArgv' | 'major'>): readonly string[] {
  return [
    ...execArgv,
    '--permission',
    ...read.map((path) => `--allow-fs-read=${path}`),
    ...write.map((path) => `--allow-fs-write=${path}`),
    // Node 24 leaves the network open under --permission; 25 closed it, and calls the flag experimental at each start.
    ...(major >= 25 ? ['--allow-net', '--disable-warning=ExperimentalWarning'] : []),
    '--disable-sigusr1',
  ]
}

/** A word as a POSIX shell reads it back. */
function quoted(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}

/** What this process was granted, for its owner to read. */
export function grantsOf({ execArgv }: Pick<NodeProcess, 'execArgv'>): Sandbox {
  const after = (flag: string) => execArgv.filter((word) => word.startsWith(flag)).map((word) => word.slice(flag.length))
  return { read: after('--allow-fs-read='), write: after('--allow-fs-write=') }
}

/** Null when the confinement is real. NODE_OPTIONS could have widened it. */
export function refuseWideSandbox({ confined }: NodeProcess): Outcome | null {
  if (confined === null || confined.mayAll.length === 0) return null
  return failed(
    EXIT.configuration,
    `The sandbox is open: ${confined.mayAll.join(', ')}.`,
    'Take options that begin with --allow- out of NODE_OPTIONS and of the command line.',
  )
}

/** This package, what it imports, and the manifests on the way that Node reads to find it. */
function codeFolders(): readonly string[] {
  const own = realpathSync(resolve(import.meta.dirname, '../..'))
  const found: string[] = [own]
  for (let folder = own; ; folder = dirname(folder)) {
    const modules = join(folder, 'node_modules')
    if (existsSync(modules)) found.push(modules, ...siblings(modules))
    if (existsSync(join(folder, 'package.json'))) found.push(join(folder, 'package.json'))
    if (folder === dirname(folder)) return found
  }
}

/** In a workspace, packages are links to their folders. */
function siblings(modules: string): readonly string[] {
  const scope = join(modules, '@cloakroom')
  return existsSync(scope) ? readdirSync(scope).map((name) => realpathSync(join(scope, name))) : []
}

/** Each path as written and as it really is, without what lies in another one's folder. */
function real(paths: readonly string[]): readonly string[] {
  const all = [...new Set(paths.flatMap((path) => (existsSync(path) ? [path, realpathSync(path)] : [path])))]
  return all.filter((path) => !all.some((other) => other !== path && path.startsWith(join(other, sep))))
}
