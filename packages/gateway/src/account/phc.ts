/** What argon2id is run with. `memory` in KiB. */
export interface Cost {
  readonly memory: number
  readonly passes: number
  readonly lanes: number
}

export interface StoredHash extends Cost {
  readonly salt: Buffer
  readonly hash: Buffer
}

/** Writes a hash as a PHC string: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`, base64 without padding (version 0x13, RFC 9106). */
export function writePhc({ memory, passes, lanes, salt, hash }: StoredHash): string {
  return `$argon2id$v=19$m=${String(memory)},t=${String(passes)},p=${String(lanes)}$${unpadded(salt)}$${unpadded(hash)}`
}

/** Null when it is not one of ours; bounded, so that a row in the database cannot ask for all memory of the machine. */
export function readPhc(text: string): StoredHash | null {
  const parts = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/.exec(text)
  if (parts === null) return null
  const [, memory, passes, lanes, salt = '', hash = ''] = parts
  const cost = { memory: Number(memory), passes: Number(passes), lanes: Number(lanes) }
  if (cost.memory > MOST_KIB || cost.passes === 0 || cost.lanes === 0 || cost.memory < 8 * cost.lanes) return null
  return { ...cost, salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') }
}

/** 256 MiB: thirteen times today's cost. */
const MOST_KIB = 262_144

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
