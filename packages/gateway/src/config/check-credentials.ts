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
  readonly kind: { readonly is: CredentialKind['is']; readonly client?: { readonly authentication: string } }
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
  readonly wants: Wants
}

type Wants = 'secret' | 'signing-key' | 'client-certificate'

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
    checkOne({ name: credential, at: ['credential'], wants: 'secret' }, origin, held, at, reportAt(['oidc', name]))
  }
  for (const { name, origin, path } of namedElsewhere(config)) {
    const report: Report = (code, _key, text, fix, severity = 'error') => {
      const spot = locate(path, 'value')
      problems.push({ code, severity, key: formatKey(path), line: spot?.line ?? null, column: spot?.column ?? null, text, fix })
    }
    checkOne({ name, at: [], wants: 'secret' }, origin, held, at, report)
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

function namedBy({ credential, sign, assertion, clientCertificate: shown }: Config['apis'][string]): readonly Named[] {
  return [
    ...(credential === null ? [] : [{ name: credential, at: ['credential'], wants: 'secret' as const }]),
    ...(sign === null ? [] : [{ name: sign.key, at: ['sign', 'key'], wants: 'signing-key' as const }]),
    ...(assertion === null ? [] : [{ name: assertion.key, at: ['assertion', 'key'], wants: 'signing-key' as const }]),
    ...(shown === null || !('vault' in shown)
      ? []
      : [{ name: shown.vault, at: ['clientCertificate', 'vault'], wants: 'client-certificate' as const }]),
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
  if (!serves(found.kind, named.wants)) {
    const { text, fix } = wrongKind(found, named, origin)
    return report('key_wrong_kind', named.at, text, fix)
  }
  if (!found.origins.includes(origin)) {
    // The heart of the vault's promise: whoever edits this file must not be able to send the secret elsewhere.
    const sealed = found.origins.join(', ')
    const fix = `Correct \`upstream\`, or store ${WHAT[named.wants]} under another name for this origin: ${add('NAME', origin, named.wants, '…')}`
    const use = named.wants === 'signing-key' ? 'used for' : named.wants === 'secret' ? 'sent to' : 'shown to'
    report('origin_not_sealed', ['upstream'], `\`${found.name}\` is sealed for ${sealed} and will not be ${use} ${origin}.`, fix)
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
    `${named.wants === 'signing-key' ? 'Have a new one made' : 'Have a new one issued'}: ${rotate(named)}`,
    'warning',
  )
}

function reportMissing(named: Named, origin: string, held: readonly HeldCredential[], report: Report): void {
  const { name, wants } = named
  const close = nearest(
    name,
    held.filter(({ kind }) => serves(kind, wants)).map((each) => each.name),
  )
  const make = `${wants === 'signing-key' ? 'Make it' : 'Store it'}: ${add(name, origin, wants, 'bearer')}`
  const what = wants === 'secret' ? 'credential' : wants === 'signing-key' ? 'key' : 'client certificate'
  const code = wants === 'signing-key' ? 'key_missing' : 'credential_missing'
  report(code, named.at, `The vault holds no ${what} \`${name}\`.`, close === null ? make : `Did you mean \`${close}\`?`)
}

/** Does what the vault holds do what is wanted of it? A client that shows a certificate to its authorization server can show it to the API, too. */
function serves({ is, client }: HeldCredential['kind'], wants: Wants): boolean {
  if (wants === 'secret') return is !== 'signing-key' && is !== 'client-certificate'
  return is === wants || (wants === 'client-certificate' && client?.authentication === 'tls_client_auth')
}

function wrongKind({ name, kind }: HeldCredential, { wants }: Named, origin: string): { readonly text: string; readonly fix: string } {
  if (wants === 'signing-key')
    return { text: `\`${name}\` is a secret, not a key that signs.`, fix: `Make one: ${add('NAME', origin, wants, '')}` }
  if (wants === 'client-certificate')
    return { text: `\`${name}\` is no client certificate.`, fix: `Store one: ${add('NAME', origin, wants, '')}` }
  return kind.is === 'signing-key'
    ? { text: `\`${name}\` is a key that signs; it is never sent.`, fix: 'Name it in `sign`, and a secret here.' }
    : { text: `\`${name}\` is a client certificate; it is never sent.`, fix: 'Name it in `clientCertificate`, and a secret here.' }
}

const WHAT: Readonly<Record<Wants, string>> = { secret: 'the secret', 'signing-key': 'a key', 'client-certificate': 'the certificate' }

function reportUnusable({ name, versions }: HeldCredential, named: Named, report: Report): void {
  const anew = `Give it a new ${named.wants === 'signing-key' ? 'version' : 'value'}: ${rotate(named)}`
  if (versions.some(({ state }) => state === 'staged')) {
    const text = `\`${name}\` is not valid yet: until then its calls are refused.`
    report('credential_waiting', named.at, text, 'Wait for it, or give it a value that counts now.', 'warning')
  } else if (versions.every(({ state }) => state === 'revoked')) {
    report('credential_revoked', named.at, `\`${name}\` has been revoked.`, anew)
  } else report('credential_expired', named.at, `\`${name}\` has expired.`, anew)
}

function add(name: string, origin: string, wants: Wants, place: string): string {
  if (wants === 'signing-key') return `cloakroom signing-key add ${name} --origin ${origin}`
  if (wants === 'client-certificate') return `cat client.pem client-key.pem | cloakroom secret add-certificate ${name} --origin ${origin}`
  return `cloakroom secret add ${name} --origin ${origin} --place ${place}`
}

function rotate({ name, wants }: Named): string {
  return `cloakroom ${wants === 'signing-key' ? 'signing-key' : 'secret'} rotate ${name}`
}
