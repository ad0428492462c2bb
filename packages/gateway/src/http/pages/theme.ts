import { type Colour, readColour } from './colour.ts'

/** How the gateway's own pages look. Made by readTheme only, so that its values are checked. */
export interface Theme {
  /** The website's name, as its visitors know it. */
  readonly name: string
  readonly accent: Colour
  readonly logo: Logo | null
}

/** Served as `/auth/logo`. */
export interface Logo {
  readonly bytes: Uint8Array
  readonly type: string
}

/** As written in the configuration; the logo is a file's name with its content. */
export interface ThemeWishes {
  readonly name: string
  readonly colour: string | null
  readonly logo: { readonly fileName: string; readonly bytes: Uint8Array } | null
}

export type ThemeReading =
  | { readonly kind: 'theme'; readonly theme: Theme }
  | { readonly kind: 'problems'; readonly problems: readonly ThemeProblem[] }

export interface ThemeProblem {
  readonly key: 'name' | 'colour' | 'logo'
  readonly why: string
}

/** Checks all wishes and names every problem at once. */
export function readTheme(wishes: ThemeWishes): ThemeReading {
  const problems: ThemeProblem[] = []
  const name = wishes.name.trim()
  if (name === '' || Array.from(name).length > 60 || /[\p{Cc}\p{Cs}]/u.test(name)) {
    problems.push({ key: 'name', why: 'Use 1 to 60 characters, none of them a control character.' })
  }
  const accent = readColour(wishes.colour ?? DEFAULT_COLOUR)
  if (accent === null) problems.push({ key: 'colour', why: 'Write the colour as #rrggbb.' })
  const logo = readLogo(wishes.logo)
  if (typeof logo === 'string') problems.push({ key: 'logo', why: logo })
  if (accent === null || typeof logo === 'string' || problems.length > 0) return { kind: 'problems', problems }
  return { kind: 'theme', theme: { name, accent, logo } }
}

const DEFAULT_COLOUR = '#2f5fd0'

const LOGO_TYPES: Readonly<Record<string, string>> = {
  svg: 'image/svg+xml',
  png: 'image/png',
  webp: 'image/webp',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
}
/** Loaded on every visit of the sign-in page. */
const LARGEST_LOGO = 256 * 1024

function readLogo(wish: ThemeWishes['logo']): Logo | null | string {
  if (wish === null) return null
  const type = LOGO_TYPES[wish.fileName.toLowerCase().split('.').at(-1) ?? '']
  if (type === undefined) return 'Use an SVG, PNG, WebP or JPEG file.'
  return wish.bytes.length <= LARGEST_LOGO ? { bytes: wish.bytes, type } : 'The file is larger than 256 KiB.'
}
