import type { AuditEvent } from '@cloakroom/contract'
import { existsSync } from 'node:fs'
import { open, readFile, rename } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { type Erasure, pseudonymised } from './pseudonym.ts'

/** A writer looks whether the file is still there before each batch of lines; one that has just looked finishes in this time. */
const WRITING_MS = 500

/**
 * The same for the trail's JSON lines: the file is moved away, as a log rotation does, so that a gateway which runs begins another one; then
 * its lines are written anew without the person. Where they are now; null when there was no file.
 */
export async function eraseLines(path: string, at: number, erasure: Erasure): Promise<string | null> {
  if (!existsSync(path)) return null
  const moved = `${path}.${new Date(at).toISOString().replaceAll(/[:.]/g, '')}`
  await rename(path, moved)
  await setTimeout(WRITING_MS)
  const lines = (await readFile(moved, 'utf8')).split('\n').filter((line) => line !== '')
  const file = await open(`${moved}.new`, 'wx', 0o600)
  try {
    await file.writeFile(lines.map((line) => `${withoutHim(line, erasure)}\n`).join(''))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${moved}.new`, moved)
  return moved
}

function withoutHim(line: string, erasure: Erasure): string {
  try {
    const event = JSON.parse(line) as AuditEvent
    const found = pseudonymised(event, erasure)
    return found === null ? line : JSON.stringify(found)
  } catch {
    // Torn by a full disk: nobody can say whom it names.
    return JSON.stringify({ torn: true })
  }
}
