import type { Instant } from '../decide/head.ts'
import { parsePlacement } from '../decide/credential.ts'
import { nearest } from '../lib/nearest.ts'
import type { CredentialKind } from '../vault/outcome.ts'
import type { Config } from './paths.ts'
import type { ConfigCode } from './codes.ts'
import { formatKey, type ConfigProblem, type KeyPath, type Locate } from './problem.ts'

/** What the vault tells of a credential, as far as the configuration depends on it. */
export interface HeldCredential {
  readonly name: string
  readonly kind: { readonly is: CredentialKind['is'] }
  /** As `parsePlacement` reads it; null for what is never placed. */
  readonly placement: string | null
  readonly origins: readonly string[]
  readonly versions: readonly { readonly state: 'staged' | 'active' | 'retiring' | 'revoked'; readonly notAfter: Instant | null }[]
}

/** Two weeks: time to have a new one issued without hurry. */
const WARN_MS = 14 * 86_400_000

/** What an API names of the vault: where in its configuration, and what it must be. */
interface Named {
  readonly name: string
  readonly at: readonly string[]
  readonly isKey: boolean
}

type Report = (code: ConfigCode, at: readonly string[], text: string, fix: string, severity?: 'error' | 'warning') => void

/** Does the vault hold what the APIs name, usable now, and sealed for where it would be sent? Pure. */
export function checkCredentials(config: Config, locate: Locate, held: readonly HeldCredential[], at: Instant): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = []
  const reportAt =
    (above: KeyPath): Report =>
    (code, key, text, fix, severity = 'error') => {
      const path: KeyPath = [...above, ...key]
      const spot = locate(path, 'value')
      problems.push({ code, severity, key: formatKey(path), line: spot?.line ?? null, column: spot?.column ?? null, text, fix })
    }
  for (const [name, api] of Object.entries(config.apis)) {
    const { origin } = new URL(api.upstream)
    const report = reportAt(['apis', name])
    for (const named of namedBy(api)) checkOne(named, origin, held, at, report)
    checkField(api, held, report)
  }
  for (const [name, { credential, issuer }] of Object.entries(config.oidc)) {
    // Where its token endpoint is only the provider's metadata say: that it is among the origins is seen when it is used.
    const origin = held.find((found) => found.name === credential)?.origins[0] ?? new URL(issuer).origin
    checkOne({ name: credential, at: ['credential'], isKey: false }, origin, held, at, reportAt(['oidc', name]))
  }
  for (const { name, origin, path } of namedElsewhere(config)) {
    const report: Report = (code, _key, text, fix, severity = 'error') => {
      const spot = locate(path, 'value')
      problems.push({ code, severity, key: formatKey(path), line: spot?.line ?? null, column: spot?.column ?? null, text, fix })
    }
    checkOne({ name, at: [], isKey: false }, origin, held, at, report)
  }
  return problems
}

/** What the audit trail's sinks, the notifications and the mail server need. */
function namedElsewhere({
  audit,
  notify,
  mail,
}: Config): readonly { readonly name: string; readonly origin: string; readonly path: KeyPath }[] {
  const found: { name: string | null; origin: string; path: KeyPath }[] = []
  for (const [name, sink] of Object.entries(audit.sinks)) {
    if (sink.kind === 'syslog') continue
    found.push({ name: sink.credential, origin: new URL(sink.url).origin, path: ['audit', 'sinks', name, 'credential'] })
  }
  const { webhook } = notify
  if (webhook !== null)
    found.push({ name: webhook.credential, origin: new URL(webhook.url).origin, path: ['notify', 'webhook', 'credential'] })
  if (mail !== null) found.push({ name: mail.credential, origin: mailOrigin(mail.smtp), path: ['mail', 'credential'] })
  return found.flatMap(({ name, ...rest }) => (name === null ? [] : [{ name, ...rest }]))
}

/** Secrets are sealed for web origins; a mail server's is that of its host. */
export function mailOrigin(smtp: string): string {
  return `https://${new URL(smtp).hostname}`
}

function namedBy({ credential, sign, assertion }: Config['apis'][string]): readonly Named[] {
  return [
    ...(credential === null ? [] : [{ name: credential, at: ['credential'], isKey: false }]),
    ...(sign === null ? [] : [{ name: sign.key, at: ['sign', 'key'], isKey: true }]),
    ...(assertion === null ? [] : [{ name: assertion.key, at: ['assertion', 'key'], isKey: true }]),
  ]
}

