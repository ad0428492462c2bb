import { plainText } from '../audit/plain-text.ts'
import { formatDuration } from '../config/units.ts'
import type { Hold } from '../store/holds.ts'
import type { CredentialView, VersionView } from '../vault/outcome.ts'
import { usedSinceReplaced } from '../vault/superseded.ts'
import { formatMoment } from './secret-times.ts'

/** What may be shown of a credential (VLT-08): never its value, at most the last four characters and a keyed fingerprint. */
export function formatCredential({ name, kind, placement, origins, versions }: CredentialView, hold: Hold | null = null): string {
  const rows = versions.map((version) => [
    `v${version.version}`,
    version.state,
    version.lastFour === null ? '' : `…${version.lastFour}`,
    version.fingerprint,
    [
      version.notBefore === null ? '' : `from ${formatMoment(version.notBefore)}`,
      version.notAfter === null ? '' : `until ${formatMoment(version.notAfter)}`,
    ]
      .filter(Boolean)
      .join(' '),
    version.lastUsedAt === null ? 'not used yet' : `used ${formatMoment(version.lastUsedAt)}`,
    spareText(name, version, versions),
  ])
  const what = whatItIs(kind, placement)
  const disabled =
    hold === null ? '' : `\n  disabled since ${formatMoment(hold.since)} by ${hold.rule === null ? 'hand' : `the rule ${hold.rule}`}`
  return `${name}  ${what}  ${origins.join(' ')}${disabled}\n${table(rows, '  ')}`
}

function whatItIs(kind: CredentialView['kind'], placement: string | null): string {
  switch (kind.is) {
    case 'secret':
      return placement ?? ''
    case 'window':
      return `${placement ?? ''}, another one every ${formatDuration(kind.seconds * 1000)}`
    case 'oauth':
      return `${placement ?? ''}, issued by ${kind.client.endpoint} to ${kind.client.clientId}`
    case 'client-certificate':
      return 'client certificate with its private key'
    case 'signing-key':
      return `signs with ${kind.algorithm}`
  }
}

function spareText(name: string, version: VersionView, versions: readonly VersionView[]): string {
  const found = usedSinceReplaced(version, versions)
  if (found === null) return ''
  return found.used
    ? 'still used: its successor was refused, or it began a moment ago'
    : `0 uses since ${formatMoment(found.since)}: safe to revoke, cloakroom secret revoke ${name} --only ${version.version}`
}

const LONGEST_CELL = 120

/** Columns as wide as their longest cell; empty columns are left out. A visitor's text, such as his browser's name, cannot steer the terminal. */
export function table(cells: readonly (readonly string[])[], indent = ''): string {
  const rows = cells.map((row) => row.map((cell) => plainText(cell, LONGEST_CELL)))
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows
    .map(
      (row) =>
        indent +
        row
          .map((cell, column) => (widths[column] === 0 ? '' : `${cell.padEnd(widths[column] ?? 0)}  `))
          .join('')
          .trimEnd(),
    )
    .join('\n')
}
