/** Parameters whose values say nothing about a person and open nothing: paging and order. */
export const PLAIN_PARAMETERS: ReadonlySet<string> = new Set(['page', 'per_page', 'limit', 'offset', 'sort', 'order', 'lang'])

/** A query string as a log may hold it: values by allow-list, all others as `name=[redacted]` (ASVS 14.2.1). Empty stays empty. */
export function redactQuery(query: string, plain: ReadonlySet<string> = PLAIN_PARAMETERS): string {
  if (query === '') return ''
  const pairs = query.split('&', MOST_PAIRS + 1)
  const shown = pairs.slice(0, MOST_PAIRS).map((pair) => redactPair(pair, plain))
  return (pairs.length > MOST_PAIRS ? [...shown, '…'] : shown).join('&')
}

const MOST_PAIRS = 20

/** A secret may stand in the place of a name (`?sk_live_…`): only what looks like a name is shown, and only with a value behind it. */
const NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,23}$/
const PLAIN_VALUE = /^[A-Za-z0-9_.,:+-]{0,32}$/

function redactPair(pair: string, plain: ReadonlySet<string>): string {
  const equals = pair.indexOf('=')
  const name = pair.slice(0, equals)
  if (equals < 0 || !NAME.test(name)) return '[redacted]'
  const value = pair.slice(equals + 1)
  return plain.has(name) && PLAIN_VALUE.test(value) ? pair : `${name}=[redacted]`
}
