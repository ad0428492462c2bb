import { utf8 } from '../encoding/bytes.ts'
import type { Severity } from '../rule.ts'
import { shannonBits } from './entropy.ts'

/** A guess at what a value is, with the weight of having it in the open. */
export type Sensitive = { readonly what: string; readonly severity: Severity }

// Prefixes and frames that the issuers of these secrets publish themselves, so that scanners can find them.
const secrets: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/, 'a private key'],
  [/\bAKIA[0-9A-Z]{16}\b/, 'an AWS access key'],
  [/\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bgithub_pat_\w{40,}\b/, 'a GitHub credential'],
  [/\bglpat-[\w-]{20,}\b/, 'a GitLab credential'],
  [/\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}\b/, 'a payment API key'],
  [/\bxox[abprs]-[\w-]{10,}\b/, 'a chat API credential'],
  [/\bsk-(?:[a-z]+-)?[\w-]{20,}\b/, 'an AI service key'],
  [/\bAIza[\w-]{35}\b/, 'a Google API key'],
  [/\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}|\$argon2(?:id|i|d)\$/, 'a password hash'],
  [/^[a-z][a-z+]*:\/\/[^\s:/@]+:[^\s@]+@/i, 'an address with a password in it'],
]

const secretName =
  /^(?:pass(?:word|wd|phrase)?|pwd|secret|client_?secret|api_?key|private_?key|access_?key|refresh_?token|credential|pin|cvv|otp(?:_?secret)?)$/i
const personalName =
  /^(?:ssn|social_?security(?:_?number)?|national_?id|tax_?id|passport(?:_?number)?|birth_?date|date_?of_?birth|dob|phone(?:_number)?|mobile|address|street(?:_address)?|iban|card_?number|health\w*|diagnosis|religion|ethnicity)$/i

/** Judges a value by its form; the name helps to tell a phone number from any other number. */
export function sensitiveValue(value: string, name: string): Sensitive | undefined {
  const text = value.slice(0, 4096)
  const secret = secrets.find(([pattern]) => pattern.test(text))
  if (secret !== undefined) return { what: secret[1], severity: 'error' }
  if (isCardNumber(text)) return { what: 'a payment card number', severity: 'error' }
  if (isIban(text)) return { what: 'an IBAN', severity: 'error' }
  if (/^\d{3}-\d{2}-\d{4}$/.test(text)) return { what: 'a social security number', severity: 'error' }
  if (/^[^\s@:/]+@[^\s@:/]+\.[a-z]{2,}$/i.test(text)) return { what: 'an e-mail address', severity: 'warning' }
  if (/^\+\d[\d ().-]{7,18}$/.test(text)) return { what: 'a phone number', severity: 'warning' }
  if (secretName.test(name) && text.length > 0) return { what: 'a secret, by its name', severity: 'error' }
  return /(?:key|secret|token|credential)/i.test(name) && isNoise(text) ? { what: 'a random secret', severity: 'error' } : undefined
}

/** Judges a member by its name alone. */
export function sensitiveName(name: string): Sensitive | undefined {
  return personalName.test(name) ? { what: 'a personal detail, by its name', severity: 'warning' } : undefined
}

function isNoise(text: string): boolean {
  return text.length >= 24 && /^[\w+/=-]+$/.test(text) && shannonBits(utf8(text)) > 3.5
}

/** Luhn's check over 13 to 19 digits that start like a card (2 to 6): dates in milliseconds have 13 digits too, and start with 1. */
function isCardNumber(text: string): boolean {
  const digits = text.replaceAll(/[ -]/g, '')
  if (!/^[2-6]\d{12,18}$/.test(digits)) return false
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i])
    const doubled = i % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}

/** ISO 13616: letters become two digits, the first four characters move to the end, and the rest modulo 97 is 1. */
function isIban(text: string): boolean {
  const tight = text.replaceAll(' ', '')
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(tight)) return false
  const digits = (tight.slice(4) + tight.slice(0, 4)).replaceAll(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55))
  return BigInt(digits) % 97n === 1n
}
