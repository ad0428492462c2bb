import type { DatabaseSync } from 'node:sqlite'
import { GateError } from '../../errors.ts'

/** What a file of ours holds. `steps[n]` leads from version n to n + 1; a step that was released is never edited. */
export interface Schema {
  /** Written into the file's header, so that another program's database is not taken for ours. */
  readonly applicationId: number
  readonly steps: readonly string[]
}

/** Brings a file to the newest version in one transaction. Throws GateError when it is not ours or newer than this program. */
export function migrate(db: DatabaseSync, schema: Schema, name: string): void {
  if (versionOf(db, schema, name) === schema.steps.length) return
  db.exec('BEGIN IMMEDIATE')
  try {
    // Asked again under the lock: another process may have migrated meanwhile.
    for (const step of schema.steps.slice(versionOf(db, schema, name))) db.exec(step)
    db.exec(`PRAGMA application_id = ${schema.applicationId}; PRAGMA user_version = ${schema.steps.length}`)
    db.exec('COMMIT')
  } catch (cause) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw cause
  }
}

function versionOf(db: DatabaseSync, schema: Schema, name: string): number {
  const version = pragma(db, 'user_version')
  const application = pragma(db, 'application_id')
  const tables = Number(db.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.['count'])
  if (application !== schema.applicationId && (application !== 0 || version !== 0 || tables !== 0)) {
    throw new GateError('store_unavailable', `${name} is a database of another program`)
  }
  if (version > schema.steps.length) {
    throw new GateError(
      'store_unavailable',
      `${name} was written by a newer version (schema ${version}, this one knows ${schema.steps.length})`,
    )
  }
  return version
}

function pragma(db: DatabaseSync, name: string): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name])
}
