import { type Dirent, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type Collection, type Exhibit, inlineSourceMap, sourceMapReference } from './exhibit.ts'

/** One file is read whole up to this; a bigger one is named as unread. */
const MAX_FILE = 64 * 1024 * 1024

/** Reads a folder as it would be published: every file, source maps opened, links and special files named but not followed. */
export function collectFiles(folder: string): Collection {
  const exhibits: Exhibit[] = []
  const unread: { where: string; why: string }[] = []
  for (const entry of walk(folder)) {
    const path = join(entry.parentPath, entry.name)
    const where = relative(folder, path)
    if (entry.isSymbolicLink()) unread.push({ where, why: 'a symbolic link' })
    else if (!entry.isFile()) unread.push({ where, why: 'not a regular file' })
    else if (lstatSync(path).size > MAX_FILE) unread.push({ where, why: 'larger than 64 MiB' })
    else readInto(exhibits, unread, path, where)
  }
  return { target: folder, how: 'files', exhibits, unread, notes: [] }
}

function readInto(exhibits: Exhibit[], unread: { where: string; why: string }[], path: string, where: string): void {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (cause) {
    unread.push({ where, why: cause instanceof Error ? cause.message : String(cause) })
    return
  }
  exhibits.push({ kind: path.endsWith('.map') ? 'source map' : 'file', where, bytes })
  const reference = /\.(?:m?js|css)$/.test(path) ? sourceMapReference(bytes) : null
  const inline = reference === null ? null : inlineSourceMap(reference)
  if (inline !== null) exhibits.push({ kind: 'source map', where: `${where} (inline)`, bytes: inline })
}

function* walk(folder: string): Generator<Dirent> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) {
      if (entry.name !== 'node_modules' && entry.name !== '.git') yield* walk(join(folder, entry.name))
    } else yield entry
  }
}
