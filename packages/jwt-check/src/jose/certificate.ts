import type { Bytes } from '../encoding/bytes.ts'

/** What the checker needs of an X.509 certificate (RFC 5280 §4.1). Times are seconds since 1970. */
export type Certificate = { readonly der: Bytes; readonly notBefore: number; readonly notAfter: number; readonly publicKeyInfo: Bytes }

type Element = { readonly tag: number; readonly start: number; readonly content: number; readonly end: number }

/** Reads an `x5c` entry: DER in ordinary base64 (RFC 7515 §4.1.6). Undefined when it is none. Looks at no signature. */
export function readCertificate(base64: string): Certificate | undefined {
  const der = fromBase64(base64)
  const outer = der === undefined ? undefined : element(der, 0)
  const body = der === undefined || outer === undefined ? undefined : element(der, outer.content)
  if (der === undefined || body === undefined || outer?.tag !== 0x30 || body.tag !== 0x30) return undefined
  // [version] serialNumber signature issuer validity subject subjectPublicKeyInfo
  const fields = children(der, body)
  const at = fields[0]?.tag === 0xa0 ? 1 : 0
  const validity = fields[at + 3]
  const key = fields[at + 5]
  if (validity === undefined || key === undefined) return undefined
  const [notBefore, notAfter] = children(der, validity).map((field) => time(der, field))
  if (notBefore === undefined || notAfter === undefined || Number.isNaN(notBefore + notAfter)) return undefined
  return { der, notBefore, notAfter, publicKeyInfo: der.slice(key.start, key.end) }
}

function children(der: Bytes, parent: Element): readonly Element[] {
  const out: Element[] = []
  for (let at = parent.content; at < parent.end && out.length < 20;) {
    const next = element(der, at)
    if (next === undefined || next.end > parent.end) break
    out.push(next)
    at = next.end
  }
  return out
}

function element(der: Bytes, start: number): Element | undefined {
  const tag = der[start]
  const first = der[start + 1]
  if (tag === undefined || first === undefined) return undefined
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f
  if (lengthBytes > 3) return undefined
  let length = lengthBytes === 0 ? first : 0
  for (let i = 0; i < lengthBytes; i++) length = length * 256 + (der[start + 2 + i] ?? 0)
  const content = start + 2 + lengthBytes
  return content + length <= der.length ? { tag, start, content, end: content + length } : undefined
}

/** UTCTime with its two-digit year (RFC 5280 §4.1.2.5.1: from 50 on it is 19xx), or GeneralizedTime. */
function time(der: Bytes, { tag, content, end }: Element): number {
  const text = String.fromCharCode(...der.slice(content, Math.min(end, content + 20)))
  const full = tag === 0x17 ? (Number(text.slice(0, 2)) >= 50 ? '19' : '20') + text : text
  const parts = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(full)?.slice(1).map(Number)
  const [year = Number.NaN, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts ?? []
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000
}

function fromBase64(text: string): Bytes | undefined {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
  } catch {
    return undefined
  }
}
