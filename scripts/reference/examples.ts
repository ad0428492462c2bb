/** A block between two fences of a Markdown page. */
export interface Fence {
  readonly language: string
  readonly text: string
  /** Of its first line, counted from 1. */
  readonly line: number
}

export interface CommandLine {
  readonly place: string
  /** As the shell hands them to `cloakroom`. */
  readonly words: readonly string[]
  /** In a block for the shell it must be complete; a sentence may name the command alone, and `…` leaves something out. */
  readonly isWhole: boolean
}

export function fences(page: string): readonly Fence[] {
  const found: Fence[] = []
  for (const match of page.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)) {
    const [, language = '', text = ''] = match
    found.push({ language: language.split(' ')[0] ?? '', text, line: page.slice(0, match.index).split('\n').length + 1 })
  }
  return found
}

/** Every `cloakroom …` that a page shows: lines of its blocks, and code within its sentences. */
export function commandLines(name: string, page: string): readonly CommandLine[] {
  const inBlocks = fences(page).flatMap(({ text, line }) => {
    // A line that ends in \ goes on; the number stays that of its first line.
    const joined = text.replaceAll(/\\\n/g, '\u0000')
    return joined.split('\n').flatMap((row, at, rows) => {
      const skipped = rows.slice(0, at).join('\n').split('\u0000').length - 1
      const shown = row.replaceAll(/\u0000\s*/g, ' ')
      const [, command] =
        /^(?:.*(?:\| |# |&& |[0-9*] +|--clear-groups ))?\s*(?:npx )?cloakroom ((?:[a-z]|--?[A-Za-z]).*)$/.exec(shown) ?? []
      if (command === undefined) return []
      return [lineOf(`${name}:${line + at + skipped}`, command, true)]
    })
  })
  const prose = page.replaceAll(/^```[\s\S]*?^```$/gm, (block) => block.replaceAll(/[^\n]/g, ''))
  const inline = [...prose.matchAll(/`(?:npx )?cloakroom ([a-z-][^`]*)`/g)].map((match) =>
    lineOf(`${name}:${prose.slice(0, match.index).split('\n').length}`, match[1] ?? '', false),
  )
  return [...inBlocks, ...inline]
}

function lineOf(place: string, command: string, isBlock: boolean): CommandLine {
  // What follows belongs to the shell, or is a remark beside the command.
  const own = command.split(/ (?:[<>|]|&&) |\s+#\s| {3,}/)[0] ?? ''
  const words = [...own.matchAll(/'([^']*)'|"([^"]*)"|((?:\$\([^)]*\)|\S)+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  )
  return { place, words: words.filter((word) => word !== '…'), isWhole: isBlock && !words.includes('…') }
}
