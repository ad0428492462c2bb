import { type BigIntStats, realpathSync, statSync } from 'node:fs'
import { join, sep } from 'node:path'

/** What a path below the site's folder leads to. */
export type Located =
  | { readonly kind: 'file'; readonly path: string; readonly stat: BigIntStats }
  | { readonly kind: 'folder' }
  | { readonly kind: 'none' }

export interface Locator {
  locate(segments: readonly string[]): Located
}

/**
 * Finds files below `root`. Nothing else is found: no file that a symbolic link reaches outside of it, none of `forbidden` (files and
 * folders, whatever name or hard link leads to them), no device, socket or pipe. Looks each time, so that changed files are seen.
 */
export function createLocator(root: string, forbidden: readonly string[]): Locator {
  /** Approved before: path → the very file. A look-up costs one stat then. */
  const approved = new Map<string, BigIntStats>()

  return {
    locate(segments) {
      const path = join(root, ...segments)
      const stat = look(path)
      if (stat === undefined) return { kind: 'none' }
      const known = approved.get(path)
      if (known !== undefined && isSameFile(known, stat)) return { kind: 'file', path, stat }
      if (!isBelow(realPath(path), realPath(root)) || isForbidden(path, stat, forbidden)) return { kind: 'none' }
      if (stat.isDirectory()) return { kind: 'folder' }
      if (!stat.isFile()) return { kind: 'none' }
      if (approved.size >= MOST_APPROVED) approved.clear()
      approved.set(path, stat)
      return { kind: 'file', path, stat }
    },
  }
}

/** Some hundred bytes each. */
const MOST_APPROVED = 20_000

/** The same file with the same content: nothing that changes either leaves all of these as they were. */
export function isSameFile(a: BigIntStats, b: BigIntStats): boolean {
  return a.ino === b.ino && a.dev === b.dev && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs && a.size === b.size
}

/** In the event loop on purpose: 3 µs for a local file, where the thread pool takes 20. */
function look(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })
  } catch {
    // A file where a folder should be, a name that is too long, a loop of links, no right to look.
    return undefined
  }
}

function realPath(path: string): string | null {
  try {
    return realpathSync.native(path)
  } catch {
    return null
  }
}

function isBelow(path: string | null, folder: string | null): boolean {
  if (path === null || folder === null) return false
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

function isForbidden(path: string, stat: BigIntStats, forbidden: readonly string[]): boolean {
  const real = realPath(path)
  return forbidden.some((other) => {
    const found = look(other)
    if (found === undefined) return false
    return isBelow(real, realPath(other)) || (found.ino === stat.ino && found.dev === stat.dev)
  })
}
