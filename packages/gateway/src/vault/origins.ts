/** Reads origins as their owner writes them: scheme, host, port, at most a slash behind. Null when one is not exactly that. */
export function readOrigins(given: readonly string[]): readonly string[] | null {
  const read = given.map(readOrigin)
  return read.length > 0 && read.every((origin) => origin !== null) ? [...new Set(read)] : null
}

function readOrigin(text: string): string | null {
  // The text itself must be plain: the URL parser forgives blanks, tabs, back-slashes and user names (wrong-host confusion).
  if (!/^https?:\/\/[A-Za-z0-9.:[\]-]+\/?$/.test(text) || !URL.canParse(text)) return null
  const url = new URL(text)
  return url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' ? url.origin : null
}
