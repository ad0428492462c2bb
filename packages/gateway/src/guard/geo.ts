import { readFileSync } from 'node:fs'
import { type AsnResponse, type CountryResponse, Reader } from 'mmdb-lib'
import type { Enrichment } from './facts.ts'

export interface GeoFiles {
  /** Absolute; null when none is named. */
  readonly country: string | null
  readonly asn: string | null
}

export type OpenedGeo =
  | { readonly kind: 'open'; readonly enrichment: Enrichment }
  | { readonly kind: 'unusable'; readonly key: 'country' | 'asn'; readonly why: string }

/** The owner's own databases, read whole: a look-up is a walk in memory. Read again with guard.yaml. */
export function openGeo(files: GeoFiles): OpenedGeo {
  let country: Reader<CountryResponse> | null = null
  let asn: Reader<AsnResponse> | null = null
  try {
    if (files.country !== null) country = new Reader<CountryResponse>(readFileSync(files.country))
  } catch (cause) {
    return { kind: 'unusable', key: 'country', why: sayWhy(cause) }
  }
  try {
    if (files.asn !== null) asn = new Reader<AsnResponse>(readFileSync(files.asn))
  } catch (cause) {
    return { kind: 'unusable', key: 'asn', why: sayWhy(cause) }
  }
  return {
    kind: 'open',
    enrichment: {
      country: (address) => look(country, address, (found) => (found.country ?? found.registered_country)?.iso_code),
      asn: (address) => look(asn, address, (found) => found.autonomous_system_number),
    },
  }
}

/** Null when the database has no such entry; undefined when there is no database, or it fails. */
function look<R, T>(
  reader: { get(address: string): R | null } | null,
  address: string,
  read: (found: R) => T | undefined,
): T | null | undefined {
  if (reader === null) return undefined
  try {
    const found = reader.get(address)
    return found === null ? null : (read(found) ?? null)
  } catch {
    return undefined
  }
}

function sayWhy(cause: unknown): string {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : ''
  if (code === 'ENOENT') return 'There is no such file'
  return code === '' ? 'This is no MaxMind database' : `This file cannot be read (${code})`
}
