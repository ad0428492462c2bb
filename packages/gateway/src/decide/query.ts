import { foldName } from './headers.ts'

/**
 * The query without every spelling of one parameter: percent-encoded, other case, `_` for `-`, `name[]`, and behind a `;`, which
 * some servers take for `&`. What stays is byte for byte what came: values are never parsed and written again (repeats would collapse).
 */
export function withoutParameter(query: string, name: string): string {
  if (query === '') return query
  const wanted = foldName(name)
  return query
    .split('&')
    .filter((pair) => !pair.split(/;|%3B/i).some((part) => nameOf(part) === wanted))
    .join('&')
}

function nameOf(pair: string): string {
  const equals = pair.search(/=|%3D/i)
  const raw = (equals < 0 ? pair : pair.slice(0, equals)).replaceAll('+', ' ')
  return foldName(
    decodeTwice(raw)
      .trim()
      .replace(/\[[^\]]*\]?$/, '')
      .replace(/\u0000.*$/s, ''),
  )
}

/** Twice, because an upstream behind another proxy may see it decoded once already. */
function decodeTwice(text: string): string {
  return decode(decode(text))
}

function decode(text: string): string {
  return text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_whole, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
}
