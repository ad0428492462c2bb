import type { GenerationRow, RecordRow, SealedMark, SlotRow, VaultStore } from '../store.ts'
import type { Connection } from './connection.ts'

/** VaultStore in durable.sqlite. */
export function sqliteVault({ db, write, changes }: Connection): VaultStore {
  const selectMeta = db.prepare('SELECT vault_id AS vaultId FROM vault WHERE vault_id IS NOT NULL')
  const create = db.prepare('UPDATE vault SET vault_id = ? WHERE vault_id IS NULL')
  const raise = db.prepare('UPDATE vault SET revision = revision + 1')
  const selectRevision = db.prepare('SELECT revision FROM vault')
  const selectSlots = db.prepare(
    'SELECT id, provider, purpose, parameters, wrapped, created_at AS createdAt FROM vault_slot ORDER BY created_at, id',
  )
  const insertSlot = db.prepare('INSERT INTO vault_slot (id, provider, purpose, parameters, wrapped, created_at) VALUES (?, ?, ?, ?, ?, ?)')
  const deleteSlots = db.prepare('DELETE FROM vault_slot')
  const selectGenerations = db.prepare('SELECT number, wrapped, created_at AS createdAt FROM vault_generation ORDER BY number')
  const insertGeneration = db.prepare('INSERT INTO vault_generation (number, wrapped, created_at) VALUES (?, ?, ?)')
  const selectRecords = db.prepare(
    `SELECT name, version, state, sealed, fingerprint, not_before AS notBefore, not_after AS notAfter, created_at AS createdAt, last_used_at AS lastUsedAt
     FROM vault_record ORDER BY name, version`,
  )
  const selectSealed = db.prepare('SELECT sealed FROM vault_record WHERE name = ? AND version = ?')
  // A use that was noted while the writer was busy is kept.
  const upsertRecord = db.prepare(
    `INSERT INTO vault_record (name, version, state, sealed, fingerprint, not_before, not_after, created_at, last_used_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (name, version) DO UPDATE SET state = excluded.state, sealed = excluded.sealed, fingerprint = excluded.fingerprint,
       not_before = excluded.not_before, not_after = excluded.not_after, created_at = excluded.created_at,
       last_used_at = coalesce(max(last_used_at, excluded.last_used_at), last_used_at, excluded.last_used_at)`,
  )
  const noteUse = db.prepare(
    'UPDATE vault_record SET last_used_at = ?1 WHERE name = ?2 AND version = ?3 AND coalesce(last_used_at, 0) < ?1',
  )

  let known = { stamp: -1, revision: -1 }

  function changing<T>(work: () => T): T {
    return write(() => {
      raise.run()
      return work()
    })
  }

  function addSlots(slots: readonly SlotRow[]): void {
    for (const slot of slots) insertSlot.run(slot.id, slot.provider, slot.purpose, slot.parameters, slot.wrapped, slot.createdAt)
  }

  function isAsSeen({ name, version, sealed }: SealedMark): boolean {
    return (selectSealed.get(name, version)?.['sealed'] ?? null) === sealed
  }

  return {
    readMeta: () => (selectMeta.get() as { vaultId: string } | undefined) ?? null,
    create(vaultId, slots, generation) {
      return changing(() => {
        if (Number(create.run(vaultId).changes) === 0) return false
        addSlots(slots)
        insertGeneration.run(generation.number, generation.wrapped, generation.createdAt)
        return true
      })
    },
    slots: () => selectSlots.all() as unknown as readonly SlotRow[],
    replaceSlots(slots) {
      changing(() => {
        deleteSlots.run()
        addSlots(slots)
      })
      // A removed slot's wrapped key also stands in the log file; emptied now if no reader holds it, else at a later checkpoint.
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    },
    generations: () => selectGenerations.all() as unknown as readonly GenerationRow[],
    addGeneration(generation) {
      changing(() => insertGeneration.run(generation.number, generation.wrapped, generation.createdAt))
    },
    records: () => selectRecords.all() as unknown as readonly RecordRow[],
    writeRecords(rows, onlyIf) {
      return changing(() => {
        if (onlyIf !== undefined && !isAsSeen(onlyIf)) return false
        for (const r of rows) {
          upsertRecord.run(r.name, r.version, r.state, r.sealed, r.fingerprint, r.notBefore, r.notAfter, r.createdAt, r.lastUsedAt)
        }
        return true
      })
    },
    noteUse(name, version, at) {
      noteUse.run(at, name, version)
      changes.wrote()
    },
    revision() {
      const stamp = changes.stamp()
      if (stamp !== known.stamp) known = { stamp, revision: Number(selectRevision.get()?.['revision'] ?? -1) }
      return known.revision
    },
  }
}
