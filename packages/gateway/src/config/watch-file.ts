import { type FSWatcher, realpathSync, statSync, watch } from 'node:fs'
import { dirname } from 'node:path'
import type { Later } from '../lib/later.ts'

export interface WatchOptions {
  readonly later: Later
  /** Called once nothing has moved for a moment; also when the file is gone. */
  readonly onChange: () => void
  /** It cannot be watched, or not any longer. */
  readonly onBlind: (folder: string) => void
}

/** Editors write in several steps, or rename a new file over the old one: it is read when nothing moved for this long. */
const SETTLE_MS = 300

/** Follows a file through its folders, because whoever replaces it does not write into it. Returns how to stop. */
export function watchFile(path: string, { later, onChange, onBlind }: WatchOptions): () => void {
  let callOff = (): void => undefined
  let seen = signatureOf(path)
  const watchers: FSWatcher[] = []

  function look(): void {
    // Logs and stores may lie in the same folder: only what happens to this file counts, whichever name moved.
    const found = signatureOf(path)
    if (found === seen) return
    seen = found
    callOff()
    callOff = later(onChange, SETTLE_MS)
  }

  for (const folder of foldersOf(path)) {
    try {
      watchers.push(watch(folder, { persistent: false }, look).on('error', () => onBlind(folder)))
    } catch {
      onBlind(folder)
    }
  }
  return () => {
    callOff()
    for (const watcher of watchers) watcher.close()
  }
}

/** Its own folder and, when it is a link, the one that it leads to. */
function foldersOf(path: string): ReadonlySet<string> {
  try {
    return new Set([dirname(path), dirname(realpathSync(path))])
  } catch {
    return new Set([dirname(path)])
  }
}

function signatureOf(path: string): string {
  try {
    const { ino, dev, size, mtimeMs, ctimeMs } = statSync(path)
    return [dev, ino, size, mtimeMs, ctimeMs].join(' ')
  } catch {
    return 'gone'
  }
}
