import type { Answers } from './init-answers.ts'

/** The first cloakroom.yaml: what was answered, and the keys that one looks for next as comments. */
export function renderConfig(answers: Answers): string {
  const { api, path, upstream, allow, access, site, secret, publicUrl, https } = answers
  const lines = [
    '# Cloakroom. Every key: docs/reference/configuration.md. After a change: cloakroom check',
    'listen: 127.0.0.1:8080                # :8080 for every address of this machine',
    publicUrl === null
      ? `publicUrl: ${https ? 'https' : 'http'}://localhost:8080      # the origin that browsers use; https:// in production`
      : `publicUrl: ${quoted(publicUrl)}      # the origin that browsers use`,
    site === null
      ? '# site: ./public                      # the website: a folder, or the URL of a dev server'
      : `site: ${quoted(site)}      # the website: a folder, or the URL of a dev server`,
    ...(https
      ? [
          'tls:',
          '  cert: ./certs/development-certificate.pem        # for development only: browsers trust it once the authority beside it is installed',
          '  key: ./certs/development-key.pem',
        ]
      : []),
    '',
    'apis:',
    `  ${api}:`,
    `    path: ${quoted(path)}      # where the website calls it`,
    `    upstream: ${quoted(upstream)}`,
    secret === null
      ? '    # credential: NAME                  # its secret in the vault: cloakroom secret add NAME'
      : `    credential: ${secret.name}      # sealed in the vault; where and how it is sent is sealed with it`,
    '    allow:                            # method and path below `path`; nothing else passes. * one segment, ** any number',
    ...allow.map((line) => `      - ${quoted(line)}`),
    `    access: ${quoted(access)}      # public | visitor | login | { role: staff }`,
    '',
    'sessions: { idle: 30m, absolute: 12h, perAccount: 10 }',
    'store: ./data                         # sessions, accounts, the sealed vault, the audit trail: back this up',
    'vault: { key: { file: ./cloakroom.key } }   # opens the vault: keep its backup apart from the one of `store`',
    '# vault.mark: /elsewhere/mark         # a file that no copy of `store` takes along: an older copy that is put back is refused',
    'trustedProxies: []                    # addresses of the proxies in front whose X-Forwarded-* fields count',
    '',
  ]
  return lines.map(aligned).join('\n')
}

/** Comments begin in one column where there is room. */
function aligned(line: string): string {
  const found = /^(.*\S) {6}(# .*)$/.exec(line)
  return found === null ? line : `${(found[1] ?? '').padEnd(37)} ${found[2] ?? ''}`
}

/** Plain where YAML reads it as the same text, else in double quotes; JSON's escapes are YAML's. */
function quoted(text: string): string {
  return /^[A-Za-z./][A-Za-z0-9_./:*+@~ -]*$/.test(text) &&
    !/:(?: |$)|\s#|\s$/.test(text) &&
    !/^(?:true|false|null|yes|no|on|off|~)$/i.test(text)
    ? text
    : JSON.stringify(text)
}
