/** Colour for terminals, or none: the same text either way. */
export type Style = {
  readonly red: (text: string) => string
  readonly yellow: (text: string) => string
  readonly blue: (text: string) => string
  readonly green: (text: string) => string
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
}

const code = (open: number, close: number) => (text: string) => `\u001b[${open}m${text}\u001b[${close}m`
const bare = (text: string): string => text

export const plain: Style = { red: bare, yellow: bare, blue: bare, green: bare, bold: bare, dim: bare }
export const coloured: Style = {
  red: code(31, 39),
  yellow: code(33, 39),
  blue: code(34, 39),
  green: code(32, 39),
  bold: code(1, 22),
  dim: code(2, 22),
}
