import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../..')
const DIST = join('packages', 'gateway', 'dist')

/** Below dist, as the compiler writes it: what stands there once, and what a gateway does in its place that trusts everybody. */
const SOFTENINGS: readonly (readonly [file: string, find: string, put: string])[] = [
  // Deadlines around the parts, and the look whether what they say is sound.
  ['guarded-parts.js', 'export function guardParts(parts) {\n', 'return parts'],
  // Framing: what any proxy must know of a message, believed as it stands there.
  [
    'decide/framing.js',
    'export function readFraming(headers, method, version) {\n',
    `let host = '', length = null, chunked = false
     for (const [name, value] of headers.entries()) {
       if (name === 'host') host = value
       else if (name === 'content-length') length = Number(value)
       else if (name === 'transfer-encoding') chunked = true
     }
     return { host, hasBody: chunked || (length !== null && length !== 0), length, expects: false }`,
  ],
  ['decide/target-form.js', 'export function readTargetForm(raw, at) {\n', `return { kind: 'origin', target: raw }`],
  [
    'decide/head.js',
    'export function canonicalTarget(raw, takesSlash = () => false) {\n',
    `const mark = raw.indexOf('?')
     return mark < 0 ? { kind: 'target', path: raw, query: '' } : { kind: 'target', path: raw.slice(0, mark), query: raw.slice(mark + 1) }`,
  ],
  // The last look before the wire.
  [
    'forward/wire.js',
    'export function wireFields(request, length) {\n',
    `const flat = request.headers.flat()
     if (length !== null) flat.push('content-length', String(length))
     return flat`,
  ],
  ['forward/wire.js', 'export function wireTarget({ path, query }) {\n', 'return query === "" ? path : `${path}?${query}`'],
  // Fields of the answer that could end a line.
  ['decide/headers.js', 'export function isFieldName(name) {\n', 'return true'],
  ['decide/headers.js', 'export function isOpaqueValue(value) {\n', 'return true'],
  // Bounds on slow visitors.
  ['door/send.js', 'function cutWhenStalled(response, stallMs) {\n', 'return'],
  [
    'door/server.js',
    'function limit(server, { headMs, requestMs, keepAliveMs, connections }) {\n',
    'server.headersTimeout = server.requestTimeout = 0; return',
  ],
]

/**
 * Copies the built gateway into a folder, without what it does only because a request could be an attack or a part broken. Throws when one of
 * these places is not there any more: a comparison with a copy that is still half hardened would flatter.
 * @returns the path of the copy's command
 */
export function softenedCopy(folder: string): string {
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  const gateway = join(folder, 'packages', 'gateway')
  for (const part of ['bin', 'dist', 'package.json', 'node_modules'])
    cpSync(join(ROOT, 'packages', 'gateway', part), join(gateway, part), { recursive: true, verbatimSymlinks: true })
  for (const [file, find, put] of SOFTENINGS) {
    const path = join(folder, DIST, file)
    const text = readFileSync(path, 'utf8')
    if (text.split(find).length !== 2) {
      throw new Error(
        `${DIST}/${file} does not hold exactly once: ${find.trim()}. Follow it in bench/src/softened.ts, else the comparison shows nothing.`,
      )
    }
    writeFileSync(
      path,
      text.replace(find, () => `${find}{ ${put} }\n`),
    )
  }
  return join(gateway, 'bin', 'cloakroom.js')
}
