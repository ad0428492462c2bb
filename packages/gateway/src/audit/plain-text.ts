/** Text from outside as a log may hold it: control and format characters become U+FFFD (forged lines, ANSI escapes), the length is bounded. */
export function plainText(text: string, longest: number): string {
  // Nearly every text is plain ASCII: one look, no copy.
  const plain = PLAIN.test(text) ? text : text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '\uFFFD')
  return plain.length <= longest ? plain : `${plain.slice(0, longest - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}

const PLAIN = /^[\x20-\x7e]*$/
