import { isJsonObject, type Json, type JsonObject } from '../encoding/json.ts'
import { type KeySet, looksLikeKeys, readKeySet } from '../jose/keys.ts'
import { readJwt } from '../jose/read.ts'
import type { Exchange } from '../scene.ts'
import { scanText } from './scan-text.ts'
import { type Scanned, together } from './scanned.ts'

/** True for an HTTP Archive (HAR 1.2): an object with `log.entries`. */
export function looksLikeHar(value: Json): value is JsonObject {
  return isJsonObject(value) && isJsonObject(value['log']) && Array.isArray(value['log']['entries'])
}

/** Looks through recorded traffic: JWTs in URLs, readable cookies, pages and scripts; bound tokens without proof; published key sets. */
export function scanHar(har: JsonObject, label: string): Scanned {
  return together(
    objects(isJsonObject(har['log']) ? har['log']['entries'] : []).map((entry, index) => scanEntry(entry, `${label} #${index + 1}`)),
  )
}

function scanEntry(entry: JsonObject, label: string): Scanned {
  const request = object(entry['request'])
  const response = object(entry['response'])
  const body = text(object(response['content'])['text'])
  const [path = '', fragment = ''] = text(request['url']).split('#', 2)
  return together([
    scanText(decoded(path.slice(path.indexOf('?') + 1)), label, 'url-query', 'request.url'),
    scanText(decoded(fragment), label, 'url-fragment', 'request.url'),
    ...setCookies(response).map((cookie) => scanText(cookie, label, 'readable-cookie', 'response.set-cookie')),
    ...page(body, text(object(response['content'])['mimeType']), label),
    { jwts: [], sightings: [], exchanges: exchange(request, response, body, label), keySets: keySets(request, response, body, label) },
  ])
}

function page(body: string, mimeType: string, label: string): readonly Scanned[] {
  if (mimeType.includes('html')) return [scanText(body, label, 'html', 'response.body')]
  return /javascript|ecmascript/.test(mimeType) ? [scanText(body, label, 'script', 'response.body')] : []
}

function exchange(request: JsonObject, response: JsonObject, body: string, label: string): readonly Exchange[] {
  const authorization = header(request, 'authorization')
  if (authorization === undefined) return []
  const [name = '', compact = ''] = authorization.split(' ', 2)
  const scheme = /^bearer$/i.test(name) ? 'Bearer' : /^dpop$/i.test(name) ? 'DPoP' : 'other'
  const proved = header(request, 'dpop') !== undefined
  const status = typeof response['status'] === 'number' ? response['status'] : 0
  return [{ label, jwt: readJwt(compact), scheme, proved, flaw: 'unknown', status, body }]
}

function keySets(request: JsonObject, response: JsonObject, body: string, label: string): readonly KeySet[] {
  if (!/^\s*\{/.test(body) || !body.includes('"kty"')) return []
  const set = readKeySet(body, label)
  if (set.keys.length === 0 || !looksLikeKeys({ keys: set.keys })) return []
  const headers = Object.fromEntries(objects(response['headers']).map((item) => [text(item['name']).toLowerCase(), text(item['value'])]))
  return [{ ...set, url: text(request['url']), headers }]
}

function setCookies(response: JsonObject): readonly string[] {
  return objects(response['headers'])
    .filter((item) => text(item['name']).toLowerCase() === 'set-cookie')
    .flatMap((item) => text(item['value']).split('\n'))
    .filter((cookie) => !/;\s*httponly\b/i.test(cookie))
}

function header(message: JsonObject, name: string): string | undefined {
  const found = objects(message['headers']).find((item) => text(item['name']).toLowerCase() === name)
  return found === undefined ? undefined : text(found['value'])
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly Json[]).filter(isJsonObject) : []
}

function object(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}
