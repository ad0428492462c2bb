import { parsePattern, type Pattern } from '../decide/route.ts'

export type AllowLine =
  | { readonly kind: 'line'; readonly method: string; readonly pattern: Pattern }
  | { readonly kind: 'refused'; readonly code: 'allow_pattern' | 'allow_method'; readonly text: string; readonly fix: string }

/** Methods of RFC 9110 and PATCH; others need their exact name, too. Never forwarded: OPTIONS (answered here), TRACE, CONNECT. */
const NEVER = new Set(['OPTIONS', 'TRACE', 'CONNECT'])

/** Reads one line of an API's `allow`: `GET /products/**`. */
export function parseAllow(line: string): AllowLine {
  const found = /^(\S+)\s+(\S+)$/.exec(line.trim())
  const [, method = '', path = ''] = found ?? []
  if (found === null)
    return refused('allow_pattern', 'This line is not a method and a path.', 'Write both with a space between, as in GET /products/**.')
  if (method !== '*' && !/^[A-Z][A-Z-]{0,30}$/.test(method))
    return refused(
      'allow_method',
      'This is not a method.',
      'Write one method in capitals, as in GET or POST, or * for any; a line for each.',
    )
  if (NEVER.has(method))
    return refused(
      'allow_method',
      `${method} never reaches an API.`,
      'Delete the line: the gateway answers OPTIONS itself and refuses TRACE and CONNECT.',
    )
  if (/\/\{|\/:/.test(path))
    return refused('allow_pattern', 'This path holds a named parameter.', 'Write * for one segment, as in GET /orders/*.')
  if (/%/.test(path.replaceAll(/(?<=\/)\*%2F\*(?=\/|$)/gi, '*')))
    return refused(
      'allow_pattern',
      'This path holds an escape.',
      'An encoded slash is taken where a segment of the line is *%2F* and nothing else, as in GET /packages/*%2F* for @scope%2Fname; write no other % here.',
    )
  // GET /caf%C3%A9 would be compared letter by letter: one more way to write a path in two ways.
  const pattern = /^[\x21-\x7e]+$/.test(path) ? parsePattern(path) : null
  if (pattern === null)
    return refused(
      'allow_pattern',
      'This path is not a pattern.',
      'Begin with /, let * stand alone in its segment and ** only at the end; no %, ?, #, .. or empty segment.',
    )
  return { kind: 'line', method, pattern }
}

function refused(code: 'allow_pattern' | 'allow_method', text: string, fix: string): AllowLine {
  return { kind: 'refused', code, text, fix }
}
