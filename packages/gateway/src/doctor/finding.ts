/** What an examination found, and what to do about it. `problem` makes the command fail; `note` is for the eye. */
export interface Finding {
  readonly level: 'ok' | 'note' | 'warning' | 'problem'
  /** What was examined: `keys`, `store`, `shop: bypass`. */
  readonly area: string
  readonly text: string
  /** One sentence what to do; empty with `ok`. */
  readonly fix: string
}

export function ok(area: string, text: string): Finding {
  return { level: 'ok', area, text, fix: '' }
}

export function note(area: string, text: string, fix = ''): Finding {
  return { level: 'note', area, text, fix }
}

export function warning(area: string, text: string, fix: string): Finding {
  return { level: 'warning', area, text, fix }
}

export function problem(area: string, text: string, fix: string): Finding {
  return { level: 'problem', area, text, fix }
}
