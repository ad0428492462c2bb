/** What a User-Agent field says of itself: names that a person knows again. Believed for nothing. */
export interface Agent {
  readonly browser: string | null
  readonly system: string | null
}

export function readAgent(agent: string): Agent {
  return { browser: nameIn(agent, BROWSERS), system: nameIn(agent, SYSTEMS) }
}

function nameIn(agent: string, names: readonly (readonly [mark: string, name: string])[]): string | null {
  return names.find(([mark]) => agent.includes(mark))?.[1] ?? null
}

/** In this order: most browsers also carry the marks of those that they descend from. */
const BROWSERS = [
  ['Edg/', 'Edge'],
  ['EdgA/', 'Edge'],
  ['EdgiOS/', 'Edge'],
  ['OPR/', 'Opera'],
  ['SamsungBrowser/', 'Samsung Internet'],
  ['Vivaldi/', 'Vivaldi'],
  ['FxiOS/', 'Firefox'],
  ['Firefox/', 'Firefox'],
  ['CriOS/', 'Chrome'],
  ['Chrome/', 'Chrome'],
  ['Safari/', 'Safari'],
  ['curl/', 'curl'],
] as const

const SYSTEMS = [
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Android', 'Android'],
  ['CrOS', 'ChromeOS'],
  ['Windows', 'Windows'],
  ['Macintosh', 'macOS'],
  ['Linux', 'Linux'],
] as const
