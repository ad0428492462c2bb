import type { Json } from '../encoding/json.ts'
import { looksLikeKeys, readKeySet } from '../jose/keys.ts'
import { findJwts } from './find-jwts.ts'
import { looksLikeHar, scanHar } from './scan-har.ts'
import { looksLikeStorage, scanStorage } from './scan-storage.ts'
import { placeOf, scanText } from './scan-text.ts'
import type { Scanned } from './scanned.ts'

const nothing: Scanned = { jwts: [], sightings: [], exchanges: [], keySets: [] }

/**
 * Makes out what a text is and takes it apart: a JWT or several, a key set, a HAR, a storage dump, or a text with JWTs in it.
 * In `scan` mode the place itself is the finding, so JWTs in any text count as lying around.
 */
export function readInput(text: string, label: string, mode: 'check' | 'scan'): Scanned {
  const trimmed = text.trim()
  const value = /^[{[]/.test(trimmed) ? parsed(trimmed) : undefined
  if (value !== undefined) {
    if (looksLikeHar(value)) return scanHar(value, label)
    if (looksLikeKeys(value)) return { ...nothing, keySets: [readKeySet(trimmed, label)] }
    if (looksLikeStorage(value)) return scanStorage(value, label)
  }
  if (mode === 'scan') return scanText(text, label, placeOf(label))
  return { ...nothing, jwts: jwtsIn(text, trimmed, label) }
}

/** One JWT per line when every line could be one; else whatever looks like a JWT; else the text itself, to be told what is wrong with it. */
function jwtsIn(text: string, trimmed: string, label: string): Scanned['jwts'] {
  const lines = trimmed.split(/\s*\n\s*/).filter((line) => line !== '')
  if (lines.length > 1 && lines.every((line) => /^[\w.=+/-]+$/.test(line) && line.includes('.'))) {
    return lines.map((line, index) => ({ label: `${label}:${index + 1}`, text: line }))
  }
  const found = findJwts(trimmed)
  if (found.length === 0 || /^[\w.=+/-]*$/.test(trimmed)) return trimmed === '' ? [] : [{ label, text: withoutFinalLineEnd(text) }]
  return found.map((jwt) => ({ label: `${label}:${jwt.line}`, text: jwt.text }))
}

/** Every editor and `echo` adds one line end; that one says nothing about the JWT. */
function withoutFinalLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '')
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}
