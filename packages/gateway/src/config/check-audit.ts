import { isLoopbackHost } from './address.ts'
import type { Config } from './paths.ts'
import type { Report } from './report.ts'
import { parseSyslogTarget } from './syslog-target.ts'

/** Names and addresses of visitors leave for other machines here: only sealed, where that can be had. */
export function checkAudit(config: Config, report: Report): void {
  for (const [name, sink] of Object.entries(config.audit.sinks)) {
    if (sink.kind !== 'syslog') {
      refusePlain(sink.url, ['audit', 'sinks', name, 'url'], report)
      continue
    }
    const target = parseSyslogTarget(sink.to)
    if (target === null || target.over === 'unix' || target.over === 'tls' || isLoopbackHost(target.host)) continue
    report(
      'sink_plain',
      ['audit', 'sinks', name, 'to'],
      'Events go to another machine as plain text: names and addresses of visitors can be read on the way.',
      'Use tls:// if the daemon offers it, or let a forwarder on this machine take them.',
      'warning',
    )
  }
  const { mail, notify } = config
  if (notify.webhook !== null) refusePlain(notify.webhook.url, ['notify', 'webhook', 'url'], report)
  if (notify.mail.length > 0 && mail === null) {
    report(
      'mail_missing',
      ['notify', 'mail'],
      'Nothing says which mail server to send with.',
      'Add `mail: { smtp: smtp://mail.example.com:587, from: gate@example.com }`.',
    )
  }
}

function refusePlain(url: string, at: readonly string[], report: Report): void {
  const { protocol, hostname } = new URL(url)
  if (protocol === 'https:' || isLoopbackHost(hostname)) return
  report('sink_plain', at, 'Events would travel to another machine without TLS.', 'Write its https:// address.')
}
