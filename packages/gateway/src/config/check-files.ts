import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import { isAbsolute, relative } from 'node:path'
import { readTemplates } from '../account/mail/read-templates.ts'
import { keyFileOf } from './key-file.ts'
import { certificateFiles, type Config } from './paths.ts'
import type { ConfigCode } from './codes.ts'
import { formatKey, type ConfigProblem, type KeyPath, type Locate } from './problem.ts'

/** Are the files there that the configuration names, and no more open than they may be? Reads no content but that of letters. */
export function checkFiles(config: Config, locate: Locate): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = []
  const report = (code: ConfigCode, path: KeyPath, text: string, fix: string): void => {
    const spot = locate(path, 'value')
    problems.push({ code, severity: 'error', key: formatKey(path), line: spot?.line ?? null, column: spot?.column ?? null, text, fix })
  }
  for (const [path, place, wanted] of namedFiles(config)) {
    if (isReadable(place, wanted)) continue
    report(
      'file_missing',
      path,
      `${place} is not a ${wanted} that can be read.`,
      `Put the ${wanted} there, or correct the path; relative paths begin in the folder of this file.`,
    )
  }
  if (config.tls !== null && isOpenToOthers(config.tls.key)) {
    report('file_exposed', ['tls', 'key'], 'Others can read the private key of `tls`.', `Run: chmod 600 ${config.tls.key}`)
  }
  for (const [name, api] of Object.entries(config.apis)) {
    const shown = certificateFiles(api)
    if (shown !== null && isOpenToOthers(shown.key)) {
      const text = 'Others can read the private key of the client certificate.'
      report('file_exposed', ['apis', name, 'clientCertificate', 'key'], text, `Run: chmod 600 ${shown.key}`)
    }
  }
  const { key: source } = config.vault
  // A key file is judged when it is opened. A credential of systemd shows its access list as group rights, so only the rest of the world counts.
  if ('passphrase' in source && source.passphrase !== 'prompt' && isOpenToOthers(source.passphrase.file)) {
    const { file } = source.passphrase
    report('file_exposed', ['vault', 'key', 'passphrase', 'file'], 'Others can read the vault’s passphrase.', `Run: chmod 600 ${file}`)
  }
  const letters = readTemplates(config.mail?.templates ?? null)
  for (const { file, why } of letters.kind === 'problems' ? letters.problems : [])
    report('mail_template', ['mail', 'templates'], `${file}: ${why}`, 'See the built-in one: cloakroom mail templates FOLDER')
  const site = config.site?.folder ?? null
  const key = keyFileOf(config)
  // The paths as written were compared before; a symbolic link can still lead from the one into the other.
  for (const place of [key, config.store, config.file]) {
    if (site !== null && place !== null && leadsInto(place, site) && !leadsIntoAsWritten(place, site)) {
      report(
        'site_exposes',
        ['site'],
        `A link leads from ${place} into the site’s folder: everyone could download it.`,
        'Give the site a folder of its own, as in ./public.',
      )
    }
  }
  return problems
}

type Wanted = 'file' | 'folder'

function namedFiles(config: Config): readonly (readonly [KeyPath, string, Wanted])[] {
  const named: (readonly [KeyPath, string | null, Wanted])[] = [
    [['site'], config.site?.folder ?? null, 'folder'],
    [['mail', 'templates'], config.mail?.templates ?? null, 'folder'],
    [['tls', 'cert'], config.tls?.cert ?? null, 'file'],
    [['tls', 'key'], config.tls?.key ?? null, 'file'],
    ...Object.entries(config.apis).map(([name, { access }]): [KeyPath, string | null, Wanted] => [
      ['apis', name, 'access', 'jwt', 'keys'],
      typeof access === 'string' || !('jwt' in access) || /^https?:\/\//.test(access.jwt.keys) ? null : access.jwt.keys,
      'file',
    ]),
    [['theme', 'logo'], config.theme.logo, 'file'],
    ...Object.entries(config.oidc).flatMap(([name, { ca, certificate }]): [KeyPath, string | null, Wanted][] => [
      [['oidc', name, 'ca'], ca, 'file'],
      [['oidc', name, 'certificate'], certificate, 'file'],
    ]),
    ...Object.entries(config.apis).map(([name, api]): [KeyPath, string | null, Wanted] => [
      ['apis', name, 'upstreamCa'],
      api.upstreamCa,
      'file',
    ]),
    ...Object.entries(config.apis).flatMap(([name, api]): [KeyPath, string | null, Wanted][] => [
      [['apis', name, 'clientCertificate', 'cert'], certificateFiles(api)?.cert ?? null, 'file'],
      [['apis', name, 'clientCertificate', 'key'], certificateFiles(api)?.key ?? null, 'file'],
    ]),
  ]
  return named.flatMap(([path, place, wanted]) => (place === null ? [] : [[path, place, wanted] as const]))
}

function isReadable(path: string, wanted: Wanted): boolean {
  try {
    accessSync(path, constants.R_OK)
    const found = statSync(path)
    return wanted === 'folder' ? found.isDirectory() : found.isFile()
  } catch {
    return false
  }
}

function isOpenToOthers(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  // Group-readable keys are how Debian's ssl-cert group works; the whole world is another matter.
  return found !== undefined && (found.mode & 0o007) !== 0
}

function leadsInto(path: string, folder: string): boolean {
  try {
    return leadsIntoAsWritten(realpathSync(path), realpathSync(folder))
  } catch {
    return false
  }
}

function leadsIntoAsWritten(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way === '' || (!/^\.\.(?:[/\\]|$)/.test(way) && !isAbsolute(way))
}
