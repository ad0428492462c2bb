/** Reads 32 bytes of key from base64url, base64 or hexadecimal text. Null when it is none, or no key that a random generator made. */
export function parseKeyText(text: string): Buffer | null {
  const spelled = text.trim()
  const key = /^[0-9a-f]{64}$/i.test(spelled) ? Buffer.from(spelled, 'hex') : parseBase64(spelled)
  if (key === null || new Set(key).size < FEWEST_DISTINCT) return null
  return key
}

/** 32 random bytes hold 30 distinct ones on average; fewer than 16 happen once in 10^15. Repeated characters and zeros do not pass. */
const FEWEST_DISTINCT = 16

function parseBase64(spelled: string): Buffer | null {
  return /^[A-Za-z0-9_-]{43}$/.test(spelled) || /^[A-Za-z0-9+/]{43}=$/.test(spelled) ? Buffer.from(spelled, 'base64') : null
}
