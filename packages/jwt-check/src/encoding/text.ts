/** What the bytes of a JOSE part are as text. RFC 7515 §4 and RFC 7519 §7.2 ask for UTF-8; a byte order mark is not JSON (RFC 8259 §8.1). */
export type TextReading = { readonly text: string; readonly faults: readonly TextFault[] }
export type TextFault = 'not-utf8' | 'byte-order-mark'

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const forgiving = new TextDecoder('utf-8', { ignoreBOM: true })

/** Decodes UTF-8; broken sequences are replaced and reported, a byte order mark is dropped and reported. */
export function readText(bytes: Uint8Array): TextReading {
  const { text, broken } = decode(bytes)
  const marked = text.startsWith('\ufeff')
  const faults: TextFault[] = []
  if (broken) faults.push('not-utf8')
  if (marked) faults.push('byte-order-mark')
  return { text: marked ? text.slice(1) : text, faults }
}

function decode(bytes: Uint8Array): { readonly text: string; readonly broken: boolean } {
  try {
    return { text: strict.decode(bytes), broken: false }
  } catch {
    return { text: forgiving.decode(bytes), broken: true }
  }
}
