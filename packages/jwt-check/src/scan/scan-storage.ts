import { isJsonObject, type Json, type JsonObject } from '../encoding/json.ts'
import type { Sighting } from '../scene.ts'
import { scanText } from './scan-text.ts'
import { type Scanned, together } from './scanned.ts'

const stores: Readonly<Record<string, Sighting['place']>> = {
  localStorage: 'local-storage',
  sessionStorage: 'session-storage',
  indexedDB: 'indexed-db',
}

/** True for a dump of browser storage: `{ localStorage, sessionStorage, indexedDB, cookies }`, or a browser automation's `{ cookies, origins }`. */
export function looksLikeStorage(value: Json): value is JsonObject {
  return isJsonObject(value) && [...Object.keys(stores), 'origins', 'cookies'].some((name) => typeof value[name] === 'object')
}

/** Looks for JWTs in a storage dump. Cookies count unless `httpOnly` is true, because scripts read the others. */
export function scanStorage(dump: JsonObject, label: string): Scanned {
  const origins = Array.isArray(dump['origins']) ? (dump['origins'] as readonly Json[]).filter(isJsonObject) : []
  return together([
    ...[dump, ...origins].flatMap((holder) =>
      Object.entries(stores).flatMap(([name, place]) =>
        entries(holder[name]).map(([key, value]) => scanText(value, label, place, `${name}.${key}`)),
      ),
    ),
    ...cookies(dump['cookies']).map(({ name, value }) => scanText(value, label, 'readable-cookie', `cookie ${name}`)),
  ])
}

/** Name and text of each stored value; lists of `{ name, value }` and plain objects both occur. */
function entries(store: Json | undefined): readonly (readonly [string, string])[] {
  if (Array.isArray(store)) {
    return (store as readonly Json[])
      .filter(isJsonObject)
      .map((item) => [asText(item['name'] ?? item['key']), asText(item['value'] ?? item)])
  }
  return isJsonObject(store) ? Object.entries(store).map(([key, value]) => [key, asText(value)]) : []
}

function cookies(list: Json | undefined): readonly { readonly name: string; readonly value: string }[] {
  if (!Array.isArray(list)) return []
  return (list as readonly Json[])
    .filter(isJsonObject)
    .filter((cookie) => cookie['httpOnly'] !== true)
    .map((cookie) => ({ name: asText(cookie['name']), value: asText(cookie['value']) }))
}

function asText(value: Json | undefined): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}
