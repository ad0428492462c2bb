import type { Sighting } from '../scene.ts'
import { findJwts } from './find-jwts.ts'
import type { Scanned } from './scanned.ts'

/** Looks for JWTs in a page, a script, a storage value or a log. `where` names the place; line numbers are added. */
export function scanText(text: string, label: string, place: Sighting['place'], where = ''): Scanned {
  const found = findJwts(text)
  return {
    jwts: found.map((jwt) => ({ label: `${label}${where === '' ? '' : `, ${where}`}, line ${jwt.line}`, text: jwt.text })),
    sightings: found.map(({ line }) => ({ label, place, where: where === '' ? `line ${line}` : where })),
    exchanges: [],
    keySets: [],
  }
}

/** The kind of text that a file name promises: HTML, script, or a log for everything else. */
export function placeOf(fileName: string): 'html' | 'script' | 'log' {
  if (/\.x?html?$/i.test(fileName)) return 'html'
  return /\.(?:[cm]?[jt]sx?|map)$/i.test(fileName) ? 'script' : 'log'
}
