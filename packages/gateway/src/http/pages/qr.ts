import { html, raw } from 'hono/html'
import type { Markup } from './frame.ts'

/** A QR code as a drawing in the page: no request, no script, and nobody else sees the seed. Dark on white also in dark mode, or scanners fail. */
export async function qrCode(text: string, label: string): Promise<Markup> {
  const { encode } = await import('uqr')
  const { data, size } = encode(text, { ecc: 'M', border: 4 })
  const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${String(x)} ${String(y)}h1v1h-1z`] : []))).join('')
  // The path is made of numbers alone.
  return html`<svg class="qr" role="img" aria-label="${label}" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges">
    <rect width="${size}" height="${size}" fill="#fff" />
    <path d="${raw(path)}" fill="#000" />
  </svg>`
}
