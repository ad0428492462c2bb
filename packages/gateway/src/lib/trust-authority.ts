export interface TrustStep {
  readonly where: string
  /** A command line, or what to click. */
  readonly trust: string
  readonly remove: string
}

/** How to make each system trust an authority's certificate, and how to take that back. `path` is the PEM file, `name` its common name. */
export function trustSteps(path: string, name: string): readonly TrustStep[] {
  const file = quoted(path)
  const called = quoted(name)
  const keychain = '~/Library/Keychains/login.keychain-db'
  const installed = '/usr/local/share/ca-certificates/development-authority.crt'
  const database = 'sql:$HOME/.pki/nssdb'
  return [
    {
      where: 'macOS (Safari, Chrome)',
      trust: `security add-trusted-cert -r trustRoot -k ${keychain} ${file}`,
      remove: `security delete-certificate -t -c ${called} ${keychain}`,
    },
    { where: 'Windows (Edge, Chrome)', trust: `certutil -user -addstore Root ${file}`, remove: `certutil -user -delstore Root ${called}` },
    {
      where: 'Debian, Ubuntu (curl and other programs; not the browsers)',
      trust: `sudo cp ${file} ${installed} && sudo update-ca-certificates`,
      remove: `sudo rm ${installed} && sudo update-ca-certificates --fresh`,
    },
    {
      where: 'Chromium and Chrome on Linux (certutil is in libnss3-tools)',
      trust: `certutil -d ${database} -A -t C,, -n ${called} -i ${file}`,
      remove: `certutil -d ${database} -D -n ${called}`,
    },
    {
      where: 'Firefox',
      trust: `Settings, Privacy & Security, View Certificates, Authorities, Import: ${path}; tick "websites"`,
      remove: `the same list: choose ${name}, then Delete or Distrust`,
    },
    { where: 'One command only', trust: `curl --cacert ${file} …   or   NODE_EXTRA_CA_CERTS=${file} node …`, remove: 'nothing to remove' },
  ]
}

/** Double quotes mean the same to POSIX shells and to cmd.exe for all that a path or our names may hold. */
function quoted(text: string): string {
  return /^[A-Za-z0-9_./:\\-]+$/.test(text) ? text : `"${text.replaceAll(/["$`]/g, '')}"`
}
