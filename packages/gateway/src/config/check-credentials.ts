import type { Instant } from '../decide/head.ts'
import { nearest } from '../lib/nearest.ts'
import type { Config } from './paths.ts'
import type { ConfigCode } from './codes.ts'
import { formatKey, type ConfigProblem, type KeyPath, type Locate } from './problem.ts'

/** What the vault tells of a credential, as far as the configuration depends on it. */
export interface HeldCredential {
  readonly name: string
  readonly origins: readonly string[]
  readonly versions: readonly { readonly state: 'staged' | 'active' | 'retiring' | 'revoked'; readonly notAfter: Instant | null }[]
}

/** Two weeks: time to have a new one issued without hurry. */
const WARN_MS = 14 * 86_400_000

/** Does the vault hold what the APIs name, usable now, and sealed for where it would be sent? Pure. */
export function checkCredentials(config: Config, locate: Locate, held: readonly HeldCredential[], at: Instant): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = []
  for (const [name, api] of Object.entries(config.apis)) {
    const report = (
      code: ConfigCode,
      key: 'credential' | 'upstream',
      text: string,
      fix: string,
      severity: 'error' | 'warning' = 'error',
    ): void => {
      const path: KeyPath = ['apis', name, key]
      const spot = locate(path, 'value')
      problems.push({ code, severity, key: formatKey(path), line: spot?.line ?? null, column: spot?.column ?? null, text, fix })
    }
    if (api.credential === null) continue
    const found = held.find((credential) => credential.name === api.credential)
    const { origin } = new URL(api.upstream)
    if (found === undefined) {
      const close = nearest(
        api.credential,
        held.map((credential) => credential.name),
      )
      const fix =
        close === null ? `Store it: cloakroom secret add ${api.credential} --origin ${origin} --place bearer` : `Did you mean \`${close}\`?`
      report('credential_missing', 'credential', `The vault holds no credential \`${api.credential}\`.`, fix)
      continue
    }
    if (!found.origins.includes(origin)) {
      // The heart of the vault's promise: whoever edits this file must not be able to send the secret elsewhere.
      const sealed = found.origins.join(', ')
      const fix = `Correct \`upstream\`, or store the secret under another name for this origin: cloakroom secret add NAME --origin ${origin} --place …`
      report('origin_not_sealed', 'upstream', `\`${found.name}\` is sealed for ${sealed} and will not be sent to ${origin}.`, fix)
    }
    const usable = found.versions.filter(
      ({ state, notAfter }) => (state === 'active' || state === 'retiring') && (notAfter === null || at < notAfter),
    )
    if (usable.length === 0) reportUnusable(found, report)
    else if (
      usable.every(({ notAfter }) => notAfter !== null && notAfter <= at + WARN_MS) &&
      !found.versions.some(({ state }) => state === 'staged')
    ) {
      const last = Math.max(...usable.map(({ notAfter }) => notAfter ?? 0))
      report(
        'credential_expires',
        'credential',
        `\`${found.name}\` ends at ${new Date(last).toISOString()}.`,
        `Have a new one issued: cloakroom secret rotate ${found.name}`,
        'warning',
      )
    }
  }
  return problems
}

function reportUnusable(
  { name, versions }: HeldCredential,
  report: (code: ConfigCode, key: 'credential', text: string, fix: string, severity?: 'error' | 'warning') => void,
): void {
  const anew = `Give it a new value: cloakroom secret rotate ${name}`
  if (versions.some(({ state }) => state === 'staged')) {
    report(
      'credential_waiting',
      'credential',
      `\`${name}\` is not valid yet: until then its calls are refused.`,
      'Wait for it, or give it a value that counts now.',
      'warning',
    )
  } else if (versions.every(({ state }) => state === 'revoked')) {
    report('credential_revoked', 'credential', `\`${name}\` has been revoked.`, anew)
  } else report('credential_expired', 'credential', `\`${name}\` has expired.`, anew)
}
