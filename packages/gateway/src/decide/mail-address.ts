/**
 * One address to which a mail can be sent, as it is written; null for what is none. Plain ASCII only, as every server takes it, and nothing
 * that a mail program would read as a second address, a display name or a comment.
 */
export function readMailAddress(raw: string): string | null {
  const text = raw.trim()
  if (text.length > LONGEST || !ADDRESS.test(text)) return null
  return text.lastIndexOf('@') > LONGEST_LOCAL ? null : text
}

/** RFC 5322 dot-atom in front, letters, digits and hyphens behind. */
const ADDRESS =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$/
/** RFC 5321 §4.5.3.1. */
const LONGEST = 254
const LONGEST_LOCAL = 64
