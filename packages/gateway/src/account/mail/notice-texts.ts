import type { AuditEvent, AuditKind } from '@cloakroom/contract'
import { LETTER_LANGUAGES, type LetterLanguage } from './templates.ts'

/** What a person is told of what happened to her account: a topic of its own each, so that one does not silence another. */
export interface Told {
  readonly topic: string
  readonly text: string
}

/** So many wrong proofs in a row before a right one are worth a word; fewer are typing. */
export const SEVERAL = 3

/** What an event of the trail is to the account that it names; null: nothing that she must be told. `failures`: wrong proofs in a row before it. */
export function tellOf(event: AuditEvent, failures: number, language: string): Told | null {
  const said = TEXTS[LETTER_LANGUAGES.find((each) => each === language) ?? 'en']
  if (event.kind === 'login.succeeded') {
    if (failures >= SEVERAL) return { topic: 'after-failures', text: said.afterFailures(failures) }
    return event.detail['knownDevice'] === false ? { topic: 'new-device', text: said.newDevice } : null
  }
  const text = said.kinds[event.kind]?.(String(event.detail['factor'] ?? ''))
  return text === undefined ? null : { topic: event.kind, text }
}

interface Said {
  readonly newDevice: string
  readonly afterFailures: (count: number) => string
  readonly kinds: Partial<Record<AuditKind, (factor: string) => string>>
}

const TEXTS: Readonly<Record<LetterLanguage, Said>> = {
  en: {
    newDevice: 'A sign-in on a device on which you had not signed in before.',
    afterFailures: (count) => `A sign-in, after ${count} wrong attempts.`,
    kinds: {
      'password.changed': (factor) =>
        factor === 'recovery' ? 'The password was replaced, through a link by mail.' : 'The password was changed.',
      'password.locked': () => 'The password is locked for a day, after too many wrong attempts.',
      'account.password_set': () => 'The people who run the website set a new password.',
      'account.reset_forced': () => 'The people who run the website demand a new password; everywhere you are signed out.',
      'account.mail_set': () => 'The mail address of the account was changed.',
      'factor.added': (factor) => `${FACTORS_EN[factor] ?? 'A second factor'} was added.`,
      'factor.removed': (factor) => `${FACTORS_EN[factor] ?? 'A second factor'} was removed.`,
      'factor.recovery_codes_made': () => 'New recovery codes were made; earlier ones open nothing any more.',
      'factor.recovery_code_used': () => 'A recovery code was used.',
      'factor.counter_regressed': () => 'A passkey was refused, because there seems to be a copy of it. Remove it.',
      'identity.linked': () => 'A sign-in at a provider was linked.',
      'identity.parted': () => 'A sign-in at a provider was parted.',
    },
  },
  de: {
    newDevice: 'Eine Anmeldung auf einem Gerät, auf dem Sie noch nie angemeldet waren.',
    afterFailures: (count) => `Eine Anmeldung, nach ${count} falschen Versuchen.`,
    kinds: {
      'password.changed': (factor) =>
        factor === 'recovery' ? 'Das Passwort wurde über einen Link per Mail ersetzt.' : 'Das Passwort wurde geändert.',
      'password.locked': () => 'Das Passwort ist für einen Tag gesperrt, nach zu vielen falschen Versuchen.',
      'account.password_set': () => 'Die Betreiber der Website haben ein neues Passwort gesetzt.',
      'account.reset_forced': () => 'Die Betreiber der Website verlangen ein neues Passwort; überall sind Sie abgemeldet.',
      'account.mail_set': () => 'Die Mailadresse des Kontos wurde geändert.',
      'factor.added': (factor) => `Hinzugefügt wurde: ${FACTORS_DE[factor] ?? 'ein zweiter Faktor'}.`,
      'factor.removed': (factor) => `Entfernt wurde: ${FACTORS_DE[factor] ?? 'ein zweiter Faktor'}.`,
      'factor.recovery_codes_made': () => 'Neue Wiederherstellungscodes wurden gemacht; frühere öffnen nichts mehr.',
      'factor.recovery_code_used': () => 'Ein Wiederherstellungscode wurde benutzt.',
      'factor.counter_regressed': () => 'Ein Passkey wurde abgelehnt, weil es eine Kopie von ihm zu geben scheint. Entfernen Sie ihn.',
      'identity.linked': () => 'Eine Anmeldung bei einem Anbieter wurde verknüpft.',
      'identity.parted': () => 'Eine Anmeldung bei einem Anbieter wurde getrennt.',
    },
  },
}

const FACTORS_EN: Readonly<Record<string, string>> = {
  totp: 'An authenticator app',
  passkey: 'A passkey',
  'recovery-codes': 'The set of recovery codes',
}

const FACTORS_DE: Readonly<Record<string, string>> = {
  totp: 'eine Authenticator-App',
  passkey: 'ein Passkey',
  'recovery-codes': 'die Wiederherstellungscodes',
}
