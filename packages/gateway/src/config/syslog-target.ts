/** Where a syslog daemon listens. */
export type SyslogTarget =
  | { readonly over: 'udp' | 'tcp' | 'tls'; readonly host: string; readonly port: number }
  | { readonly over: 'unix'; readonly path: string }

/** Reads `udp://HOST[:514]`, `tcp://HOST[:514]`, `tls://HOST[:6514]`, `unix:///PATH`. Null when it is none of them. */
export function parseSyslogTarget(text: string): SyslogTarget | null {
  const unix = /^unix:\/\/(\/.+)$/.exec(text)
  if (unix !== null) return { over: 'unix', path: unix[1] ?? '' }
  const found = /^(udp|tcp|tls):\/\/(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]+)(?::(\d{1,5}))?$/.exec(text)
  if (found === null) return null
  const over = found[1] as 'udp' | 'tcp' | 'tls'
  const port = Number(found[3] ?? (over === 'tls' ? 6514 : 514))
  return port < 1 || port > 65_535 ? null : { over, host: (found[2] ?? '').replaceAll(/[[\]]/g, ''), port }
}
