/** A colour as three channels from 0 to 255. */
export interface Colour {
  readonly red: number
  readonly green: number
  readonly blue: number
}

/** Reads `#rgb` or `#rrggbb`; null for anything else, so that no other CSS can come in this way. */
export function readColour(text: string): Colour | null {
  if (/^#[0-9a-f]{3}$/i.test(text)) return readColour(text.replaceAll(/[0-9a-f]/gi, '$&$&'))
  if (!/^#[0-9a-f]{6}$/i.test(text)) return null
  const channel = (at: number): number => Number.parseInt(text.slice(at, at + 2), 16)
  return { red: channel(1), green: channel(3), blue: channel(5) }
}

export function writeColour({ red, green, blue }: Colour): string {
  return `#${[red, green, blue].map((channel) => Math.round(channel).toString(16).padStart(2, '0')).join('')}`
}

/** WCAG 2.2, contrast ratio: 1 to 21. */
export function contrast(one: Colour, other: Colour): number {
  const [light, dark] = [luminance(one), luminance(other)].toSorted((a, b) => b - a) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

/** Black or white, whichever reads better on it: one of them always reaches 4.5. */
export function inkOn(ground: Colour): Colour {
  return contrast(WHITE, ground) >= 4.5 || contrast(WHITE, ground) >= contrast(BLACK, ground) ? WHITE : BLACK
}

/** The colour, moved towards black or white as little as it takes to stand out from every ground by `ratio`. */
export function readableOn(colour: Colour, grounds: readonly Colour[], ratio: number): Colour {
  const towards = grounds.every((ground) => contrast(WHITE, ground) > contrast(BLACK, ground)) ? WHITE : BLACK
  for (let share = 0; share < 1; share += 0.02) {
    const mixed = mix(colour, towards, share)
    if (grounds.every((ground) => contrast(mixed, ground) >= ratio)) return mixed
  }
  return towards
}

const WHITE: Colour = { red: 255, green: 255, blue: 255 }
const BLACK: Colour = { red: 0, green: 0, blue: 0 }

function mix(from: Colour, to: Colour, share: number): Colour {
  const between = (one: number, other: number): number => Math.round(one + (other - one) * share)
  return { red: between(from.red, to.red), green: between(from.green, to.green), blue: between(from.blue, to.blue) }
}

/** WCAG 2.2, relative luminance (sRGB). */
function luminance({ red, green, blue }: Colour): number {
  const linear = (channel: number): number => {
    const part = channel / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  }
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}
