import { isDeepStrictEqual } from 'node:util'
import { checkConfig } from './check.ts'
import type { Config } from './paths.ts'
import type { ConfigProblem } from './problem.ts'

export type KeptFixed =
  /** What can be in force now; `restart` names the keys whose new values cannot. */
  | { readonly kind: 'config'; readonly config: Config; readonly restart: readonly string[] }
  /** The rest of the new configuration does not fit the old values of those keys. */
  | { readonly kind: 'impossible'; readonly restart: readonly string[]; readonly problems: readonly ConfigProblem[] }

/** A running gateway's next configuration: `next`, but with the values of `running` where only a start can change them. Pure. */
export function keepFixed(running: Config, next: Config): KeptFixed {
  const restart = FIXED.filter(({ read }) => !isDeepStrictEqual(read(running), read(next))).map(({ key }) => key)
  if (restart.length === 0) return { kind: 'config', config: next, restart }
  const { listen, publicUrl, tls, admin, store, vault } = running
  const config: Config = {
    ...next,
    listen,
    publicUrl,
    tls,
    admin,
    store,
    vault,
    audit: { ...next.audit, sinks: running.audit.sinks },
    mail: running.mail,
    notify: running.notify,
    limits: { ...next.limits, headers: running.limits.headers },
    log: { ...next.log, file: running.log.file },
  }
  const problems = checkConfig(config, () => null).filter(({ severity }) => severity === 'error')
  return problems.length === 0 ? { kind: 'config', config, restart } : { kind: 'impossible', restart, problems }
}

/** Sockets are bound, files open and the vault is unlocked once; the public origin belongs to them, as their certificate does. */
const FIXED: readonly { readonly key: string; readonly read: (config: Config) => unknown }[] = [
  { key: 'listen', read: ({ listen }) => listen },
  { key: 'publicUrl', read: ({ publicUrl }) => publicUrl },
  { key: 'tls', read: ({ tls }) => tls },
  { key: 'admin', read: ({ admin }) => admin },
  { key: 'store', read: ({ store }) => store },
  { key: 'vault', read: ({ vault }) => vault },
  { key: 'audit.sinks', read: ({ audit }) => audit.sinks },
  { key: 'mail', read: ({ mail }) => mail },
  { key: 'notify', read: ({ notify }) => notify },
  { key: 'limits.headers', read: ({ limits }) => limits.headers },
  { key: 'log.file', read: ({ log }) => log.file },
]
