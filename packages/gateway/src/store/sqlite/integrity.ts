import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export interface Integrity {
  readonly file: string
  /** Null when it is whole; else what SQLite says. */
  readonly damage: string | null
}

/** Reads both databases whole, beside whoever uses them, and changes nothing. */
export function checkIntegrity(folder: string): readonly Integrity[] {
  return ['hot.sqlite', 'durable.sqlite'].map((file) => {
    const path = join(folder, file)
    if (!existsSync(path)) return { file, damage: 'it is not there' }
    try {
      const db = new DatabaseSync(path, { readOnly: true, timeout: 5000 })
      try {
        const [first] = db.prepare('PRAGMA integrity_check(1)').all()
        const said = String(first?.['integrity_check'])
        return { file, damage: said === 'ok' ? null : said }
      } finally {
        db.close()
      }
    } catch (cause) {
      return { file, damage: cause instanceof Error ? cause.message : 'it cannot be read' }
    }
  })
}
