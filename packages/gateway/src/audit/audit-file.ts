import { constants } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import type { AuditEvent } from '@cloakroom/contract'

/** Events as JSON, one per line. The file is for its owner's eyes only (0600) and is only ever appended to. */
export interface AuditFile {
  append(events: readonly AuditEvent[]): Promise<void>
  /** After a log rotation: the next line goes to the file that has the name by then. */
  reopen(): void
  close(): Promise<void>
}

export function openAuditFile(path: string): AuditFile {
  let handle: FileHandle | null = null
  let stale = false
  /** The last write broke off inside a line, or an earlier process did. */
  let torn = false

  async function current(): Promise<FileHandle> {
    if (handle !== null && (stale || !(await isStillThere(handle, path)))) {
      await handle.close()
      handle = null
    }
    stale = false
    if (handle !== null) return handle
    handle = await openForAppend(path)
    torn = await endsInsideLine(handle)
    return handle
  }

  return {
    async append(events) {
      const file = await current()
      const text = Buffer.from((torn ? '\n' : '') + events.map(lineOf).join(''))
      torn = true
      for (let at = 0; at < text.length;) at += (await file.write(text, at)).bytesWritten
      torn = false
    },
    reopen() {
      stale = true
    },
    async close() {
      await handle?.close()
      handle = null
    },
  }
}

/** JSON leaves DEL, the C1 controls and the Unicode line separators as they are; a terminal or a reader of lines does not. */
function lineOf(event: AuditEvent): string {
  const json = JSON.stringify(event)
  return `${json.replaceAll(/[\u007f-\u009f\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`
}

/** O_NOFOLLOW: whoever may write to the folder must not be able to point the trail elsewhere. Reading is for the torn line only. */
async function openForAppend(path: string): Promise<FileHandle> {
  const { O_APPEND, O_CREAT, O_RDWR, O_NOFOLLOW } = constants
  const handle = await open(path, O_APPEND | O_CREAT | O_RDWR | O_NOFOLLOW, 0o600)
  const found = await handle.stat()
  if ((found.mode & 0o077) !== 0) await handle.chmod(0o600)
  return handle
}

/** Rotation moves the file away or takes its name for a new one. */
async function isStillThere(handle: FileHandle, path: string): Promise<boolean> {
  const [own, named] = await Promise.all([handle.stat(), stat(path).catch(() => null)])
  return named !== null && named.ino === own.ino && named.dev === own.dev
}

async function endsInsideLine(handle: FileHandle): Promise<boolean> {
  const { size } = await handle.stat()
  if (size === 0) return false
  const last = Buffer.alloc(1)
  await handle.read(last, 0, 1, size - 1)
  return last[0] !== 0x0a
}
