import { contains, parseAddress, parseRange, type Range } from '../decide/ip.ts'
import { formatListen, isLoopbackHost, type ListenAddress } from './address.ts'
import { checkApis } from './check-apis.ts'
import { checkOidc } from './check-oidc.ts'
import { checkAudit } from './check-audit.ts'
import { checkJwt } from './check-jwt.ts'
import { checkSite } from './check-site.ts'
import { publicOriginOf } from './compile.ts'
import type { Config } from './paths.ts'
import { formatKey, type ConfigProblem, type Locate } from './problem.ts'
import { warnUnsafe, type Report } from './report.ts'
import { formatDuration } from './units.ts'

/** Refuses combinations that are unsafe or cannot work. Pure: touches no file, no store, no network. */
export function checkConfig(config: Config, locate: Locate): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = []
  const report: Report = (code, path, text, fix, severity = 'error') => {
    const spot = locate(path, 'value')
    problems.push({ code, severity, key: formatKey(path), line: spot?.line ?? null, column: spot?.column ?? null, text, fix })
  }
  checkPublicUrl(config, report)
  checkListeners(config, report)
  checkProxies(config, report)
  checkSessions(config, report)
  checkSite(config, report)
  checkOidc(config, report)
  checkApis(config, report)
  checkAudit(config, report)
  checkJwt(config, report)
  if ('env' in config.vault.key) {
    report(
      'key_environment',
      ['vault', 'key', 'env'],
      'The vault’s key comes from the environment, which other processes and crash reports can show.',
      'For production use a key file, a passphrase or exec.',
      'warning',
    )
  }
  return problems
}

function checkPublicUrl(config: Config, report: Report): void {
  const url = new URL(config.publicUrl ?? publicOriginOf(config))
  const at = ['publicUrl']
  if (url.pathname !== '/')
    report(
      'public_url_path',
      at,
      'publicUrl has a path.',
      'Write the origin alone, as in https://shop.example.com: the gateway owns all paths of it.',
    )
  const plain = url.protocol === 'http:'
  if (plain && !isLoopbackHost(url.hostname)) {
    report(
      'public_url_plain',
      at,
      'publicUrl is plain http off this machine: cookies and answers could be read on the way.',
      'Use https://, with `tls` here or a proxy in front that is named in `trustedProxies`.',
    )
  } else if (plain && config.tls !== null) {
    report('public_url_tls_mismatch', at, 'publicUrl says http, but `tls` is set.', 'Write https:// in publicUrl, or delete `tls`.')
  }
  if (!plain && config.tls === null && config.trustedProxies.length === 0) {
    report(
      'public_url_https_unserved',
      at,
      'publicUrl is https, but nothing here speaks it: every request would be refused.',
      'Set `tls` with a certificate, or name the proxy in front in `trustedProxies`.',
    )
  }
}

function checkListeners(config: Config, report: Report): void {
  const admin = config.admin.listen
  if (!isLoopbackHost(admin.host) && !config.admin.unsafeAllowRemote) {
    report(
      'admin_exposed',
      ['admin', 'listen'],
      'The admin listener would answer other machines.',
      'Let it listen on 127.0.0.1, or set `unsafeAllowRemote: true` beside it if a firewall stands in front.',
    )
  }
  if (config.admin.unsafeAllowRemote) warnUnsafe(['admin', 'unsafeAllowRemote'], report)
  if (collide(admin, config.listen))
    report(
      'admin_port',
      ['admin', 'listen'],
      `The admin listener and \`listen\` share port ${admin.port}.`,
      'Give it a port of its own, as in 127.0.0.1:9090.',
    )
  const plain = config.tls?.redirectFrom ?? null
  if (plain !== null && (collide(plain, config.listen) || collide(plain, admin))) {
    report(
      'admin_port',
      ['tls', 'redirectFrom'],
      `${formatListen(plain)} is taken by another listener of this file.`,
      'Give the redirect a port of its own, as in :80.',
    )
  }
}

function collide(one: ListenAddress, other: ListenAddress): boolean {
  return one.port !== 0 && one.port === other.port && (one.host === other.host || one.host === null || other.host === null)
}

function checkProxies(config: Config, report: Report): void {
  for (const [at, text] of config.trustedProxies.entries()) {
    const range = parseRange(text)
    const path = ['trustedProxies', at]
    if (range === null) {
      report('proxy_range', path, 'This is neither an address nor a range.', 'Write an address or a range, as in 10.0.0.7 or 10.0.0.0/24.')
    } else if (trustsEveryone(range)) {
      // CVE-2026-76835: with everyone trusted, every visitor chooses his own address and scheme.
      report(
        'proxy_everyone',
        path,
        'This range trusts everyone: each visitor could claim any address and scheme.',
        'Name your proxy’s own address or its subnet.',
      )
    }
  }
  for (const [at, text] of config.allowedOrigins.entries()) {
    const url = new URL(text)
    if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
      report(
        'origin_plain',
        ['allowedOrigins', at],
        'Pages of a plain http origin can be altered on the way, and would then call your APIs.',
        'Write its https:// origin.',
      )
    }
  }
}

/** No proxy's subnet is that wide: a sixteenth of IPv4, a 4096th of IPv6, or an IPv6 range that holds all of mapped IPv4. */
function trustsEveryone(range: Range): boolean {
  const allOfV4 = ['8.8.8.8', '203.0.113.1'].every((text) => contains([range], parseAddress(text) ?? new Uint8Array(16)))
  const isV4 = range.bits >= 96 && range.address[10] === 0xff
  return allOfV4 || range.bits <= (isV4 ? 96 + 4 : 12)
}

/** Twice the minute in which activity is written down: below it a session in use could end. */
const LEAST_IDLE_MS = 120_000

function checkSessions({ sessions }: Config, report: Report): void {
  if (sessions.idle < LEAST_IDLE_MS) {
    report(
      'session_idle',
      ['sessions', 'idle'],
      `An idle limit of ${formatDuration(sessions.idle)} would end sessions in use: activity is noted once a minute.`,
      'Write at least 2m.',
    )
  }
  if (sessions.absolute < sessions.idle) {
    report(
      'session_order',
      ['sessions', 'absolute'],
      `The absolute limit (${formatDuration(sessions.absolute)}) is shorter than the idle limit (${formatDuration(sessions.idle)}).`,
      'Make `absolute` the longer one, as in 12h.',
    )
  }
}
