import { percentEncode } from './text.ts'

/**
 * The query without every spelling of one parameter: percent-encoded, in other case, with `_`, `.`, `-` or a space for each other,
 * `name[]`, and behind a `;`, which some servers take for `&`. What stays is byte for byte what came: repeats and order are kept.
 */
export function withoutParameter(query: string, name: string): string {
  if (query === '') return query
  const wanted = fold(name)
  return query
    .split('&')
    .filter((pair) => !pair.split(/;|%3B|%26/i).some((part) => means(part, wanted)))
    .join('&')
}

function means(pair: string, wanted: string): boolean {
  const equals = pair.search(/=|%3D/i)
  const raw = (equals < 0 ? pair : pair.slice(0, equals)).replaceAll('+', ' ')
  // Twice, because an upstream behind another proxy may see it decoded once already. Some runtimes stop at a NUL.
  const name = decode(decode(raw)).replace(/\0.*$/s, '').trim()
  // PHP reads `name[x]` as `name`, and `api[key` as `api_key`.
  return fold(name) === wanted || fold(name.replace(/\[.*$/s, '')) === wanted
}

function decode(text: string): string {
  return text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_whole, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
}

/** Case both ways, because a few letters meet ASCII on one of them only: U+212A (Kelvin) below, U+017F (long s) above. PHP turns `.`, space and `[` into `_`. */
function fold(name: string): string {
  return asUtf8(name)
    .toUpperCase()
    .toLowerCase()
    .replaceAll(/[_. [-]/g, '-')
}

/** Text of one character per byte, read as UTF-8 where it is that. */
function asUtf8(text: string): string {
  if (/^[\x00-\x7f]*$/.test(text)) return text
  try {
    return decodeURIComponent(
      percentEncode(
        Uint8Array.from(text, (character) => character.charCodeAt(0)),
        /[A-Za-z0-9]/,
      ),
    )
  } catch {
    return text
  }
}
