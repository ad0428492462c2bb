import { failed, fine, type Outcome } from '../outcome.ts'
import type { Message, RequestMessage } from '../message/message.ts'
import type { Component } from './component.ts'

/** The value of a derived component (RFC 9421 §2.2). It comes from the message's control data only, never from a field of that name (§7.5.1). */
export function derivedValue(message: Message, wanted: Component): Outcome<string, 'missing_component'> {
  if (wanted.name === '@status') return message.kind === 'response' ? fine(String(message.status)) : absent('@status in a request')
  if (message.kind === 'response') return absent(`${wanted.name} in a response`)
  switch (wanted.name) {
    case '@method':
      return fine(message.method)
    case '@authority':
      return fine(normalAuthority(message.authority, message.scheme))
    case '@path':
      return fine(message.path === '' ? '/' : message.path)
    case '@query':
      // RFC 9421 §2.2.7: an absent query is the question mark alone.
      return fine(`?${message.query ?? ''}`)
    case '@request-target':
      return fine(originForm(message))
    case '@scheme':
      return message.scheme === null ? absent('@scheme behind a TLS terminator') : fine(message.scheme)
    case '@target-uri':
      return message.scheme === null
        ? absent('@target-uri behind a TLS terminator')
        : fine(`${message.scheme}://${normalAuthority(message.authority, message.scheme)}${originForm(message)}`)
    case '@query-param':
      return queryParameter(message, String(wanted.parameters.get('name')))
    default:
      return absent(wanted.name)
  }
}

/** Lower case, and without the port that the scheme implies (RFC 9421 §2.2.3, RFC 9110 §4.2.3). */
export function normalAuthority(authority: string, scheme: RequestMessage['scheme']): string {
  const lower = authority.toLowerCase()
  const implied = scheme === 'https' ? ':443' : scheme === 'http' ? ':80' : null
  return implied !== null && lower.endsWith(implied) ? lower.slice(0, -implied.length) : lower
}

function originForm(message: RequestMessage): string {
  const path = message.path === '' ? '/' : message.path
  return message.query === null ? path : `${path}?${message.query}`
}

// RFC 9421 §2.2.8: read as a form, then encode again, so that `+` and `%20` are one value. A repeated name must not be signed on its own.
function queryParameter(message: RequestMessage, encodedName: string): Outcome<string, 'missing_component'> {
  const found = [...new URLSearchParams(message.query ?? '')].filter(([name]) => formEncode(name) === encodedName)
  const [only] = found
  if (only === undefined || found.length > 1) return absent(`${found.length} query parameters named ${encodedName}`)
  return fine(formEncode(only[1]))
}

// The application/x-www-form-urlencoded percent-encode set of the URL standard: all but letters, digits and * - . _
function formEncode(text: string): string {
  const encoded = encodeURIComponent(text.toWellFormed())
  return encoded.replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}

function absent(detail: string): Outcome<string, 'missing_component'> {
  return failed('missing_component', detail)
}
