import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { checkConfig } from './check.ts'
import { checkAgainst } from '../guard/against-config.ts'
import { defaults, type GuardLoading, loadGuard } from '../guard/load.ts'
import { explainIssues } from './explain.ts'
import { resolvePaths, type Config } from './paths.ts'
import { sortProblems, type ConfigProblem, type KeyPath, type Locate } from './problem.ts'
import { configSchema } from './schema.ts'
import { readYaml } from './yaml.ts'

export type LoadedConfig =
  /** `warnings` are daring settings, to be said at every start. */
  | { readonly kind: 'config'; readonly config: Config; readonly locate: Locate; readonly warnings: readonly ConfigProblem[] }
  /** At least one error; every one that could be found at once, in the order of the text. */
  | {
      readonly kind: 'problems'
      readonly problems: readonly ConfigProblem[]
      /** Further files that were read: one of them may be what has to be mended. */
      readonly files?: readonly string[]
    }

/** Nobody writes that much by hand; parsing must stay bounded. */
const LARGEST_BYTES = 1_048_576

/** Reads and checks cloakroom.yaml. Opens no store and no vault: see check-credentials.ts for what only the vault knows. */
export function loadConfig(path: string, { withoutRules = false }: { readonly withoutRules?: boolean } = {}): LoadedConfig {
  const file = resolve(path)
  let text: string
  try {
    if (statSync(file).size > LARGEST_BYTES)
      return unusable('file_too_large', 'This file is larger than 1 MiB.', 'Is it the right file? Name another with --config.')
    text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))
  } catch (cause) {
    return unusable('file_unreadable', ...explainRead(cause))
  }
  const yaml = readYaml(text)
  if (yaml.kind === 'problems') return { kind: 'problems', problems: sortProblems(yaml.problems) }
  if (yaml.value === null)
    return unusable('file_unreadable', 'This file is empty.', 'Make another with `cloakroom init`, or bring it back.')
  return parseConfig(yaml.value, { file, folder: dirname(file), locate: yaml.locate, withoutRules })
}

export interface ConfigOrigin {
  readonly file: string | null
  readonly folder: string
  readonly locate: Locate
  /** For commands that judge no request: a mistake in guard.yaml must not keep anybody from ending a session. */
  readonly withoutRules?: boolean
}

/** Checks a configuration that is already a value: the file's content, or what an embedding program passes in. */
export function parseConfig(value: unknown, origin: ConfigOrigin): LoadedConfig {
  const parsed = configSchema.safeParse(value)
  if (parsed.success) {
    const resolved = resolvePaths(parsed.data, origin.file, origin.folder)
    const guard = origin.withoutRules === true ? ({ kind: 'unread' } as const) : readGuard(resolved)
    const config = { ...resolved, rules: guard.kind === 'guard' ? guard : guard.kind === 'off' ? ('off' as const) : ('unread' as const) }
    const ofGuard = guard.kind === 'problems' ? guard.problems : guard.kind === 'guard' ? checkAgainst(guard, config) : []
    const problems = [...sortProblems(checkConfig(config, origin.locate)), ...ofGuard]
    const fatal = problems.some(({ severity }) => severity === 'error')
    return fatal
      ? { kind: 'problems', problems, ...(guard.kind === 'problems' ? { files: guard.files } : {}) }
      : { kind: 'config', config, locate: origin.locate, warnings: problems }
  }
  const refusals = explainIssues(parsed.error.issues, origin.locate)
  const rest = checkRest(
    value,
    refusals.map(({ path }) => path),
    origin,
  )
  return { kind: 'problems', problems: sortProblems([...refusals.map(({ problem }) => problem), ...rest]) }
}

function readGuard({ guard }: Config): GuardLoading | { readonly kind: 'off' } {
  if (guard === 'off') return { kind: 'off' }
  return guard === null ? defaults() : loadGuard(guard)
}

/** What is wrong beyond the schema, found on a copy without the refused parts, so that nobody has to mend a file one error at a time. */
function checkRest(value: unknown, refused: readonly KeyPath[], origin: ConfigOrigin): readonly ConfigProblem[] {
  if (typeof value !== 'object' || value === null) return []
  const copy = structuredClone(value)
  let paths = refused
  for (let round = 0; round < 4; round += 1) {
    for (const path of paths) remove(copy, path)
    const parsed = configSchema.safeParse(copy)
    if (parsed.success) {
      const gone = new Set(refused.map((path) => path[0]))
      const problems = checkConfig(resolvePaths(parsed.data, origin.file, origin.folder), origin.locate)
      // A default in the place of a refused value proves nothing about the values that belong together with it.
      const entangled = ['listen', 'publicUrl', 'tls', 'trustedProxies'].some((key) => gone.has(key))
      return problems.filter(
        ({ code, key }) =>
          !(entangled && /^(?:public_url|admin_port|upstream_own)/.test(code)) &&
          !(gone.has('sessions') && code === 'session_order') &&
          !gone.has(key),
      )
    }
    // What is missing cannot be taken out: its parent goes.
    paths = parsed.error.issues
      .map(({ path }) => path.slice(0, -1).map((part) => (typeof part === 'number' ? part : String(part))))
      .filter((path) => path.length > 0)
    if (paths.length === 0) return []
  }
  return []
}

/** Deletes a key; of a list, the whole list, because the places of the others would move. */
function remove(root: object, path: KeyPath): void {
  const listAt = path.findIndex((part) => typeof part === 'number')
  const whole = listAt < 0 ? path : path.slice(0, listAt)
  let node: unknown = root
  for (const step of whole.slice(0, -1)) {
    node = typeof node === 'object' && node !== null ? Reflect.get(node, step) : undefined
  }
  const last = whole.at(-1)
  if (typeof node === 'object' && node !== null && last !== undefined) Reflect.deleteProperty(node, last)
}

function unusable(code: 'file_unreadable' | 'file_too_large', text: string, fix: string): LoadedConfig {
  return { kind: 'problems', problems: [{ code, severity: 'error', key: '', line: null, column: null, text, fix }] }
}

function explainRead(cause: unknown): [text: string, fix: string] {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : ''
  if (code === 'ENOENT') return ['There is no such file.', 'Make one with `cloakroom init`, or name another with --config.']
  if (code === 'EISDIR') return ['This is a folder.', 'Name the file in it with --config.']
  if (code === 'EACCES' || code === 'EPERM')
    return ['This file may not be read.', 'Give the user that runs cloakroom the right to read it.']
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return ['This file is not UTF-8 text.', 'Save it as UTF-8.']
  return ['This file cannot be read.', 'Is the disk there? Name another file with --config.']
}
