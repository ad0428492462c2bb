import { randomUUID } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { findTracing } from './audit/tracing.ts'
import { compose } from './compose.ts'
import { checkCredentials } from './config/check-credentials.ts'
import { compilePolicy } from './config/compile.ts'
import { parseConfig } from './config/load.ts'
import { formatProblem } from './config/problem.ts'
import type { ConfigInput } from './config/schema.ts'
import { nodeDoor } from './door/node.ts'
import { GateError } from './errors.ts'
import { decisionAges, startHousekeeping } from './housekeeping.ts'
import { keySource } from './key-source.ts'
import { systemClock } from './lib/clock.ts'
import { systemLater } from './lib/later.ts'
import { systemRandom } from './lib/random.ts'
import { openSqlite } from './store/sqlite/open.ts'
import { openVault } from './vault/vault.ts'

export interface EmbedOptions {
  /** Relative paths of the configuration begin here. */
  readonly folder: string
  /** For `vault.key: { env: NAME }`: the environment to take it from. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** For `vault.key: { passphrase: prompt }`. */
  readonly passphrase?: () => Promise<string>
  /** For the operator: something failed that does not end the gateway. */
  readonly onNotice?: (text: string) => void
}

export interface EmbeddedGateway {
  /** For `http.createServer(listener)`, and as a handler of Express or Connect, mounted at the root: it needs the paths as they came. */
  readonly listener: RequestListener
  /** Is this path the gateway's: one of its own endpoints, or below an API's `path`? For programs that serve the website themselves. */
  owns(path: string): boolean
  /** Writes what waits and closes store and vault. End your own listener first. */
  close(): Promise<void>
}

/**
 * A gateway inside a program of one's own, on the store and vault that `cloakroom init` made. The same schema as cloakroom.yaml;
 * `listen`, `tls`, `admin` and the server limits are the program's own business. Throws GateError with every problem at once.
 */
export async function createGateway(input: ConfigInput, options: EmbedOptions): Promise<EmbeddedGateway> {
  const loaded = parseConfig(input, { file: null, folder: options.folder, locate: () => null })
  if (loaded.kind === 'problems') throw refused(loaded.problems.map((problem) => formatProblem(problem, 'the configuration')))
  const { config } = loaded
  const askNobody = (): Promise<string> => Promise.reject(new GateError('credential_unavailable', 'no passphrase was given'))
  const stores = openSqlite(config.store)
  const parts = { clock: systemClock, random: systemRandom }
  const vault = await openVault(stores.vault, keySource(config, { passphrase: options.passphrase ?? askNobody, env: options.env ?? {} }), {
    ...parts,
    minted: stores.minted,
  }).catch(async (cause: unknown) => {
    await stores.close()
    throw cause
  })
  const problems = checkCredentials(config, loaded.locate, await vault.list(), systemClock()).filter(({ severity }) => severity === 'error')
  if (problems.length > 0) {
    vault.close()
    await stores.close()
    throw refused(problems.map((problem) => formatProblem(problem, 'the configuration')))
  }
  const policy = compilePolicy(config)
  const tracing = await findTracing(options.onNotice ?? (() => undefined))
  const composed = compose({ ...parts, config, stores, vault, policy, later: systemLater, tracing })
  const { gateway, audit } = composed
  const { signer, policy: currentPolicy } = composed
  const keep = () => composed.config().audit
  const keepDecisionsMs = () => decisionAges(composed.config())
  const housekeeping = {
    stores,
    vault,
    audit,
    signer,
    keep,
    keepDecisionsMs,
    policy: currentPolicy,
    clock: systemClock,
    steady: () => performance.now(),
    later: systemLater,
  }
  const stop = startHousekeeping({ ...housekeeping, onFailure: (cause) => options.onNotice?.(String(cause)) })
  return {
    listener: nodeDoor(gateway, {
      policy: composed.policy,
      clock: systemClock,
      newRequestId: () => randomUUID(),
      maxTargetBytes: config.limits.url,
      maxRequests: config.limits.requests,
    }),
    owns: (path) =>
      [policy.basePath, ...policy.apis.map(({ prefix }) => prefix)].some((prefix) => path === prefix || path.startsWith(`${prefix}/`)),
    async close() {
      stop()
      composed.endStreams()
      await composed.close()
      vault.close()
      await stores.close()
    },
  }
}

function refused(problems: readonly string[]): GateError {
  return new GateError('internal', `this configuration cannot be used:\n${problems.join('\n')}`)
}