/** Only the vault knows where the secret stands: it must not be where the assertion is to stand. */
function checkField({ credential, assertion }: Config['apis'][string], held: readonly HeldCredential[], report: Report): void {
  const placed = held.find(({ name }) => name === credential)?.placement ?? null
  if (assertion === null || placed === null || fieldOf(placed) !== fieldOf(assertion.as)) return
  const text = `\`${credential}\` stands in the same field.`
  report('assertion_place', ['assertion', 'as'], text, 'Let the assertion stand in a field of its own, as in header:x-assertion.')
}

function fieldOf(written: string): string | null {
  const placement = parsePlacement(written)
  if (placement === null || placement.kind === 'query') return null
  return placement.kind === 'header' ? placement.name : 'authorization'
}

function checkOne(named: Named, origin: string, held: readonly HeldCredential[], at: Instant, report: Report): void {
  const found = held.find((credential) => credential.name === named.name)
  if (found === undefined) return reportMissing(named, origin, held, report)
  if ((found.kind.is === 'signing-key') !== named.isKey) {
    const text = named.isKey
      ? `\`${found.name}\` is a secret, not a key that signs.`
      : `\`${found.name}\` is a key that signs; it is never sent.`
    return report(
      'key_wrong_kind',
      named.at,
      text,
      named.isKey ? `Make one: ${addKey('NAME', origin)}` : `Name it in \`sign\`, and a secret here.`,
    )
  }
  if (!found.origins.includes(origin)) {
    // The heart of the vault's promise: whoever edits this file must not be able to send the secret elsewhere.
    const sealed = found.origins.join(', ')
    const anew = named.isKey ? addKey('NAME', origin) : `cloakroom secret add NAME --origin ${origin} --place …`
    const fix = `Correct \`upstream\`, or store ${named.isKey ? 'a key' : 'the secret'} under another name for this origin: ${anew}`
    report(
      'origin_not_sealed',
      ['upstream'],
      `\`${found.name}\` is sealed for ${sealed} and will not be ${named.isKey ? 'used for' : 'sent to'} ${origin}.`,
      fix,
    )
  }
  const usable = found.versions.filter(
    ({ state, notAfter }) => (state === 'active' || state === 'retiring') && (notAfter === null || at < notAfter),
  )
  if (usable.length === 0) return reportUnusable(found, named, report)
  const ending = usable.every(({ notAfter }) => notAfter !== null && notAfter <= at + WARN_MS)
  if (!ending || found.versions.some(({ state }) => state === 'staged')) return
  const last = Math.max(...usable.map(({ notAfter }) => notAfter ?? 0))
  const text = `\`${found.name}\` ends at ${new Date(last).toISOString()}.`
  report(
    'credential_expires',
    named.at,
    text,
    `${named.isKey ? 'Have a new one made' : 'Have a new one issued'}: ${rotate(named)}`,
    'warning',
  )
}

function reportMissing(named: Named, origin: string, held: readonly HeldCredential[], report: Report): void {
  const others = held.filter(({ kind }) => (kind.is === 'signing-key') === named.isKey).map(({ name }) => name)
  const close = nearest(named.name, others)
  const add = named.isKey
    ? `Make it: ${addKey(named.name, origin)}`
    : `Store it: cloakroom secret add ${named.name} --origin ${origin} --place bearer`
  const text = `The vault holds no ${named.isKey ? 'key' : 'credential'} \`${named.name}\`.`
  report(named.isKey ? 'key_missing' : 'credential_missing', named.at, text, close === null ? add : `Did you mean \`${close}\`?`)
}

function reportUnusable({ name, versions }: HeldCredential, named: Named, report: Report): void {
  const anew = `Give it a new ${named.isKey ? 'version' : 'value'}: ${rotate(named)}`
  if (versions.some(({ state }) => state === 'staged')) {
    const text = `\`${name}\` is not valid yet: until then its calls are refused.`
    report('credential_waiting', named.at, text, 'Wait for it, or give it a value that counts now.', 'warning')
  } else if (versions.every(({ state }) => state === 'revoked')) {
    report('credential_revoked', named.at, `\`${name}\` has been revoked.`, anew)
  } else report('credential_expired', named.at, `\`${name}\` has expired.`, anew)
}

function addKey(name: string, origin: string): string {
  return `cloakroom signing-key add ${name} --origin ${origin}`
}

function rotate({ name, isKey }: Named): string {
  return `cloakroom ${isKey ? 'signing-key' : 'secret'} rotate ${name}`
}
