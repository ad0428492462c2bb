import { isAbsolute, resolve } from 'node:path'
import type { LoadedGuard } from '../guard/load.ts'
import type { VisitorToken } from '../decide/policy.ts'
import type { ParsedConfig } from './schema.ts'

/** The configuration as everything after the loader sees it: complete, every path absolute. */
export interface Config extends Omit<ParsedConfig, 'apis'> {
  readonly apis: Readonly<Record<string, ParsedApi>>
  /** Absolute path of cloakroom.yaml; null when a program passed the configuration in. */
  readonly file: string | null
  /** Relative paths begin here: the file's folder. */
  readonly folder: string
  /** What `guard` names. `unread`: by a command that judges no request; such a configuration refuses all of them. */
  readonly rules: LoadedGuard | 'off' | 'unread'
}

/** An API's credential is a name of the vault's, or the visitor's token, or neither. */
export interface ParsedApi extends Omit<ParsedConfig['apis'][string], 'credential'> {
  readonly credential: string | null
  readonly visitorToken: VisitorToken | null
}

export type VaultKeySource = Config['vault']['key']
export type ApiConfig = Config['apis'][string]
export type ProviderConfig = Config['oidc'][string]

/** Makes every path absolute, from the configuration file's folder: the working directory never matters. */
export function resolvePaths(parsed: ParsedConfig, file: string | null, folder: string): Config {
  const at = (path: string): string => (isAbsolute(path) ? path : resolve(folder, path))
  const maybe = (path: string | null): string | null => (path === null ? null : at(path))
  return {
    ...parsed,
    file,
    folder,
    rules: 'unread',
    guard: parsed.guard === null || parsed.guard === 'off' ? parsed.guard : at(parsed.guard),
    store: at(parsed.store),
    site: parsed.site === null ? null : { ...parsed.site, folder: maybe(parsed.site.folder) },
    vault: { key: resolveKey(parsed.vault.key, at), mark: maybe(parsed.vault.mark) },
    tls: parsed.tls === null ? null : { ...parsed.tls, cert: at(parsed.tls.cert), key: at(parsed.tls.key) },
    theme: { ...parsed.theme, logo: maybe(parsed.theme.logo) },
    mail: parsed.mail === null ? null : { ...parsed.mail, templates: maybe(parsed.mail.templates) },
    log: { ...parsed.log, file: maybe(parsed.log.file) },
    oidc: Object.fromEntries(
      Object.entries(parsed.oidc).map(([name, own]) => [name, { ...own, ca: maybe(own.ca), certificate: maybe(own.certificate) }]),
    ),
    apis: Object.fromEntries(
      Object.entries(parsed.apis).map(([name, api]) => [
        name,
        {
          ...api,
          ...splitCredential(api.credential),
          upstreamCa: maybe(api.upstreamCa),
          access: resolveAccess(api.access, at),
          clientCertificate: resolveCertificate(api.clientCertificate, at),
        },
      ]),
    ),
  }
}

function splitCredential(written: ParsedConfig['apis'][string]['credential']): Pick<ParsedApi, 'credential' | 'visitorToken'> {
  if (typeof written === 'string' || written === null) return { credential: written, visitorToken: null }
  return { credential: null, visitorToken: { provider: written.oidc, resource: written.resource, scopes: written.scopes } }
}

/** A JWK Set's file lies beside the configuration, as every file does. */
function resolveAccess(access: ApiConfig['access'], at: (path: string) => string): ApiConfig['access'] {
  if (typeof access === 'string' || !('jwt' in access) || /^https?:\/\//.test(access.jwt.keys)) return access
  return { jwt: { ...access.jwt, keys: at(access.jwt.keys) } }
}

type Shown = ParsedConfig['apis'][string]['clientCertificate']

function resolveCertificate(shown: Shown, at: (path: string) => string): Shown {
  return shown === null || 'vault' in shown ? shown : { cert: at(shown.cert), key: at(shown.key) }
}

/** The files of a client certificate; null when it lies in the vault, or there is none. */
export function certificateFiles({ clientCertificate: shown }: Pick<ApiConfig, 'clientCertificate'>): {
  readonly cert: string
  readonly key: string
} | null {
  return shown === null || 'vault' in shown ? null : shown
}

function resolveKey(key: VaultKeySource, at: (path: string) => string): VaultKeySource {
  if ('file' in key) return { file: at(key.file) }
  if ('passphrase' in key && key.passphrase !== 'prompt') return { passphrase: { file: at(key.passphrase.file) } }
  return key
}
