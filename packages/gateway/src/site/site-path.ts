/** Where a request's path points to, below the site's folder. */
export interface SitePath {
  /** Decoded names, none of them hidden, none with a separator. */
  readonly segments: readonly string[]
  /** The path ended with a slash. */
  readonly folder: boolean
}

/**
 * Reads a canonical request path (decide/head.ts) as names of files. Null for what must not be looked up at all: names that climb,
 * hide, or mean something else to a file system (backslash, NUL, NTFS streams), and names under which keys and stores are kept.
 */
export function readSitePath(path: string): SitePath | null {
  const folder = path.endsWith('/')
  const raw = path.slice(1, folder ? -1 : undefined)
  if (raw === '') return { segments: [], folder: true }
  const segments: string[] = []
  for (const part of raw.split('/')) {
    const name = decode(part)
    if (name === null || !isServable(name, segments.length === 0)) return null
    segments.push(name)
  }
  return { segments, folder }
}

function decode(part: string): string | null {
  try {
    return decodeURIComponent(part)
  } catch {
    return null
  }
}

/** Containers of private keys, databases with their journals, our own configuration, and copies of these: nobody puts one on a website on purpose. */
const PRIVATE =
  /(?:\.(?:pem|key|p12|pfx|jks|keystore|kdbx|sqlite3?|db)(?:-wal|-shm|-journal)?|^(?:cloakroom|guard)\.ya?ml)(?:\.(?:br|gz|zst|zip|bak|old|orig|save|sw[a-p]|\d+)|~)*$/i

function isServable(name: string, first: boolean): boolean {
  if (name === '' || /[/\\:\u0000-\u001f\u007f]/.test(name)) return false
  // Dot files hold repositories, environments and passwords; RFC 8615 names the one exception. `..` is a dot file, too.
  if (name.startsWith('.') && !(first && name === '.well-known')) return false
  // Windows drops dots and spaces at the end: `server.key.` would be `server.key`.
  if (/[. ]$/.test(name)) return false
  return !PRIVATE.test(name)
}
