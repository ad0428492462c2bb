import { MIN_FIELD_NEEDLE } from '../decide/needles.ts'
import { QUOTED_PRINTABLE, REFERENCES } from '../forward/readings.ts'
import { thoroughSearch } from '../forward/thorough-search.ts'
import type { Exhibit } from './exhibit.ts'
import { KEY_SHAPES } from './key-shapes.ts'

/** One version of a credential, in every spelling that it may have (decide/credential.ts `leaks`). The first needle is the value itself. */
export interface Sought {
  readonly name: string
  readonly version: number
  readonly state: 'staged' | 'active' | 'retiring' | 'revoked'
  readonly needles: readonly Uint8Array[]
}

export interface Finding {
  readonly severity: 'finding' | 'note'
  /** `vault` names a credential of ours; `shape` a string that looks like somebody's key. */
  readonly kind: 'vault' | 'shape'
  readonly what: string
  readonly exhibit: Exhibit['kind']
  readonly where: string
  /** Byte offset in the exhibit. */
  readonly offset: number
  /** Enough to find it again, never enough to use it. */
  readonly excerpt: string
}

/** Is a string a credential that was planted (`cloakroom secret honey`)? */
export type IsPlanted = (text: string) => boolean

/** Searches everything for the vault's secrets and for strings shaped like keys. Pure. */
export function search(exhibits: readonly Exhibit[], sought: readonly Sought[], isPlanted: IsPlanted = () => false): readonly Finding[] {
  return exhibits.flatMap((exhibit) => {
    const bytes = Buffer.from(exhibit.bytes.buffer, exhibit.bytes.byteOffset, exhibit.bytes.byteLength)
    const own = sought.flatMap((credential) => findCredential(bytes, exhibit, credential))
    const covered = own.map(({ offset }) => offset)
    return [...own, ...findShapes(bytes, exhibit, isPlanted).filter(({ offset }) => !covered.includes(offset))]
  })
}

function findCredential(bytes: Buffer, exhibit: Exhibit, { name, version, state, needles }: Sought): Finding[] {
  const [raw] = needles
  const plain = raw === undefined ? -1 : bytes.indexOf(raw)
  const hits = plain >= 0 && raw !== undefined ? [plain, plain + raw.length] : inAnotherSpelling(bytes, needles)
  const [offset, end] = hits
  if (offset === undefined || end === undefined) return []
  const spelling = plain >= 0 ? 'as it is' : 'in another encoding'
  return [
    {
      severity: 'finding',
      kind: 'vault',
      what: `the secret of ${name} (version ${version}, ${state}), ${spelling}`,
      exhibit: exhibit.kind,
      where: exhibit.where,
      offset,
      excerpt: `${before(bytes, offset)}[secret of ${name}, ${end - offset} bytes]`,
    },
  ]
}

/** The leak guard's own search, so that the report claims what the guard holds. The end of the text is behind it: nothing more comes. */
function inAnotherSpelling(bytes: Buffer, needles: readonly Uint8Array[]): readonly number[] {
  const search = thoroughSearch(needles, { least: MIN_FIELD_NEEDLE })
  const hits = search?.as([REFERENCES, QUOTED_PRINTABLE]).hits(Buffer.concat([bytes, BLANK])) ?? []
  search?.wipe()
  return hits
}

const BLANK = Uint8Array.of(0x20)

function findShapes(bytes: Buffer, exhibit: Exhibit, isPlanted: IsPlanted): Finding[] {
  const text = bytes.toString('latin1')
  const found = new Map<string, Finding>()
  for (const shape of KEY_SHAPES) {
    for (const match of text.matchAll(shape.pattern)) {
      const [value] = match
      if (found.has(value) || isPlaceholder(value)) continue
      const planted = isPlanted(value)
      found.set(value, {
        severity: shape.secret && !planted ? 'finding' : 'note',
        kind: 'shape',
        what: planted
          ? `a planted credential, in the shape of: ${shape.name}`
          : shape.secret
            ? `a string in the shape of: ${shape.name}`
            : `${shape.name}, which is made to be public`,
        exhibit: exhibit.kind,
        where: exhibit.where,
        offset: match.index,
        excerpt: `${before(bytes, match.index)}${value.slice(0, 6)}… (${value.length} characters)`,
      })
    }
  }
  return [...found.values()]
}

/** `sk-xxxxxxxxxxxx`, `key-00000000`: documentation, not a key. */
function isPlaceholder(value: string): boolean {
  const tail = value.slice(-16)
  return new Set(tail).size <= 3 || /x{8}|your[-_]|example/i.test(value)
}

const CONTEXT = 24

function before(bytes: Buffer, offset: number): string {
  return bytes
    .toString('latin1', Math.max(0, offset - CONTEXT), offset)
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .trimStart()
}
