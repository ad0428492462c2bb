import { isAbsolute, relative, sep } from 'node:path'
import { isFieldValue } from '../decide/headers.ts'
import { isLoopbackHost } from './address.ts'
import { keyFileOf } from './key-file.ts'
import type { Config } from './paths.ts'
import { warnUnsafe, type Report } from './report.ts'

/** The rules for `site`, and for what must not lie in its folder or beside the sealed vault. */
export function checkSite(config: Config, report: Report): void {
  checkFolders(config, report)
  const { site } = config
  if (site === null) return
  if ((site.folder === null) === (site.devServer === null)) {
    report(
      'site_source',
      ['site'],
      'The site needs either a folder or a dev server.',
      'Write `folder: ./public` or `devServer: http://localhost:5173`, not both.',
    )
  }
  if (site.access === 'visitor') {
    report(
      'site_access',
      ['site', 'access'],
      'A visit begins on a page of the site, so the site cannot demand one.',
      'Write `access: public`; the APIs may still say `access: visitor`.',
    )
  }
  if (!isFieldValue(site.csp))
    report('site_csp', ['site', 'csp'], 'This cannot stand in a header field.', 'Write the policy on one line, in ASCII.')
  if (site.devServer !== null) {
    const url = new URL(site.devServer)
    if (url.pathname !== '/')
      report('site_source', ['site', 'devServer'], 'A dev server’s URL has no path here.', 'Write its origin, as in http://localhost:5173.')
    if (url.protocol === 'http:' && !isLoopbackHost(url.hostname) && !site.unsafeAllowPlainHttp) {
      report(
        'site_plain',
        ['site', 'devServer'],
        'Pages would come over plain http from another machine and could be altered on the way.',
        'Use https://, or write the map form with `unsafeAllowPlainHttp: true`.',
      )
    }
  }
  if (site.unsafeAllowPlainHttp) warnUnsafe(['site', 'unsafeAllowPlainHttp'], report)
}

/** What lies in the site's folder is public; what lies in the store's folder goes into its backups. */
function checkFolders(config: Config, report: Report): void {
  const key = keyFileOf(config)
  const folder = config.site?.folder ?? null
  const precious: readonly (readonly [string | null, string])[] = [
    [config.file, 'this configuration'],
    [config.store, 'the `store` folder'],
    [key, 'the vault’s key'],
    [config.tls?.key ?? null, 'the private key of `tls`'],
    [config.log.file, 'the log'],
  ]
  for (const [place, name] of precious) {
    if (folder === null || place === null || !isInside(place, folder)) continue
    report(
      'site_exposes',
      ['site'],
      `The site’s folder contains ${name}: everyone could download it.`,
      'Give the site a folder of its own, as in ./public.',
    )
  }
  if (key !== null && isInside(key, config.store)) {
    report(
      'key_in_store',
      ['vault', 'key'],
      'The key lies in the `store` folder: a backup of the sealed vault would carry its key along.',
      'Keep the key file beside the folder, as in ./cloakroom.key, and back it up elsewhere.',
    )
  }
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way))
}
